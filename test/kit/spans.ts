import { type Context, type Span, type SpanOptions, type SpanStatus, type Tracer, trace } from "@opentelemetry/api";

export interface KeptSpan extends SpanOptions {
  name: string;
  parent: string | undefined;
  status?: SpanStatus;
  endTime?: unknown;
}

/** A tracer that keeps what it is told. */
export function memoryTracer(): { tracer: Tracer; spans: KeptSpan[] } {
  const spans: KeptSpan[] = [];
  const names = new WeakMap<Span, string>();
  const tracer = {
    startSpan(name: string, options: SpanOptions = {}, context?: Context): Span {
      const parent = context && trace.getSpan(context);
      const kept: KeptSpan = { name, parent: parent && names.get(parent), ...options };
      spans.push(kept);
      const span = {
        setStatus(status: SpanStatus) {
          kept.status = status;
          return span;
        },
        spanContext: () => ({ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 }),
        end(endTime: unknown) {
          kept.endTime = endTime;
        },
      } as unknown as Span;
      names.set(span, name);
      return span;
    },
  } as Tracer;
  return { tracer, spans };
}
