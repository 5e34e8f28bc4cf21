import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { silentLog } from "../../../src/core/log.ts";
import { openStore, type Store } from "../../../src/store/store.ts";
import { FakeClock, settle } from "../../kit/fake-clock.ts";
import { afterTest, scratchFolder } from "./scratch.ts";

const day = 24 * 3_600_000;

function open(options: { path?: string; clock: FakeClock; keepDays?: number; maxBytes?: number }): Store {
  const store = openStore({ path: ":memory:", appId: "1", log: silentLog, ...options });
  afterTest(() => store.close());
  return store;
}

function accept(store: Store, id: string, at: number, more: { lane?: string; text?: string } = {}) {
  const { lane = null, text = "" } = more;
  return store.inbox.accept({ id, dedupeKeys: [id], lane, type: "X", receivedAt: at, payload: { text } });
}

const auditRow = { caller: "cli", operation: "x", scope: "bot", outcome: "ok", input: null };

describe("by age", () => {
  it("events, audit and history go after the days that were asked for; what waits for its turn stays", async () => {
    const clock = new FakeClock();
    const store = open({ clock, keepDays: 30 });
    const at = clock.now();
    await accept(store, "old", at);
    await accept(store, "waiting", at, { lane: "group:1" });
    await store.history.append("group:1", { key: "old", role: "user", text: "old", at });
    store.audit.record({ ...auditRow, at });
    await clock.advance(31 * day);
    const later = clock.now();
    await store.history.append("group:1", { key: "new", role: "user", text: "new", at: later });
    await accept(store, "new", later);
    await settle();
    expect(store.inbox.list({ limit: 9 }).map(({ id }) => id)).toEqual(["waiting", "new"]);
    expect(store.history.recent("group:1", 100).map(({ key }) => key)).toEqual(["new"]);
    expect(store.audit.recent(9)).toEqual([]);
    expect(store.turns.openLanes()).toEqual(["group:1"]);
  });

  it("sends are forgotten after a week, and nothing younger", async () => {
    const path = join(scratchFolder(), "a.db");
    const clock = new FakeClock();
    const { sends, streams } = open({ path, clock });
    const grown = { conversation: "c2c:U", state: "open", streamId: "s", msgSeq: 1, replyId: "m", index: 0 } as const;
    const words = { content: "a", source: "a", shown: { content: "a", source: "a" } };
    await sends.reserve({ key: "old", conversation: "group:G", replyId: "m" });
    await streams.write({ messageKey: "old", number: 1, ...grown, ...words });
    await clock.advance(6 * day);
    await streams.write({ messageKey: "young", number: 1, ...grown, ...words });
    await sends.reserve({ key: "young", conversation: "group:G", replyId: "n" });
    await clock.advance(2 * day);
    const store = open({ path, clock });
    await accept(store, "event", clock.now());
    await settle();
    expect(store.sends.attempts("old")).toEqual([]);
    expect(store.streams.open().map(({ messageKey }) => messageKey)).toEqual(["young"]);
    expect(store.sends.used("group:G", "m")).toBe(0);
    expect(store.sends.attempts("young")).toMatchObject([{ msgSeq: 1 }]);
    expect(store.sends.used("group:G", "n")).toBe(1);
  });
});

describe("by size", () => {
  it("keys of a busy hour go before what people said", async () => {
    const clock = new FakeClock();
    const store = open({ clock, maxBytes: 8_500_000 });
    const id = (n: number) => `e${n}`.padEnd(100, "x");
    await store.history.append("group:1", { key: "said", role: "user", text: "said", at: clock.now() });
    const flood = async (from: number) => {
      for (let n = from; n < from + 15_000; n += 500) {
        await Promise.all(Array.from({ length: 500 }, (_, index) => accept(store, id(n + index), clock.now())));
        await clock.advance(1);
      }
    };
    await flood(0);
    await clock.advance(2 * 3_600_000);
    await flood(15_000);
    await flood(30_000);
    expect(store.history.recent("group:1", 100).map(({ key }) => key)).toEqual(["said"]);
    expect(await accept(store, id(44_999), clock.now())).toBe("duplicate");
    expect(await accept(store, id(0), clock.now())).toBe("accepted");
  });

  it("what was sent days ago goes before what people said; what is held stays", async () => {
    const clock = new FakeClock();
    const store = open({ clock, maxBytes: 1_000_000 });
    const conversation = "group:1";
    await store.history.append(conversation, { key: "said", role: "user", text: "said", at: clock.now() });
    const send = async (key: string) => {
      await store.outgoing.plan({ key, conversation, text: "x".repeat(200), parts: 1 });
      await store.sends.reserve({ key: `${key}#0/1`, conversation, replyId: key });
    };
    await send("held");
    await store.outgoing.hold("held", { message: {}, heldUntil: clock.now() + 3 * day, note: "" });
    await Promise.all(Array.from({ length: 4_000 }, (_, n) => send(`old${n}`)));
    await clock.advance(2 * day);
    await Promise.all(Array.from({ length: 100 }, (_, n) => send(`new${n}`)));
    await accept(store, "event", clock.now());
    await vi.waitFor(() => expect(store.sends.attempts("old1000#0/1")).toEqual([]));
    await settle();
    expect(store.outgoing.held().map(({ key }) => key)).toEqual(["held"]);
    expect(store.sends.attempts("new0#0/1")).toHaveLength(1);
    expect(store.history.recent(conversation, 9).map(({ key }) => key)).toEqual(["said"]);
  });

  it("the oldest go as soon as the file is over its limit, and the newest stay", async () => {
    const clock = new FakeClock();
    const store = open({ clock, maxBytes: 4_000_000 });
    const text = "x".repeat(10_000);
    for (let n = 0; n < 1_500; n++) await accept(store, `e${n}`, clock.now(), { text });
    await settle();
    const kept = store.inbox.list({ after: 0, limit: 10_000 });
    expect(kept.length).toBeLessThan(1_001);
    expect(kept.at(-1)?.id).toBe("e1499");
  });

  it("is done in slices, between which other writes pass", async () => {
    const clock = new FakeClock();
    const path = join(scratchFolder(), "a.db");
    const before = open({ path, clock });
    await Promise.all(Array.from({ length: 4_900 }, (_, n) => accept(before, `e${n}`, clock.now())));
    await clock.advance(91 * day);
    const store = open({ path, clock });
    await accept(store, "first", clock.now());
    let passed = 0;
    for (let n = 0; store.inbox.list({ limit: 10_000 }).length > n + 1 && n < 100; n++) {
      await accept(store, `between${n}`, clock.now());
      passed++;
    }
    expect(store.inbox.list({ after: 0, limit: 1 }).map(({ id }) => id)).toEqual(["first"]);
    expect(passed).toBeGreaterThan(2);
  });
});
