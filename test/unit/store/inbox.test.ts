import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/core/json.ts";
import { readIncoming } from "../../../src/protocol/incoming.ts";
import { FakeClock, settle } from "../../kit/fake-clock.ts";
import { scratchFolder, scratchStore } from "./scratch.ts";

const receivedAt = new FakeClock().now();

function event(id: string, more: { keys?: string[]; lane?: string | null; type?: string; data?: Json } = {}) {
  const type = more.type ?? "GROUP_AT_MESSAGE_CREATE";
  const envelope = { source: "gateway", appId: "102000001", id, type, receivedAt, data: more.data ?? null } as const;
  return { id, dedupeKeys: more.keys ?? [], lane: more.lane ?? null, type, receivedAt, payload: envelope };
}

const day = 24 * 3_600_000;

describe("accept", () => {
  it("drops an event that shares any key with an earlier one", async () => {
    const { inbox } = scratchStore();
    expect(await inbox.accept(event("A:1", { keys: ["A:1", "msg:7"] }))).toBe("accepted");
    expect(await inbox.accept(event("A:1"))).toBe("duplicate");
    expect(await inbox.accept(event("B:2", { keys: ["msg:7"] }))).toBe("duplicate");
    expect(await inbox.accept(event("B:3", { keys: ["msg:8"] }))).toBe("accepted");
    expect(inbox.list({ limit: 10 }).map(({ id }) => id)).toEqual(["A:1", "B:3"]);
  });

  it("takes only one of two copies that arrive in the same tick", async () => {
    const { inbox } = scratchStore();
    const twins = [event("A:1", { keys: ["msg:7"] }), event("B:1", { keys: ["msg:7"] })];
    expect(await Promise.all(twins.map((twin) => inbox.accept(twin)))).toEqual(["accepted", "duplicate"]);
  });

  it("empties what was recalled, and leaves who wrote it where; a turn that waits for it finds nothing", async () => {
    const store = scratchStore();
    const [type, author] = ["AT_MESSAGE_CREATE", { id: "A", username: "a" }];
    const message = { id: "M1", channel_id: "C", guild_id: "G", author, content: "4711", attachments: [{ url: "x" }] };
    await store.inbox.accept(event("E1", { type, data: message, lane: "channel:C" }));
    await store.inbox.accept(event("E2", { type, data: { ...message, id: "M2", content: "about M1" } }));
    await store.inbox.accept(event("D1", { type: "PUBLIC_MESSAGE_DELETE", data: { message: { id: "M1" } } }));
    const [emptied, other] = store.inbox.list({ limit: 9 });
    const facts = { id: "M1", channel_id: "C", guild_id: "G", author };
    const none = { src_guild_id: null, direct_message: null, timestamp: null };
    expect(emptied?.data).toEqual({ ...facts, ...none, recalled: true });
    expect(other?.data).toMatchObject({ content: "about M1" });
    expect(emptied && readIncoming(emptied, { botMemberOpenids: new Set() })).toBeNull();
  });

  it("does not remember the keys of a duplicate as new events", async () => {
    const { inbox } = scratchStore();
    await inbox.accept(event("A:1", { keys: ["msg:7"] }));
    await inbox.accept(event("B:1", { keys: ["msg:7", "msg:8"] }));
    expect(await inbox.accept(event("C:1", { keys: ["msg:8"] }))).toBe("accepted");
  });

  it("knows its events after a restart, and for at least a day", async () => {
    const path = join(scratchFolder(), "a.db");
    const clock = new FakeClock();
    await scratchStore({ path, clock }).inbox.accept(event("A:1"));
    await clock.advance(day - 1);
    expect(await scratchStore({ path, clock }).inbox.accept(event("A:1"))).toBe("duplicate");
  });

  it("forgets a key only when it is older than a day and 20,000 newer ones are known", async () => {
    const clock = new FakeClock();
    const { inbox } = scratchStore({ clock });
    const acceptMany = (name: string, count: number) =>
      Promise.all(Array.from({ length: count }, (_, n) => inbox.accept(event(`${name}.${n}`))));
    await inbox.accept(event("first"));
    await clock.advance(1);
    await acceptMany("a", 20_500);
    expect(await inbox.accept(event("first"))).toBe("duplicate");
    await clock.advance(2 * day);
    await acceptMany("b", 500);
    // Thousands of events are cleared away slice by slice.
    for (let slice = 0; slice < 40; slice++) await settle();
    expect(await inbox.accept(event("a.9999"))).toBe("duplicate");
    expect(await inbox.accept(event("first"))).toBe("accepted");
  });

  it("keeps accounts apart in one file", async () => {
    const path = join(scratchFolder(), "a.db");
    const [one, two] = [scratchStore({ path, appId: "1" }), scratchStore({ path, appId: "2" })];
    await one.inbox.accept(event("A:1", { lane: "group:1" }));
    expect(await two.inbox.accept(event("A:1", { lane: "group:1" }))).toBe("accepted");
    await one.history.append("group:1", { key: "k", role: "user", text: "one", at: receivedAt });
    await one.sends.reserve({ key: "k", conversation: "group:1", replyId: "m" });
    expect(one.inbox.list({ limit: 9 })).toHaveLength(1);
    expect(two.history.recent("group:1", 9)).toEqual([]);
    expect(two.sends.used("group:1", "m")).toBe(0);
    expect((await two.sends.reserve({ key: "k", conversation: "group:1", replyId: "m" })).isRepeat).toBe(false);
  });

  it("tells up to where events were cleared away, for each app alone", async () => {
    const path = join(scratchFolder(), "a.db");
    const [one, two] = [scratchStore({ path, appId: "1" }), scratchStore({ path, appId: "2" })];
    await two.inbox.accept(event("other"));
    expect(one.inbox.lost()).toBe(0);
    for (let batch = 0; batch < 6; batch++)
      await Promise.all(Array.from({ length: 1_000 }, (_, n) => one.inbox.accept(event(`e${batch}.${n}`))));
    const [oldest] = one.inbox.list({ after: 0, limit: 1 });
    expect(one.inbox.lost()).toBeGreaterThan(0);
    expect(one.inbox.lost()).toBe((oldest?.position ?? 0) - 1);
    expect(two.inbox.lost()).toBe(0);
  });

  it("bounds what it keeps, but never loses events that wait for their turn", async () => {
    const { inbox, turns } = scratchStore();
    await inbox.accept(event("first", { lane: "group:1" }));
    for (let batch = 0; batch < 6; batch++) {
      await Promise.all(Array.from({ length: 1_000 }, (_, n) => inbox.accept(event(`e${batch}.${n}`))));
    }
    for (let slice = 0; slice < 5; slice++) await settle();
    const kept = inbox.list({ after: 0, limit: 10_000 });
    expect(kept.length).toBeLessThanOrEqual(5_501);
    expect(kept.length).toBeGreaterThanOrEqual(5_000);
    expect(kept[0]?.id).toBe("first");
    expect(kept.at(-1)?.id).toBe("e5.999");
    expect(turns.openLanes()).toEqual(["group:1"]);
    expect(await inbox.accept(event("e0.0"))).toBe("duplicate");
  });
});

describe("list", () => {
  it("gives events after a cursor, oldest first, filtered by type, as they were received", async () => {
    const { inbox } = scratchStore();
    for (const [id, type] of [
      ["1", "GUILD_CREATE"],
      ["2", "C2C_MESSAGE_CREATE"],
      ["3", "GUILD_CREATE"],
    ] as const)
      await inbox.accept(event(id, { type, data: { name: `第${id}` } }));
    const [first] = inbox.list({ after: 0, limit: 1 });
    expect(first).toEqual({
      ...{ source: "gateway", appId: "102000001", id: "1", type: "GUILD_CREATE", receivedAt },
      ...{ data: { name: "第1" }, position: 1 },
    });
    expect(inbox.list({ after: 1, limit: 9 }).map(({ id }) => id)).toEqual(["2", "3"]);
    expect(inbox.list({ after: 0, types: ["GUILD_CREATE"], limit: 9 }).map(({ id }) => id)).toEqual(["1", "3"]);
    expect(inbox.list({ after: 3, limit: 9 })).toEqual([]);
    expect(inbox.list({ limit: 2 }).map(({ id }) => id)).toEqual(["2", "3"]);
    expect(inbox.last()).toBe(3);
  });
});

describe("wait", () => {
  it("resolves at once when something newer is there", async () => {
    const { inbox } = scratchStore();
    await inbox.accept(event("1"));
    await inbox.wait(0, 60_000);
  });

  it("resolves when an event arrives, and leaves no timer behind", async () => {
    const clock = new FakeClock();
    const { inbox } = scratchStore({ clock });
    const waiting = inbox.wait(0, 60_000);
    await inbox.accept(event("1"));
    await waiting;
    expect(clock.pending).toBe(0);
  });

  it("resolves when another process received something", async () => {
    const path = join(scratchFolder(), "a.db");
    const clock = new FakeClock();
    const waiting = scratchStore({ path, clock }).inbox.wait(0, 60_000);
    await scratchStore({ path, clock }).inbox.accept(event("1"));
    await clock.advance(500);
    await waiting;
    expect(clock.pending).toBe(0);
  });

  it("resolves when the time is over", async () => {
    const clock = new FakeClock();
    const { inbox } = scratchStore({ clock });
    let isOver = false;
    const waiting = inbox.wait(0, 1_200).then(() => {
      isOver = true;
    });
    await clock.advance(1_199);
    expect(isOver).toBe(false);
    await clock.advance(1);
    await waiting;
    expect(clock.pending).toBe(0);
  });

  it("rejects with the signal's reason", async () => {
    const clock = new FakeClock();
    const { inbox } = scratchStore({ clock });
    const abort = new AbortController();
    const waiting = inbox.wait(0, 60_000, abort.signal);
    abort.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(clock.pending).toBe(0);
  });
});
