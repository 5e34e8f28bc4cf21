import { afterEach, describe, expect, it } from "vitest";
import type { GatewaySessionOptions } from "../../../src/events/gateway-options.ts";
import { startBlackHole } from "../../kit/fake-gateway.ts";
import {
  type Bench,
  goLive,
  intentsForTests,
  passWait,
  startBench,
  stopBench,
  until,
  untilState,
} from "../../kit/gateway-session.ts";

const open: Bench[] = [];
async function bench(overrides: Parameters<typeof startBench>[0] = {}): Promise<Bench> {
  const started = await startBench(overrides);
  open.push(started);
  return started;
}
afterEach(async () => {
  for (const started of open.splice(0)) await stopBench(started);
});

const forever = <T>() => new Promise<T>(() => {});

describe("beginning a session", () => {
  it("identifies after hello with a fresh token, the intents and the shard, and is live at READY only", async () => {
    const b = await bench({ shard: [1, 4] });
    const connection = await b.gateway.next();
    expect(connection.frames).toEqual([]);
    connection.hello();
    const identify = await connection.next(2);
    expect(identify.d).toEqual({ token: "QQBot token-1", intents: intentsForTests, shard: [1, 4] });
    expect(b.session.status().state).toBe("connecting");
    connection.ready("s-1");
    await untilState(b, "live");
    expect(b.session.status()).toMatchObject({ sessionId: "s-1", seq: 1, intents: intentsForTests, reconnects: 0 });
    expect(b.session.status().bot).toEqual({ id: "7305918264417936052", name: "示例助手" });
    expect(b.events).toEqual([]);
    expect(connection.headers["user-agent"]).toBe("qq-skill");
  });

  it("waits for its turn to identify", async () => {
    let allow = () => {};
    const turn = new Promise<void>((resolve) => {
      allow = resolve;
    });
    const b = await bench({ awaitIdentifyTurn: () => turn });
    await until(() => b.calls.lookups === 1);
    expect(b.gateway.connections).toHaveLength(0);
    allow();
    await goLive(b);
  });

  it("hands events over in order as envelopes, unknown types, missing ids and huge numbers included", async () => {
    const b = await bench();
    const connection = await goLive(b);
    connection.event(2, { id: "m1", message_scene: { ext: ["msg_idx=REFIDX_1", "auth_token=abc.def"] } });
    connection.sendRaw('{"op":0,"s":3,"t":"NEW_THING","d":{"thread":12345678901234567890,"x":"auth_token=zzzz"}}');
    await until(() => b.events.length === 2);
    expect(b.events[0]).toEqual({
      source: "gateway",
      appId: "app-1",
      shard: [0, 1],
      seq: 2,
      id: "C2C_MESSAGE_CREATE:e2",
      type: "C2C_MESSAGE_CREATE",
      receivedAt: b.clock.now(),
      data: { id: "m1", message_scene: { ext: ["msg_idx=REFIDX_1"] } },
    });
    expect(b.events[1]?.id).toMatch(/^local:NEW_THING:/);
    expect(b.events[1]?.data).toMatchObject({ thread: "12345678901234567890" });
    expect(JSON.stringify(b.events)).not.toMatch(/abc\.def|zzzz/);
  });

  it("survives frames that it does not know or cannot read", async () => {
    const b = await bench();
    const connection = await goLive(b);
    connection.send({ op: 99, d: {} });
    connection.sendRaw("{broken");
    connection.sendRaw("[1]");
    connection.sendRaw(Buffer.from([0xff, 0xfe]));
    connection.send({ op: 0, d: {} });
    connection.event(2);
    await until(() => b.events.length === 1);
    expect(b.gateway.connections).toHaveLength(1);
  });

  it("takes a second READY of the same session as nothing new", async () => {
    const b = await bench();
    const connection = await goLive(b, "s-1");
    connection.event(2);
    connection.ready("s-1", 3);
    connection.event(4);
    await until(() => b.events.length === 2);
    expect(b.session.status()).toMatchObject({ state: "live", reconnects: 0, sessionId: "s-1", seq: 4 });
  });

  it("waits until session starts are left, and says until when", async () => {
    const limits = [{ remaining: 0, reset_after: 7_200_000, total: 1000 }, { remaining: 5 }];
    const b = await bench();
    await stopBench(b);
    const c = await bench({
      lookup: async () => ({ url: b.gateway.url, session_start_limit: limits.shift() }),
    });
    await untilState(c, "waiting");
    const until2h = new Date(c.clock.now() + 7_200_000).toISOString();
    expect(c.session.status().detail).toContain(until2h);
    expect(await passWait(c)).toBe(7_200_000);
    await until(() => limits.length === 0);
  });
});

describe("heartbeats on the wire", () => {
  it("carry null before the first event and the newest sequence after it", async () => {
    const b = await bench();
    const connection = await b.gateway.next();
    connection.hello(40_000);
    await connection.next(2);
    await until(() => b.clock.pending >= 2);
    await b.clock.advance(20_000);
    expect(await connection.next(1)).toEqual({ op: 1, d: null });
    connection.ready("s-1");
    connection.event(7);
    await until(() => b.events.length === 1);
    await b.clock.advance(40_000);
    expect(await connection.next(1)).toEqual({ op: 1, d: 7 });
    await until(() => b.session.status().lastAckAt === b.clock.now());
  });

  it("are sent at once when the platform asks for one", async () => {
    const b = await bench();
    const connection = await goLive(b);
    connection.send({ op: 1 });
    expect(await connection.next(1)).toEqual({ op: 1, d: 1 });
  });

  it("keep an idle connection however long no event comes", async () => {
    const b = await bench();
    const connection = await goLive(b);
    await until(() => b.clock.pending > 0);
    for (let beat = 0; beat < 60; beat++) {
      await b.clock.advance(beat === 0 ? 20_000 : 40_000);
      await connection.next(1);
      await until(() => b.session.status().lastAckAt === b.clock.now());
    }
    expect(b.gateway.connections).toHaveLength(1);
    expect(b.session.status().state).toBe("live");
  });

  it("uncover a half-open connection, which is dropped and resumed", async () => {
    const b = await bench();
    const connection = await goLive(b);
    connection.acks = false;
    await b.clock.advance(20_000);
    await connection.next(1);
    await b.clock.advance(40_000);
    await connection.next(1);
    expect(b.session.status().state).toBe("live");
    await b.clock.advance(5_000);
    expect(await connection.closed).toBe(1006);
    await passWait(b);
    const second = await b.gateway.next();
    second.hello();
    expect((await second.next(6)).d).toMatchObject({ session_id: "session-1", seq: 1 });
  });
});

describe("events that cannot be stored", () => {
  it("are offered again, hold the resume point back, and do not hold heartbeats back", async () => {
    const offered: string[] = [];
    let isDown = true;
    const b = await bench({
      onDispatch: async (envelope) => {
        offered.push(envelope.id.slice(-2));
        if (isDown && envelope.seq === 3) throw new Error("disk full");
      },
    });
    const connection = await goLive(b);
    for (const s of [2, 3, 4]) connection.event(s);
    await until(() => offered.length >= 2 && b.session.status().seq === 4);
    connection.send({ op: 1 });
    expect((await connection.next(1)).d).toBe(4);
    await b.clock.advance(500);
    expect(b.saved.record?.seq).toBe(2);
    isDown = false;
    await b.clock.advance(1000);
    await until(() => b.session.status().backlog === 0);
    await b.clock.advance(500);
    expect(b.saved.record?.seq).toBe(4);
    expect(offered.filter((id) => id === "e3")).toHaveLength(2);
  });

  it("pause reading, without the silence being held against the platform, until they are accepted", async () => {
    const waiting: (() => void)[] = [];
    let count = 0;
    const b = await bench({
      capacity: 10,
      onDispatch: () => {
        count++;
        return new Promise<void>((resolve) => waiting.push(resolve));
      },
    });
    const connection = await goLive(b);
    const payload = { text: "x".repeat(20_000) };
    const total = 400;
    for (let s = 2; s < total + 2; s++) connection.event(s, payload);
    await until(() => b.session.status().backlog > 10);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(count).toBeLessThan(total);
    await b.clock.advance(20 * 60_000);
    expect(b.session.status().state).toBe("live");
    await until(() => {
      for (const accept of waiting.splice(0)) accept();
      return count === total;
    });
    await until(() => b.session.status().backlog === 0);
    expect(b.gateway.connections).toHaveLength(1);
  });

  it("do not keep a session waiting that op 9 ended while reading was paused", async () => {
    const b = await bench({ capacity: 1, onDispatch: forever });
    const connection = await goLive(b);
    connection.event(2);
    connection.send({ op: 9, d: false });
    connection.event(3);
    await until(() => b.session.status().backlog === 2);
    await b.clock.advance(5000);
    expect(await connection.closed).toBe(1006);
    await untilState(b, "waiting");
  });

  it("do not stop recovery when they fail by throwing, and neither does a failing store or callback", async () => {
    const fail = () => {
      throw new Error("broken");
    };
    const failLater = () => Promise.reject(new Error("broken"));
    const b = await bench({
      onDispatch: fail,
      onState: failLater as GatewaySessionOptions["onState"],
      sessions: { load: fail, save: failLater, clear: fail },
    });
    const first = await goLive(b);
    first.event(2);
    await until(() => b.session.status().backlog === 1);
    first.cut();
    await passWait(b);
    const second = await b.gateway.next();
    second.hello();
    expect((await second.next(6)).d).toMatchObject({ seq: 1 });
    second.event(2);
    second.resumed(3);
    await untilState(b, "live");
    expect(b.session.status().backlog).toBe(1);
  });
});

describe("stopping", () => {
  it("does nothing when it was aborted before it began", async () => {
    const b = await bench();
    await stopBench(b);
    const lookups = b.calls.lookups;
    await b.session.run(AbortSignal.abort());
    expect(b.calls.lookups).toBe(lookups);
  });

  it.each(["lookup", "token", "token after hello"])(
    "resolves during a pending %s and opens no late socket",
    async (where) => {
      let tokens = 0;
      const get = () =>
        where === "token after hello" && tokens++ === 0 ? Promise.resolve("token-1") : forever<string>();
      const b = await bench(where === "lookup" ? { lookup: forever } : { token: { get, renew: get } });
      if (where === "token after hello") (await b.gateway.next()).hello();
      else await until(() => b.clock.pending > 0);
      b.abort.abort();
      await b.done;
      await b.clock.advance(120_000);
      expect(b.gateway.connections).toHaveLength(where === "token after hello" ? 1 : 0);
      expect(b.session.status().causes).toEqual({});
      expect(b.clock.pending).toBe(0);
    },
  );

  it("owns the error of a socket that it drops before it was open, and reports no lost connection", async () => {
    const hole = await startBlackHole();
    const b = await bench({ lookup: async () => ({ url: hole.url }) });
    await hole.reached;
    b.abort.abort();
    await b.done;
    expect(b.states.map(({ state }) => state)).toEqual(["connecting", "stopped"]);
    expect(b.session.status().causes).toEqual({});
    await hole.close();
  });

  it("keeps the connection alive while it takes no more events, for what is still being sent", async () => {
    const b = await bench();
    const connection = await goLive(b, "s-1");
    connection.event(2);
    await until(() => b.events.length === 1);
    b.session.hold();
    connection.event(3);
    await b.clock.advance(20_000);
    expect(await connection.next(1)).toEqual({ op: 1, d: 2 });
    expect([b.events.length, b.session.status().state]).toEqual([1, "live"]);
    b.abort.abort();
    expect(await connection.closed).toBe(1006);
    await b.done;
    expect(b.saved.record).toMatchObject({ sessionId: "s-1", seq: 2 });
  });

  it("drops the socket without a close frame and saves where it was, when a last event is being stored too", async () => {
    let accept = () => {};
    const b = await bench({
      onDispatch: () =>
        new Promise<void>((resolve) => {
          accept = resolve;
        }),
    });
    const connection = await goLive(b, "s-1");
    connection.event(2);
    await until(() => b.session.status().seq === 2);
    await b.clock.advance(200);
    b.abort.abort();
    expect(await connection.closed).toBe(1006);
    accept();
    await b.done;
    const { record } = b.saved;
    expect(record).toEqual({
      sessionId: "s-1",
      seq: 2,
      intents: intentsForTests,
      shard: [0, 1],
      savedAt: b.clock.now(),
    });
    expect(b.session.status().state).toBe("stopped");
    expect(b.clock.pending).toBe(0);
  });

  it("does not wait for ever for an event that is never accepted", async () => {
    const b = await bench({ onDispatch: forever });
    (await goLive(b)).event(2);
    await until(() => b.session.status().backlog === 1);
    b.abort.abort();
    await b.clock.advance(2000);
    await b.done;
    expect(b.saved.record?.seq).toBe(1);
  });

  it("runs again afterwards, resuming", async () => {
    const b = await bench();
    await goLive(b, "s-1");
    b.abort.abort();
    await b.done;
    const again = new AbortController();
    const done = b.session.run(again.signal);
    const connection = await b.gateway.next();
    connection.hello();
    expect((await connection.next(6)).d).toMatchObject({ session_id: "s-1" });
    again.abort();
    await done;
  });
});

describe("a restart", () => {
  const record = { sessionId: "s-1", seq: 41, intents: intentsForTests, shard: [0, 1] as [number, number] };

  it("resumes the stored session", async () => {
    const b = await bench({ saved: { record: { ...record, savedAt: Date.UTC(2026, 10, 20, 11, 55) } } });
    const connection = await b.gateway.next();
    connection.hello();
    expect((await connection.next(6)).d).toMatchObject({ session_id: "s-1", seq: 41 });
    connection.event(42);
    connection.resumed(43);
    await untilState(b, "live");
    await b.clock.advance(500);
    expect(b.saved.record).toMatchObject({ sessionId: "s-1", seq: 43 });
  });

  it.each([
    ["is older than ten minutes", { savedAt: Date.UTC(2026, 10, 20, 11, 49) }],
    ["had other intents", { savedAt: Date.UTC(2026, 10, 20, 11, 59), intents: 1 }],
    ["had another shard count", { savedAt: Date.UTC(2026, 10, 20, 11, 59), shard: [0, 2] as [number, number] }],
  ])("identifies when the stored session %s", async (_why, facts) => {
    const b = await bench({ saved: { record: { ...record, ...facts } } });
    await goLive(b, "s-2");
    expect(b.session.status().sessionId).toBe("s-2");
  });

  it("finds a session fresh that was idle for hours before the process died", async () => {
    const b = await bench();
    const connection = await goLive(b, "s-1");
    for (let beat = 0; beat < 30; beat++) {
      await b.clock.advance(beat === 0 ? 20_000 : 40_000);
      await connection.next(1);
      await until(() => b.session.status().lastAckAt === b.clock.now());
    }
    await b.clock.advance(500);
    expect(b.clock.now() - (b.saved.record?.savedAt ?? 0)).toBeLessThan(60_000);
  });
});
