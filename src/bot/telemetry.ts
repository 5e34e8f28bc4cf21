import {
  type Attributes,
  context,
  isSpanContextValid,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { RecordedStep, TurnRecord } from "./turn-record.ts";

/** Whether an SDK listens: without one the spans of the API have no ids. */
export function hasTelemetry(): boolean {
  return isSpanContextValid(trace.getTracer("qq-skill").startSpan("probe").spanContext());
}

/**
 * A span for each turn, and inside it one for each model call, tool call and send, by the names of OpenTelemetry's
 * conventions for generative AI (in development there). Nothing happens unless whoever runs the process loads an SDK.
 */
export function spansOf(record: TurnRecord, tracer: Tracer = trace.getTracer("qq-skill")): void {
  const { turn, conversation, endedAt, tookMs, result, inputTokens, outputTokens, cost } = record;
  const span = tracer.startSpan("invoke_agent qq-skill", {
    kind: SpanKind.INTERNAL,
    startTime: endedAt - tookMs,
    attributes: {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "qq-skill",
      "gen_ai.conversation.id": conversation,
      "gen_ai.usage.input_tokens": inputTokens,
      "gen_ai.usage.output_tokens": outputTokens,
      "qq.turn.id": turn,
      "qq.turn.attempt": record.attempt,
      "qq.turn.waited_ms": record.waitedMs,
      "qq.turn.result": result,
      "qq.turn.cost": cost,
      ...(record.account === undefined ? {} : { "qq.account": record.account }),
    },
  });
  const inside = trace.setSpan(context.active(), span);
  for (const step of record.steps) {
    const { name, kind, attributes, isFailed } = describe(step);
    const child = tracer.startSpan(name, { kind, startTime: step.endedAt - step.tookMs, attributes }, inside);
    if (isFailed) child.setStatus({ code: SpanStatusCode.ERROR });
    child.end(step.endedAt);
  }
  if (result === "failed") span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(endedAt);
}

interface Description {
  name: string;
  kind: SpanKind;
  attributes: Attributes;
  isFailed?: boolean;
}

function describe(step: RecordedStep): Description {
  switch (step.kind) {
    case "model":
      return {
        name: `chat ${step.model}`,
        kind: SpanKind.CLIENT,
        attributes: {
          "gen_ai.operation.name": "chat",
          "gen_ai.request.model": step.model,
          "gen_ai.usage.input_tokens": step.inputTokens,
          "gen_ai.usage.output_tokens": step.outputTokens,
        },
      };
    case "tool":
      return {
        name: `execute_tool ${step.name}`,
        kind: SpanKind.INTERNAL,
        attributes: { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": step.name },
        isFailed: !step.ok,
      };
    case "send":
      return { name: "send reply", kind: SpanKind.CLIENT, attributes: { "qq.reply.characters": step.characters } };
  }
}
