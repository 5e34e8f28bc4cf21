import { describe, expect, it } from "vitest";
import { type TimedFrame, withCalls } from "../../../src/emulator/page/calls.ts";
import { type Turn, turnsOf } from "../../../src/emulator/page/turns.ts";
import type { Trace, TraceStep } from "../../../src/protocol/trace.ts";

const trace = (turn: string, at: number, step: TraceStep): Trace => ({ at, turn, conversation: "group:G", step });
const started = (turn: string, at: number) => trace(turn, at, { kind: "event", type: "T", summary: turn });
const called = (turn: string, at: number, name: string) => trace(turn, at, { kind: "tool_call", name, input: {} });
const answered = (turn: string, at: number, name: string, ok = true) =>
  trace(turn, at, { kind: "tool_result", name, ok, output: at, tookMs: 1 });
const replied = (turn: string, at: number) => trace(turn, at, { kind: "reply", text: "ok", notes: [] });

let n = 0;
const rest = (localAt: number, path: string, request: Record<string, string> = {}): TimedFrame => ({
  ...{ n: ++n, at: localAt, localAt, dir: "in", kind: "rest", method: "GET", path, status: 200 },
  data: { request, response: null },
});
const pushed = (localAt: number, id: string, messageId: string): TimedFrame => ({
  ...{ n: ++n, at: localAt, localAt, dir: "out", kind: "ws" },
  data: { op: 0, id, d: { id: messageId } },
});
const pathsOf = ([turn]: Turn[]) =>
  turn?.steps.flatMap((step) => {
    if (step.kind === "tool") return step.rest.map((frame) => `${step.call.name} ${frame.path}`);
    return step.kind === "rest" ? [`turn ${step.frame.path}`] : [step.kind];
  });

describe("turns", () => {
  it("joins a call and its result, in order when one tool is called twice", () => {
    const traces = [started("a", 0), called("a", 1, "x"), called("a", 2, "x"), answered("a", 3, "x")];
    const [turn] = turnsOf([...traces, answered("a", 4, "x", false)]);
    expect(turn?.steps).toMatchObject([{ result: { ok: true } }, { result: { ok: false } }]);
  });

  it("keeps interleaved turns apart and tells how each ended", () => {
    const failed = trace("b", 4, { kind: "failed", error: "no" });
    const turns = turnsOf([started("a", 0), started("b", 1), replied("a", 3), failed, started("c", 9)]);
    expect(turns.map(({ id, state, endedAt }) => [id, state, endedAt])).toEqual([
      ["a", "replied", 3],
      ["b", "failed", 4],
      ["c", "running", 9],
    ]);
  });

  it("adds up tokens of several model calls", () => {
    const call = (at: number) => trace("a", at, { kind: "model_call", model: "m", messages: 1, tools: [] });
    const reply = (at: number) =>
      trace("a", at, { kind: "model_reply", text: "", toolCalls: [], tokens: 10, tookMs: 1 });
    expect(turnsOf([started("a", 0), call(1), reply(2), call(3), reply(4)])[0]?.tokens).toBe(20);
  });
});

describe("what a turn sent", () => {
  const sent = (at: number, key: string, status: "held" | "delivered") =>
    trace("a", at, { kind: "outbox", message: { key, text: key, status, planned: 1, parts: [] } });

  it("stands as it was told last, each message in its place, and does not make the turn longer", () => {
    const [turn] = turnsOf([
      ...[started("a", 0), sent(1, "a/0", "held"), replied("a", 2)],
      ...[sent(3, "a/reply", "delivered"), sent(9_000, "a/0", "delivered")],
    ]);
    expect(turn?.sent.map(({ key, status }) => `${key} ${status}`)).toEqual(["a/0 delivered", "a/reply delivered"]);
    expect(turn).toMatchObject({ state: "replied", endedAt: 2 });
  });
});

describe("REST calls of a turn", () => {
  it("lie beside the tool that ran then, and the send before the reply it carried", () => {
    const all = turnsOf([started("a", 0), called("a", 10, "list"), answered("a", 20, "list"), replied("a", 40)]);
    const frames = [pushed(0, "a", "M1"), rest(15, "/guilds"), rest(30, "/send", { msg_id: "M1" })];
    expect(pathsOf(withCalls({ shown: all, all, frames }))).toEqual(["list /guilds", "turn /send", "reply"]);
  });

  it("are left out where two turns had a tool running, unless they name the message", () => {
    const all = turnsOf([
      ...[started("a", 0), called("a", 10, "x"), started("b", 0), called("b", 10, "y")],
      ...[answered("a", 30, "x"), answered("b", 30, "y")],
    ]);
    const frames = [pushed(0, "a", "M1"), rest(15, "/doubtful"), rest(16, "/sure", { msg_id: "M1" })];
    expect(pathsOf(withCalls({ shown: all.slice(0, 1), all, frames }))).toEqual(["x /sure"]);
  });

  it("do not include token and gateway upkeep", () => {
    const all = turnsOf([started("a", 0), called("a", 1, "x")]);
    const frames = [rest(5, "/app/getAppAccessToken"), rest(5, "/gateway/bot"), rest(5, "/gateways")];
    expect(pathsOf(withCalls({ shown: all, all, frames }))).toEqual(["x /gateways"]);
  });

  it("leave the turns themselves as they were, since they are drawn again with every frame", () => {
    const all = turnsOf([started("a", 0), called("a", 1, "x")]);
    const frames = [rest(5, "/guilds")];
    withCalls({ shown: all, all, frames });
    expect(pathsOf(withCalls({ shown: all, all, frames }))).toEqual(["x /guilds"]);
  });
});
