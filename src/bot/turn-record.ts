import type { Trace, TraceStep } from "../protocol/trace.ts";

/** One thing that a turn did, without its words. */
export type RecordedStep =
  | {
      kind: "model";
      endedAt: number;
      tookMs: number;
      model: string;
      /** Of the request. */
      messages: number;
      tools: number;
      inputTokens: number;
      outputTokens: number;
    }
  | { kind: "tool"; endedAt: number; tookMs: number; name: string; ok: boolean }
  | { kind: "send"; endedAt: number; tookMs: number; characters: number };

/** What one turn took, for logs and telemetry: times, counts and names, no words that anybody wrote. */
export interface TurnRecord extends Omit<Extract<TraceStep, { kind: "done" }>, "kind"> {
  endedAt: number;
  /** Which of several bots. */
  account?: string;
  turn: string;
  conversation: string;
  /** Type of the event. */
  event?: string;
  result: "replied" | "silent" | "failed";
  steps: readonly RecordedStep[];
}

interface OpenRecord {
  event?: string;
  result: TurnRecord["result"];
  /** The model calls that run, by what they were asked with. */
  asked?: { messages: number; tools: number };
  steps: RecordedStep[];
}

/** Turns that a crash of their attempt left open are forgotten beyond these. */
const mostOpen = 1_000;

/** Puts a turn together from its traces, and tells of it at its end; a repeated attempt tells what it did itself. */
export function recordTurns(tell: (record: TurnRecord) => void): (trace: Trace) => void {
  const open = new Map<string, OpenRecord>();
  return ({ at, turn, conversation, step }) => {
    if (step.kind === "outbox") return;
    const known: OpenRecord = open.get(turn) ?? { result: "silent", steps: [] };
    if (step.kind === "done") {
      open.delete(turn);
      const { kind: _, ...sums } = step;
      const { event, result, steps } = known;
      return tell({ endedAt: at, turn, conversation, ...(event ? { event } : {}), result, ...sums, steps });
    }
    // What is not for the bot ends here, and never with a sum.
    if (step.kind === "ignored" && known.steps.length === 0) return void open.delete(turn);
    note(known, step, at);
    open.set(turn, known);
    if (open.size > mostOpen) open.delete(open.keys().next().value as string);
  };
}

function note(record: OpenRecord, step: TraceStep, endedAt: number): void {
  switch (step.kind) {
    case "event":
      record.event = step.type;
      return;
    case "model_call":
      record.asked = { messages: step.messages, tools: step.tools.length };
      return;
    case "model_reply": {
      const { model = "", tookMs, inputTokens = 0, outputTokens = 0 } = step;
      const asked = record.asked ?? { messages: 0, tools: 0 };
      record.steps.push({ kind: "model", endedAt, tookMs, model, ...asked, inputTokens, outputTokens });
      return;
    }
    case "tool_result":
      record.steps.push({ kind: "tool", endedAt, tookMs: step.tookMs, name: step.name, ok: step.ok });
      return;
    case "reply":
      if (step.text === "") return;
      record.steps.push({ kind: "send", endedAt, tookMs: step.tookMs ?? 0, characters: [...step.text].length });
      record.result = "replied";
      return;
    case "failed":
      record.result = "failed";
  }
}
