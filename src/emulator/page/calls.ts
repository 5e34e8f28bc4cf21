import { field, textField } from "./records.ts";
import type { Step, ToolStep, Turn } from "./turns.ts";
import type { Frame } from "./wire.ts";

/** A frame with the time of the computer, in which turns are told; `at` is the platform's, which may be moved. */
export interface TimedFrame extends Frame {
  localAt: number;
}

interface Placing {
  /** The turns to show. */
  shown: readonly Turn[];
  /** Every turn: a call may belong to one that is not shown. */
  all: readonly Turn[];
  frames: readonly TimedFrame[];
}

/** Calls that keep the bot alive belong to no turn. */
const upkeep = /^\/(?:app\/getAppAccessToken|gateway(?:\/bot)?)(?:$|\?)/;

/**
 * Lays REST calls beside the steps that made them. A send names the message or event that it answers, which is certain.
 * Any other call goes to the tool that ran at that moment if there was only one; the trace says nothing about it, so a
 * doubtful call is left out rather than misplaced.
 */
export function withCalls({ shown, all, frames }: Placing): Turn[] {
  const startedAt = Math.min(...shown.map((turn) => turn.startedAt));
  const tools = all.flatMap((turn) => toolsOf(turn).filter((tool) => tool.to >= startedAt));
  const answers = turnOfMessage(shown, frames);
  const ofTool = new Map<ToolStep, Frame[]>();
  const ofTurn = new Map<Turn, Frame[]>();
  for (const frame of frames) {
    if (frame.kind !== "rest" || frame.dir !== "in" || frame.localAt < startedAt || upkeep.test(frame.path ?? ""))
      continue;
    const request = field(frame.data, "request");
    const turn = answers.get(textField(request, "msg_id")) ?? answers.get(textField(request, "event_id"));
    const running = (turn ? toolsOf(turn) : tools).filter(
      ({ from, to }) => frame.localAt >= from && frame.localAt <= to,
    );
    const [tool] = running;
    if (tool && (turn || running.length === 1)) put(ofTool, tool, frame);
    else if (turn) put(ofTurn, turn, frame);
  }
  return shown.map((turn) => ({ ...turn, steps: stepsWith(turn, ofTool, ofTurn.get(turn) ?? []) }));
}

function toolsOf(turn: Turn): ToolStep[] {
  return turn.steps.filter((step) => step.kind === "tool");
}

/** By the id of the message that started the turn, and by the id of the event that brought it. */
function turnOfMessage(turns: readonly Turn[], frames: readonly Frame[]): Map<string, Turn> {
  const found = new Map(turns.map((turn) => [turn.id, turn]));
  for (const { kind, dir, data } of frames) {
    // Over the gateway the frame itself, to a webhook the body of a call.
    const event = kind === "ws" ? data : field(data, "request");
    const turn = dir === "out" ? found.get(textField(event, "id")) : undefined;
    const message = textField(field(event, "d"), "id");
    if (turn && message) found.set(message, turn);
  }
  return found;
}

/** The reply is traced when it has been sent, so its call stands before it. */
function stepsWith(turn: Turn, ofTool: ReadonlyMap<ToolStep, Frame[]>, loose: readonly Frame[]): Step[] {
  const steps = turn.steps.map(
    (step): Step => (step.kind === "tool" ? { ...step, rest: ofTool.get(step) ?? [] } : step),
  );
  const reply = steps.findIndex((step) => step.kind === "reply" || step.kind === "failed");
  const calls = loose.map((frame): Step => ({ kind: "rest", frame }));
  return steps.toSpliced(reply === -1 ? steps.length : reply, 0, ...calls);
}

function put<K>(map: Map<K, Frame[]>, key: K, frame: Frame): void {
  map.set(key, [...(map.get(key) ?? []), frame]);
}
