import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../../../src/core/log.ts";
import { createGateway, type GatewayOptions } from "../../../src/events/gateway.ts";
import type { GatewayLookup, GatewayStatus } from "../../../src/events/gateway-options.ts";
import { IntentSearch } from "../../../src/events/intent-search.ts";
import type { SessionRecord } from "../../../src/events/resume-point.ts";
import type { Envelope } from "../../../src/protocol/envelope.ts";
import { parseShards } from "../../../src/protocol/shards.ts";
import { FakeClock, settle } from "../../kit/fake-clock.ts";
import { type FakeConnection, FakeGateway } from "../../kit/fake-gateway.ts";
import { until } from "../../kit/gateway-session.ts";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface Options extends Partial<Omit<GatewayOptions, "plan" | "intents">> {
  shards?: string;
  /** Answers of the look-up, the last one for good. */
  advice?: Partial<GatewayLookup>[];
  stored?: SessionRecord[];
  /** Bits that are granted. */
  granted?: number;
}

/** Shards on a gateway that greets, accepts and resumes everybody by itself. */
async function start({ shards = "auto", advice = [{ shards: 1 }], stored = [], granted, ...overrides }: Options = {}) {
  const server = await FakeGateway.start();
  const clock = (overrides.clock as FakeClock | undefined) ?? new FakeClock();
  const abort = new AbortController();
  const records = new Map(stored.map((record) => [String(record.shard), record]));
  const [identified, resumed]: [string[], string[]] = [[], []];
  const connections = new Map<string, FakeConnection>();
  const [events, states]: [Envelope[], GatewayStatus[]] = [[], []];
  let lookups = 0;
  void (async () => {
    for (;;) void serve(await server.next());
  })();
  async function serve(connection: FakeConnection): Promise<void> {
    connection.hello();
    const frame = await Promise.race([connection.next(2), connection.next(6)]);
    const d = frame.d as { shard?: number[]; session_id?: string; intents: number };
    const shard = String(d.shard ?? d.session_id?.replace("s-", ""));
    (frame.op === 2 ? identified : resumed).push(shard);
    connections.set(shard, connection);
    if (frame.op === 6) connection.resumed(50);
    else if (granted === undefined || (d.intents & ~granted) === 0) connection.ready(`s-${shard}`);
    else connection.close(4014);
  }
  const gateway = createGateway({
    appId: "app-1",
    plan: parseShards(shards),
    intents: new IntentSearch({ wanted: 2 ** 25 + 2 ** 26, now: () => clock.now() }),
    token: { get: async () => "token", renew: async () => "token" },
    lookup: async () => ({ url: server.url, ...advice[Math.min(lookups++, advice.length - 1)] }),
    sessions: {
      load: (shard) => records.get(String(shard)),
      save: (record) => void records.set(String(record.shard), record),
      clear: (shard) => void records.delete(String(shard)),
      newest: () => [...records.values()].sort((a, b) => b.savedAt - a.savedAt)[0],
    },
    onDispatch: async (envelope) => void events.push(envelope),
    onState: (status) => void states.push(status),
    clock,
    log: silentLog,
    random: () => 0.5,
    ...overrides,
  });
  const done = gateway.run(abort.signal);
  done.catch(() => undefined);
  ends.push(async () => {
    abort.abort();
    await clock.advance(5000);
    await done.catch(() => undefined);
    await server.close();
  });
  const live = () =>
    gateway
      .status()
      .shards.filter(({ state }) => state === "live")
      .map(({ shard }) => String(shard));
  const connection = (shard: string) => connections.get(shard) as FakeConnection;
  return { gateway, server, clock, abort, done, identified, resumed, records, events, states, live, connection };
}

const record = (shard: [number, number], savedAt: number): SessionRecord => ({
  ...{ sessionId: `s-${shard}`, seq: 40, intents: 2 ** 25 + 2 ** 26, shard, savedAt },
});
const noon = Date.UTC(2026, 10, 20, 12);

describe("the number of shards", () => {
  it("is what the platform advises; each is its own session, and together they are live when all are", async () => {
    const g = await start({ advice: [{ shards: 3 }] });
    expect(g.gateway.status().state).toBe("connecting");
    await until(() => g.gateway.status().state === "live" && g.live().length === 3);
    expect(g.identified).toEqual(["0,3", "1,3", "2,3"]);
    // Never live before all are, though the first was alone for a moment.
    expect(g.states.filter(({ state }) => state === "live").every(({ shards }) => shards.length === 3)).toBe(true);
    g.connection("2,3").event(7);
    await until(() => g.events.length === 1);
    expect(g.events[0]).toMatchObject({ shard: [2, 3], seq: 7 });
  });

  it.each([
    ["4", ["0,4", "1,4", "2,4", "3,4"]],
    ["1,3/4", ["1,4", "3,4"]],
    ["1", ["0,1"]],
  ])("is what the setting %s says, whatever is advised", async (shards, expected) => {
    const g = await start({ shards, advice: [{ shards: 2 }] });
    await until(() => g.live().length === expected.length);
    expect(g.identified).toEqual(expected);
  });

  it("is that of the sessions which can be resumed, after a restart", async () => {
    const stored = [record([0, 2], noon - 60_000), record([1, 2], noon - 60_000), record([0, 1], noon - 300_000)];
    const g = await start({ stored, advice: [{ shards: 5 }] });
    await until(() => g.live().length === 2);
    expect([g.identified, g.resumed]).toEqual([[], ["0,2", "1,2"]]);
  });

  it("is asked for when the stored sessions are too old", async () => {
    const g = await start({ stored: [record([0, 2], noon - 700_000)], advice: [{ shards: 3 }] });
    await until(() => g.live().length === 3);
    expect(g.resumed).toEqual([]);
  });
});

describe("session starts", () => {
  it("are not begun when there are fewer than shards; it says until when it waits", async () => {
    const short = { shards: 4, session_start_limit: { total: 1000, remaining: 3, reset_after: 7_200_000 } };
    const plenty = { shards: 4, session_start_limit: { total: 1000, remaining: 1000, reset_after: 86_400_000 } };
    const g = await start({ advice: [short, plenty] });
    await until(() => g.gateway.status().state === "waiting");
    expect(g.gateway.status().detail).toContain(
      "3 session starts of 1000 are left, 4 are needed; they return at 2026-11-20T14:00",
    );
    expect(g.identified).toEqual([]);
    await g.clock.advance(7_200_000);
    await until(() => g.live().length === 4);
  });

  it("take turns: each shard waits for its own, and the platform's concurrency is passed on", async () => {
    const turns: { at: number; concurrency: number }[] = [];
    const clock = new FakeClock();
    let free = noon;
    const g = await start({
      ...{ shards: "3", clock },
      advice: [{ session_start_limit: { remaining: 10, reset_after: 1, max_concurrency: 2 } }],
      async awaitIdentifyTurn(concurrency, signal) {
        const at = free;
        free += 2500;
        if (at > clock.now()) await clock.sleep(at - clock.now(), signal);
        turns.push({ at: clock.now(), concurrency });
      },
    });
    await until(() => g.identified.length === 1);
    await until(() => g.gateway.status().shards.length === 3);
    await settle();
    expect(g.identified).toHaveLength(1);
    await clock.advance(2500);
    await until(() => g.identified.length === 2);
    await clock.advance(2500);
    await until(() => g.live().length === 3);
    expect(turns.map(({ at }) => at - noon)).toEqual([0, 2500, 5000]);
    expect(turns.every(({ concurrency }) => concurrency === 2)).toBe(true);
  });

  it("are spent by the first shard alone on finding out which intents are granted", async () => {
    const g = await start({ shards: "3", granted: 2 ** 25 });
    for (let wait = 0; wait < 3; wait++) {
      await settle();
      await g.clock.advance(1000);
    }
    await until(() => g.live().length === 3);
    expect(g.identified.filter((shard) => shard !== "0,3")).toEqual(["1,3", "2,3"]);
    expect(g.gateway.status()).toMatchObject({ intents: 2 ** 25, missingIntents: 2 ** 26 });
  });
});

describe("one shard in trouble", () => {
  it("comes back alone; until then the whole is not live, and says which shard it is", async () => {
    const g = await start({ shards: "3" });
    await until(() => g.live().length === 3);
    g.connection("1,3").cut();
    await until(() => g.gateway.status().state === "waiting");
    expect(g.gateway.status()).toMatchObject({
      detail: expect.stringMatching(/^2 of 3 shards live; shard 1 of 3: connection lost/),
      causes: { close_1006: 1 },
    });
    expect(g.gateway.status()).not.toHaveProperty("sessionId");
    await g.clock.advance(500);
    await until(() => g.live().length === 3);
    expect(g.resumed).toEqual(["1,3"]);
    expect(g.gateway.status()).toMatchObject({ reconnects: 1, resumed: 1 });
  });

  it("ends all when the platform ends it for good: one error, no socket left", async () => {
    const g = await start({ shards: "3" });
    await until(() => g.live().length === 3);
    g.connection("2,3").close(4914);
    await expect(g.done).rejects.toMatchObject({ closeCode: 4914, fatal: true });
    await Promise.all(["0,3", "1,3"].map((shard) => g.connection(shard).closed));
    await g.clock.advance(3_600_000);
    expect(g.server.connections).toHaveLength(3);
    expect(g.gateway.status()).toMatchObject({ state: "failed", detail: expect.stringContaining("offline") });
    expect(g.states.filter(({ state }) => state === "failed")).toHaveLength(1);
  });
});

describe("more shards than before", () => {
  it("take over from a shard that must be divided (4011) while the others go on until they are live", async () => {
    const g = await start({ advice: [{ shards: 2 }, { shards: 2 }, { shards: 4 }] });
    await until(() => g.live().length === 2);
    g.connection("0,2").close(4011);
    await until(() => g.live().includes("3,4"));
    await settle();
    g.connection("1,2").event(9);
    await until(() => g.events.some(({ shard }) => String(shard) === "1,2"));
    await g.clock.advance(2000);
    expect(await g.connection("1,2").closed).toBe(1006);
    await until(() => g.live().length === 4);
    expect(g.live()).toEqual(["0,4", "1,4", "2,4", "3,4"]);
    expect([...g.records.keys()].every((key) => key.endsWith(",4"))).toBe(true);
    expect(g.states.filter(({ state }) => state === "failed" || state === "stopped")).toEqual([]);
  });

  it("are at least one more when the platform asks for a division and advises none", async () => {
    const g = await start({ advice: [{ shards: 1 }] });
    await until(() => g.live().length === 1);
    g.connection("0,1").close(4011);
    await until(() => String(g.live()) === "0,2,1,2");
  });

  it("begin when a session has to be begun anew anyway, and more are advised by then", async () => {
    const g = await start({ advice: [{ shards: 1 }, { shards: 2 }] });
    await until(() => g.live().length === 1);
    g.connection("0,1").close(4006);
    await until(() => g.gateway.status().state === "waiting");
    await g.clock.advance(500);
    await until(() => g.live().includes("1,2"));
    await settle();
    await g.clock.advance(2000);
    await until(() => String(g.live()) === "0,2,1,2");
  });

  it("are the owner's matter when the setting names a number", async () => {
    const g = await start({ shards: "2", advice: [{ shards: 9 }] });
    await until(() => g.live().length === 2);
    g.connection("0,2").close(4011);
    await expect(g.done).rejects.toMatchObject({ closeCode: 4011, fatal: false });
  });
});

describe("stopping", () => {
  it("leaves every shard resumable", async () => {
    const g = await start({ shards: "3" });
    await until(() => g.live().length === 3);
    g.abort.abort();
    await g.done;
    expect([...g.records.keys()]).toEqual(["0,3", "1,3", "2,3"]);
    expect(g.gateway.status().state).toBe("stopped");
    expect(g.clock.pending).toBe(0);
  });

  it("in the middle of the start leaves nothing behind", async () => {
    const g = await start({ shards: "3", awaitIdentifyTurn: (_concurrency, signal) => g.clock.sleep(60_000, signal) });
    await until(() => g.gateway.status().shards.length === 1);
    g.abort.abort();
    await g.done;
    await g.clock.advance(120_000);
    expect(g.server.connections).toHaveLength(0);
    expect(g.clock.pending).toBe(0);
  });
});
