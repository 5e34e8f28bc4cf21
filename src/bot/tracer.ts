import type { Spent } from "../agent/budget.ts";
import type { AgentStep } from "../agent/loop.ts";
import type { Clock } from "../core/clock.ts";
import type { Json } from "../core/json.ts";
import { redact } from "../core/redact.ts";
import type { Trace, TraceStep } from "../protocol/trace.ts";

export type TraceSink = (trace: Trace) => void;

/** Writes down the steps of one turn, without secrets; does nothing where nobody looks. */
export interface Tracer {
  note(step: TraceStep): void;
  agentStep(step: AgentStep): void;
  /** Counts what a model call took. */
  spend(spent: Spent): void;
  /** The attempt is over: what it and those before it took. */
  done(turn: { attempt: number; receivedAt: number; startedAt: number }): void;
}

const silent: Tracer = { note() {}, agentStep() {}, spend() {}, done() {} };

export function createTracer(
  sink: TraceSink | undefined,
  turn: { id: string; conversation: string; clock: Clock },
): Tracer {
  if (!sink) return silent;
  const note = (step: TraceStep) =>
    sink({
      at: turn.clock.now(),
      turn: turn.id,
      conversation: turn.conversation,
      step: redact(step) as TraceStep,
    });
  const sum = { inputTokens: 0, outputTokens: 0, cost: 0 };
  return {
    note,
    spend({ usage, cost }) {
      sum.inputTokens += usage.inputTokens;
      sum.outputTokens += usage.outputTokens;
      sum.cost += cost;
    },
    done({ attempt, receivedAt, startedAt }) {
      const waitedMs = Math.max(0, startedAt - receivedAt);
      note({ kind: "done", attempt, waitedMs, tookMs: turn.clock.now() - startedAt, ...sum });
    },
    agentStep(step) {
      if (step.kind !== "model_failed") note(inTraceWords(step));
    },
  };
}

function inTraceWords(step: Exclude<AgentStep, { kind: "model_failed" }>): TraceStep {
  switch (step.kind) {
    case "model_call":
      return step;
    case "model_reply": {
      const { text, toolCalls, usage } = step.reply;
      return {
        kind: "model_reply",
        text,
        toolCalls: toolCalls.map((call) => ({ name: call.name, arguments: call.arguments })),
        model: step.model,
        ...(usage ? { tokens: usage.inputTokens + usage.outputTokens, ...usage } : {}),
        tookMs: step.tookMs,
      };
    }
    case "tool_call":
      return { kind: "tool_call", call: step.callId, name: step.name, input: asJson(step.arguments) };
    case "tool_result":
      return {
        kind: "tool_result",
        call: step.callId,
        name: step.name,
        ok: step.result.ok,
        output: asJson(step.result.content),
        tookMs: step.tookMs,
      };
  }
}

function asJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Malformed arguments and error texts are shown as they are.
    return text;
  }
}
