import { describe, expect, it } from "vitest";
import { callOperation } from "../../../src/operations/call.ts";
import { listEvents, subscribeGateway, waitEvents } from "../../../src/operations/events.ts";
import samples from "../../fixtures/events.json" with { type: "json" };
import { settle } from "../../kit/fake-clock.ts";
import { fakeContext } from "../../kit/fake-context.ts";

interface Page {
  events: Record<string, unknown>[];
  cursor: number;
  has_more: boolean;
  gateway: { state: string };
  note?: string;
}

const message = (text: string) => ({
  type: "C2C_MESSAGE_CREATE",
  data: { id: `m-${text}`, content: text, author: { user_openid: "U1" }, timestamp: "2026-11-20T20:31:07+08:00" },
});
const other = { type: "GUILD_CREATE", data: { id: "g1", name: "Guild" } };

describe("list_events", () => {
  it("shows a message with every id of the next call, its text marked as data", async () => {
    const fake = fakeContext();
    fake.arrive(message("hello"));
    const page = (await callOperation(listEvents, fake.context, {})) as Page;
    expect(page.events).toEqual([
      {
        cursor: 1,
        type: "C2C_MESSAGE_CREATE",
        at: "2026-11-20T12:31:07.000Z",
        scene: "c2c",
        id: "U1",
        event_id: "C2C_MESSAGE_CREATE:1",
        message_id: "m-hello",
        sender: { id: "U1", is_bot: false },
        content: "hello",
        mentions_me: true,
        is_untrusted: true,
      },
    ]);
  });

  it("gives the newest without a cursor, and goes on after one", async () => {
    const fake = fakeContext();
    for (const text of ["a", "b", "c", "d"]) fake.arrive(message(text));
    const newest = (await callOperation(listEvents, fake.context, { limit: 2 })) as Page;
    expect(newest.events.map((event) => event.content)).toEqual(["c", "d"]);
    const first = (await callOperation(listEvents, fake.context, { cursor: 0, limit: 3 })) as Page;
    expect([first.cursor, first.has_more]).toEqual([3, true]);
    const rest = (await callOperation(listEvents, fake.context, { cursor: first.cursor, limit: 3 })) as Page;
    expect([rest.events.length, rest.cursor, rest.has_more]).toEqual([1, 4, false]);
  });

  it("moves the cursor past what the types leave out", async () => {
    const fake = fakeContext();
    fake.arrive(other);
    fake.arrive(message("a"));
    fake.arrive(other);
    const page = (await callOperation(listEvents, fake.context, { cursor: 0, types: ["C2C_MESSAGE_CREATE"] })) as Page;
    expect([page.events.length, page.cursor]).toEqual([1, 3]);
  });

  it("refuses a cursor from another life and gives the right one", async () => {
    const { context } = fakeContext();
    const error = await callOperation(listEvents, context, { cursor: 99 }).catch((e: unknown) => e);
    expect(error).toMatchObject({ field: "cursor", remedy: "Go on with cursor 0." });
  });

  it("never shows an auth_token, and reads every published sample", async () => {
    const fake = fakeContext();
    for (const { example } of samples) fake.arrive({ type: example.t, data: example.d as never, id: example.t });
    const page = (await callOperation(listEvents, fake.context, { cursor: 0, limit: 100 })) as Page;
    expect(page.events).toHaveLength(samples.length);
    expect(JSON.stringify(page)).not.toContain("uthToken");
    expect(JSON.stringify(page)).not.toContain("auth_token");
  });

  it("survives times that no date can hold and payloads of any size", async () => {
    const fake = fakeContext();
    fake.arrive({ type: "C2C_MESSAGE_CREATE", data: { ...message("x").data, timestamp: 8.64e300 } });
    fake.arrive({ type: "NEW_TYPE", data: { blob: "x".repeat(50_000) } });
    const page = (await callOperation(listEvents, fake.context, {})) as Page;
    expect(page.events).toHaveLength(2);
    expect(JSON.stringify(page).length).toBeLessThan(2_000);
  });
});

describe("wait_events", () => {
  it("returns at once when something is newer than the cursor", async () => {
    const fake = fakeContext();
    fake.arrive(message("a"));
    const page = (await callOperation(waitEvents, fake.context, { cursor: 0 })) as Page;
    expect(page.events).toHaveLength(1);
  });

  it("sleeps through types that are not asked for and wakes for the right one", async () => {
    const fake = fakeContext();
    fake.arrive(message("old"));
    const waiting = callOperation(waitEvents, fake.context, { types: ["C2C_MESSAGE_CREATE"] });
    await settle();
    fake.arrive(other);
    await settle();
    fake.arrive(message("new"));
    const page = (await waiting) as Page;
    expect(page.events.map((event) => event.content)).toEqual(["new"]);
    expect(page.cursor).toBe(3);
  });

  it("ends empty after the time, and says when nothing can be heard", async () => {
    const fake = fakeContext({ gateway: { state: "stopped" } });
    const waiting = callOperation(waitEvents, fake.context, { timeout_s: 5 });
    await fake.clock.advance(5_000);
    const page = (await waiting) as Page;
    expect(page).toMatchObject({ events: [], cursor: 0, gateway: { state: "stopped" } });
    expect(page.note).toContain("subscribe_gateway");
  });

  it("does not wait on a connection that failed for good", async () => {
    const { context } = fakeContext({ gateway: { state: "failed", detail: "banned" } });
    const page = (await callOperation(waitEvents, context, { timeout_s: 50 })) as Page;
    expect(page.gateway).toEqual({ state: "failed", detail: "banned" });
  });

  it("stops when it is cancelled", async () => {
    const fake = fakeContext();
    const abort = new AbortController();
    const waiting = callOperation(waitEvents, fake.context, { timeout_s: 50 }, abort.signal);
    await settle();
    abort.abort();
    await expect(waiting).rejects.toThrow();
  });

  it("does not accept a wait longer than a client's own patience", async () => {
    const { context } = fakeContext();
    await expect(callOperation(waitEvents, context, { timeout_s: 51 })).rejects.toMatchObject({ field: "timeout_s" });
  });
});

describe("subscribe_gateway", () => {
  it("starts with named intents, shows the state, stops", async () => {
    const fake = fakeContext({ gateway: { state: "stopped" } });
    const run = (input: Record<string, unknown>) => callOperation(subscribeGateway, fake.context, input);
    expect(await run({ action: "status" })).toEqual({ state: "stopped", cursor: 0 });
    expect(await run({ action: "start", intents: "INTERACTION, GUILDS" })).toMatchObject({
      state: "live",
      intents: ["GUILDS", "INTERACTION"],
    });
    await run({ action: "start" });
    await run({ action: "stop" });
    expect(fake.gatewayCalls).toEqual([`start ${2 ** 26 + 1}`, "start default", "stop"]);
  });

  it("names what is missing, when it goes on, and each shard of several", async () => {
    const shard = (id: number, state: "live" | "waiting") => ({ shard: [id, 2] as const, state });
    const { context } = fakeContext({
      gateway: {
        ...{ state: "waiting", intents: 1, missingIntents: 2 ** 26, retryAt: Date.UTC(2026, 10, 20, 12) },
        shards: [shard(0, "live"), { ...shard(1, "waiting"), detail: "connection lost" }],
      },
    });
    expect(await callOperation(subscribeGateway, context, { action: "status" })).toEqual({
      state: "waiting",
      intents: ["GUILDS"],
      missing_intents: ["INTERACTION"],
      next_attempt_at: "2026-11-20T12:00:00.000Z",
      shards: [
        { shard: "0/2", state: "live" },
        { shard: "1/2", state: "waiting", detail: "connection lost" },
      ],
      cursor: 0,
    });
  });

  it("names the intent that does not exist", async () => {
    const { context } = fakeContext();
    const error = callOperation(subscribeGateway, context, { action: "start", intents: "GUILDZ" });
    await expect(error).rejects.toMatchObject({ name: "InputError", field: "intents" });
  });
});
