import type { Trace, TraceStep } from "../../protocol/trace.ts";
import { field, textField } from "./records.ts";
import type { Frame } from "./wire.ts";

type Of<K extends TraceStep["kind"]> = Extract<TraceStep, { kind: K }>;

/** One line of a turn's card; a call and its result are one step, and a tool step holds the REST calls it made. */
export type Step =
  | { kind: "model"; call: Of<"model_call">; reply?: Of<"model_reply"> }
  | { kind: "tool"; call: Of<"tool_call">; result?: Of<"tool_result">; rest: Frame[] }
  | { kind: "rest"; frame: Frame }
  | { kind: "reply"; reply: Of<"reply"> }
  | { kind: "ignored"; reason: string }
  | { kind: "failed"; error: string };

export interface Turn {
  /** Outer id of the event. */
  id: string;
  conversation: string;
  startedAt: number;
  endedAt: number;
  event?: Of<"event">;
  steps: Step[];
  state: "running" | "replied" | "ignored" | "failed";
  tokens: number;
}

/** Traces in the order in which they came, as turns, oldest first. REST calls are laid beside the steps that made them. */
export function turnsOf(traces: readonly Trace[], frames: readonly Frame[]): Turn[] {
  const turns = new Map<string, Turn>();
  const places = new Map<Step, { from: number; to: number }>();
  for (const trace of traces) {
    const turn = turns.get(trace.turn) ?? startTurn(trace);
    turns.set(trace.turn, turn);
    turn.endedAt = Math.max(turn.endedAt, trace.at);
    addStep({ turn, trace, places });
  }
  const list = [...turns.values()];
  placeCalls({ turns: list, frames, places });
  return list;
}

function startTurn({ turn, conversation, at }: Trace): Turn {
  return { id: turn, conversation, startedAt: at, endedAt: at, steps: [], state: "running", tokens: 0 };
}

interface Adding {
  turn: Turn;
  trace: Trace;
  /** When each tool step ran: a REST call in between is probably its own. */
  places: Map<Step, { from: number; to: number }>;
}

function addStep({ turn, trace: { step, at }, places }: Adding): void {
  switch (step.kind) {
    case "event":
      turn.event = step;
      turn.state = "running";
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
    case "tool_call": {
      const added: Step = { kind: "tool", call: step, rest: [] };
      turn.steps.push(added);
      places.set(added, { from: at, to: Number.POSITIVE_INFINITY });
      return;
    }
    case "tool_result": {
      const open = turn.steps.find(
        (candidate) => candidate.kind === "tool" && !candidate.result && candidate.call.name === step.name,
      );
      if (open?.kind !== "tool") return;
      open.result = step;
      places.set(open, { from: places.get(open)?.from ?? at, to: at });
      return;
    }
    case "reply":
      turn.steps.push({ kind: "reply", reply: step });
      turn.state = "replied";
      return;
    case "ignored":
      turn.steps.push({ kind: "ignored", reason: step.reason });
      turn.state = "ignored";
      return;
    case "failed":
      turn.steps.push({ kind: "failed", error: step.error });
      turn.state = "failed";
  }
}

/** Calls that keep the bot alive belong to no turn. */
const upkeep = /^\/(?:app\/getAppAccessToken|gateway(?:\/bot)?)(?:$|\?)/;

interface Placing {
  turns: readonly Turn[];
  frames: readonly Frame[];
  places: ReadonlyMap<Step, { from: number; to: number }>;
}

/**
 * A send names the message it answers, which is certain. Any other call goes to the tool that was running then, if only
 * one turn had a tool running; the trace says nothing about it, so a doubtful call is left out rather than misplaced.
 */
function placeCalls({ turns, frames, places }: Placing): void {
  const turnOfMessage = new Map<string, Turn>();
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  for (const frame of frames) {
    if (frame.kind !== "ws" || frame.dir !== "out") continue;
    const turn = byId.get(textField(frame.data, "id"));
    if (turn) turnOfMessage.set(textField(field(frame.data, "d"), "id"), turn);
  }
  for (const frame of frames) {
    if (frame.kind !== "rest" || upkeep.test(frame.path ?? "")) continue;
    const request = field(frame.data, "request");
    const answered = turnOfMessage.get(textField(request, "msg_id")) ?? byId.get(textField(request, "event_id"));
    const running = (answered ? [answered] : turns).flatMap((turn) =>
      turn.steps.filter((step) => {
        const place = places.get(step);
        return place !== undefined && frame.at >= place.from && frame.at <= place.to;
      }),
    );
    const [tool] = running;
    if (tool?.kind === "tool" && (answered || running.length === 1)) tool.rest.push(frame);
    else if (answered) placeBeforeReply(answered, frame);
  }
}

/** The reply is traced when it has been sent, so its call stands before it. */
function placeBeforeReply(turn: Turn, frame: Frame): void {
  const reply = turn.steps.findIndex((step) => step.kind === "reply" || step.kind === "failed");
  turn.steps.splice(reply === -1 ? turn.steps.length : reply, 0, { kind: "rest", frame });
}
