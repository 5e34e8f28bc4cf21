import type { Trace, TracedMessage, TraceStep } from "../../protocol/trace.ts";
import type { Frame } from "./wire.ts";

type Of<K extends TraceStep["kind"]> = Extract<TraceStep, { kind: K }>;

/** A tool's call and result, between two moments (epoch ms); without a result `to` is infinite. */
export interface ToolStep {
  kind: "tool";
  call: Of<"tool_call">;
  result?: Of<"tool_result">;
  from: number;
  to: number;
  /** The REST calls it made, as far as they are known. */
  rest: readonly Frame[];
}

/** One line of a turn's card; a call and its result are one step. */
export type Step =
  | { kind: "model"; call: Of<"model_call">; reply?: Of<"model_reply"> }
  | ToolStep
  | { kind: "rest"; frame: Frame }
  | { kind: "reply"; reply: Of<"reply"> }
  | { kind: "ignored"; reason: string }
  | { kind: "decided"; what: string }
  | { kind: "failed"; error: string };

export interface Turn {
  /** Outer id of the event. */
  id: string;
  conversation: string;
  startedAt: number;
  endedAt: number;
  event?: Of<"event">;
  steps: readonly Step[];
  /** What it sent, each message as it stands. */
  sent: readonly TracedMessage[];
  state: "running" | "replied" | "ignored" | "failed";
  tokens: number;
  /** By the prices of the settings. */
  cost?: number;
}

type OpenTurn = Turn & { steps: Step[]; sent: TracedMessage[] };

/** Traces in the order in which they came, as turns, oldest first. */
export function turnsOf(traces: readonly Trace[]): Turn[] {
  const turns = new Map<string, OpenTurn>();
  for (const trace of traces) {
    const turn = turns.get(trace.turn) ?? startTurn(trace);
    turns.set(trace.turn, turn);
    // What becomes of its messages may come hours later and is no part of the turn's time.
    if (trace.step.kind !== "outbox") turn.endedAt = Math.max(turn.endedAt, trace.at);
    addStep(turn, trace);
  }
  return [...turns.values()];
}

function startTurn({ turn, conversation, at }: Trace): OpenTurn {
  return { id: turn, conversation, startedAt: at, endedAt: at, steps: [], sent: [], state: "running", tokens: 0 };
}

function addStep(turn: OpenTurn, { step, at }: Trace): void {
  switch (step.kind) {
    case "event":
      turn.event = step;
      return;
    case "model_call":
      turn.steps.push({ kind: "model", call: step });
      return;
    case "model_reply": {
      turn.tokens += step.tokens ?? 0;
      const open = turn.steps.findLast((candidate) => candidate.kind === "model" && !candidate.reply);
      if (open?.kind === "model") open.reply = step;
      return;
    }
    case "tool_call":
      turn.steps.push({ kind: "tool", call: step, from: at, to: Number.POSITIVE_INFINITY, rest: [] });
      return;
    case "tool_result": {
      const open = turn.steps.find(
        (candidate) =>
          candidate.kind === "tool" &&
          !candidate.result &&
          candidate.call.name === step.name &&
          candidate.call.call === step.call,
      );
      if (open?.kind !== "tool") return;
      open.result = step;
      open.to = at;
      return;
    }
    case "outbox": {
      const known = turn.sent.findIndex(({ key }) => key === step.message.key);
      turn.sent.splice(known === -1 ? turn.sent.length : known, 1, step.message);
      return;
    }
    case "reply":
      turn.steps.push({ kind: "reply", reply: step });
      turn.state = "replied";
      return;
    case "decided":
      turn.steps.push(step);
      return;
    case "ignored":
      turn.steps.push({ kind: "ignored", reason: step.reason });
      turn.state = "ignored";
      return;
    case "failed":
      turn.steps.push({ kind: "failed", error: step.error });
      turn.state = "failed";
      return;
    case "done":
      turn.cost = step.cost;
  }
}
