import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FakeClock } from "../../kit/fake-clock.ts";
import { scratchFolder, scratchStore } from "./scratch.ts";

const lifeMs = 600_000;
const asked = (clock: FakeClock, key = "k") => ({
  ...{ key, conversation: "group:G", operation: "recall_message", input: { id: "G" }, facts: { by: "小明" } },
  expiresAt: clock.now() + lifeMs,
});
const said = (id: string, change: object = {}) => ({
  ...{ id, conversation: "group:G", answer: "approve" as const, by: "group:A", word: "event-1" },
  ...change,
});

describe("a call that waits for a word", () => {
  it("is one call for one key, and outlives the process", async () => {
    const [path, clock] = [join(scratchFolder(), "a.db"), new FakeClock()];
    const first = scratchStore({ path, clock }).approvals.calls;
    const call = await first.ask(asked(clock));
    expect(await first.ask(asked(clock))).toEqual(call);
    const after = scratchStore({ path, clock }).approvals.calls;
    expect(after.waiting("group:G")).toEqual([call.id]);
    expect(after.waiting("group:H")).toEqual([]);
    expect(await after.decide(said(call.id.toLowerCase()))).toEqual({ verdict: "taken", call });
    expect(after.waiting("group:G")).toEqual([]);
  });

  it("takes one word, in its own conversation, in time, of its own bot", async () => {
    const [path, clock] = [join(scratchFolder(), "a.db"), new FakeClock()];
    const { calls } = scratchStore({ path, clock }).approvals;
    const { id } = await calls.ask(asked(clock));
    expect(await calls.decide(said("AAAAA"))).toEqual({ verdict: "unknown" });
    expect(await calls.decide(said(id, { conversation: "group:H" }))).toEqual({ verdict: "unknown" });
    const other = scratchStore({ path, clock, appId: "2" }).approvals.calls;
    expect(await other.decide(said(id))).toEqual({ verdict: "unknown" });
    const words = ["1", "2", "3"].map((word) => calls.decide(said(id, { word })));
    expect((await Promise.all(words)).map(({ verdict }) => verdict)).toEqual(["taken", "decided", "decided"]);
    const late = await calls.ask(asked(clock, "late"));
    await clock.advance(lifeMs);
    expect(await calls.decide(said(late.id))).toEqual({ verdict: "expired" });
  });

  it("tells the same word, after a crash, what became of it", async () => {
    const clock = new FakeClock();
    const { calls } = scratchStore({ clock }).approvals;
    const call = await calls.ask(asked(clock));
    await calls.decide(said(call.id));
    expect(await calls.decide(said(call.id))).toEqual({ verdict: "interrupted", call });
    await calls.settle(call.id, "done");
    expect(await calls.decide(said(call.id))).toEqual({ verdict: "settled", call, outcome: "done" });
    expect(await calls.decide(said(call.id, { word: "event-2" }))).toEqual({ verdict: "decided" });
    const no = await calls.ask(asked(clock, "no"));
    for (const _ of [1, 2])
      expect(await calls.decide(said(no.id, { answer: "deny" }))).toEqual({ verdict: "denied", call: no });
  });

  it("has buttons that are signed for it and for one answer", async () => {
    const clock = new FakeClock();
    const { calls } = scratchStore({ clock }).approvals;
    const [one, other] = [await calls.ask(asked(clock)), await calls.ask(asked(clock, "other"))];
    const signature = calls.signature(one.id, "approve") ?? "";
    expect(calls.isSigned(one.id, "approve", signature)).toBe(true);
    expect(calls.isSigned(one.id, "deny", signature)).toBe(false);
    expect(calls.isSigned(other.id, "approve", signature)).toBe(false);
    expect(calls.isSigned(one.id, "approve", "")).toBe(false);
    expect(calls.isSigned("AAAAA", "approve", "")).toBe(false);
  });

  it("is not mixed up with approvals by code", async () => {
    const clock = new FakeClock();
    const { approvals } = scratchStore({ clock });
    const { id } = await approvals.calls.ask(asked(clock));
    expect(await approvals.use({ subject: `call ${id}`, code: "" })).toBe("unknown");
    await approvals.open({ subject: "call BBBBB", expiresAt: clock.now() + 1 });
    expect(await approvals.calls.decide(said("BBBBB"))).toEqual({ verdict: "unknown" });
  });
});
