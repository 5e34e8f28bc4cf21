import { afterEach, describe, expect, it } from "vitest";
import { ApiError, ConfigError, type GatewayError, RateLimitError } from "../../../src/core/errors.ts";
import { FakeGateway, startBlackHole } from "../../kit/fake-gateway.ts";
import { type Bench, goLive, passWait, startBench, stopBench, until, untilState } from "../../kit/gateway-session.ts";

const open: Bench[] = [];
async function bench(overrides: Parameters<typeof startBench>[0] = {}): Promise<Bench> {
  const started = await startBench(overrides);
  open.push(started);
  return started;
}
afterEach(async () => {
  for (const started of open.splice(0)) await stopBench(started);
});

const tokenCall = { service: "bot", method: "POST", path: "/app/getAppAccessToken" };
const rateRefusal = (qqCode: number) => new ApiError("Too many calls.", { ...tokenCall, status: 200, qqCode });
const forever = <T>() => new Promise<T>(() => {});

describe("coming back", () => {
  it("resumes once after the line was cut, from the last accepted event", async () => {
    const b = await bench();
    const first = await goLive(b, "s-1");
    first.event(2);
    first.event(3);
    await until(() => b.events.length === 2);
    first.cut();
    expect(await passWait(b)).toBe(500);
    const second = await b.gateway.next();
    second.hello();
    expect((await second.next(6)).d).toEqual({ token: "QQBot token-1", session_id: "s-1", seq: 3 });
    second.event(4);
    second.resumed(5);
    await untilState(b, "live");
    await until(() => b.events.length === 3);
    expect(b.session.status()).toMatchObject({ reconnects: 1, resumed: 1, replayed: 1, seq: 5 });
    expect(b.gateway.connections).toHaveLength(2);
    expect(b.calls.lookups).toBe(1);
  });

  it("knows a session from its READY on, should the process be killed in the next moment", async () => {
    const b = await bench();
    await goLive(b, "s-1");
    await until(() => b.saved.record?.sessionId === "s-1");
  });

  it.each([1000, 1001, 4000, 4009])("resumes after close code %i", async (code) => {
    const b = await bench();
    (await goLive(b, "s-1")).close(code);
    // 4009 comes every half hour and is not waited for: the clock stands still.
    if (code !== 4009) expect(await passWait(b)).toBe(500);
    const second = await b.gateway.next();
    second.hello();
    expect((await second.next(6)).d).toMatchObject({ session_id: "s-1" });
  });

  it.each([4003, 4006, 4007, 4777, 4900, 4902, 4913])("forgets the session after close code %i", async (code) => {
    const b = await bench();
    const first = await goLive(b, "s-1");
    await b.clock.advance(500);
    expect(b.saved.record?.sessionId).toBe("s-1");
    first.close(code);
    await passWait(b);
    expect(b.saved.record).toBeUndefined();
    expect(b.session.status()).not.toHaveProperty("seq");
    await goLive(b, "s-2");
    expect(b.session.status()).toMatchObject({ sessionId: "s-2", reconnects: 1, resumed: 0 });
  });

  it("waits a minute after having sent too fast, then resumes", async () => {
    const b = await bench();
    (await goLive(b)).close(4008);
    expect(await passWait(b)).toBe(60_000);
    const second = await b.gateway.next();
    second.hello();
    await second.next(6);
  });

  it("opens exactly one new socket when the platform asks to reconnect, within a second", async () => {
    const b = await bench();
    const first = await goLive(b, "s-1");
    first.send({ op: 7 });
    expect(await first.closed).toBe(1006);
    expect(await passWait(b)).toBeLessThanOrEqual(1000);
    const second = await b.gateway.next();
    second.hello();
    await second.next(6);
    second.resumed(2);
    await untilState(b, "live");
    await b.clock.advance(10_000);
    expect(b.gateway.connections).toHaveLength(2);
  });

  it("ignores what a retired socket still says", async () => {
    const b = await bench();
    const first = await goLive(b, "s-1");
    first.send({ op: 7 });
    first.event(9);
    first.close(4914);
    await passWait(b);
    const second = await b.gateway.next();
    second.hello();
    expect((await second.next(6)).d).toMatchObject({ seq: 1 });
    expect(b.events).toEqual([]);
  });

  it("gives a session up after three resumes that led nowhere", async () => {
    const b = await bench();
    (await goLive(b)).cut();
    for (let attempt = 0; attempt < 3; attempt++) {
      await passWait(b);
      const connection = await b.gateway.next();
      connection.hello();
      await connection.next(6);
      connection.cut();
    }
    await passWait(b);
    await goLive(b, "s-2");
  });

  it("resets the backoff at READY, not when a socket opens", async () => {
    const b = await bench();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 7; attempt++) {
      const connection = await b.gateway.next();
      connection.hello();
      await connection.next(2);
      connection.cut();
      waits.push(await passWait(b));
    }
    expect(waits).toEqual([500, 1000, 2500, 5000, 15_000, 30_000, 30_000]);
    (await goLive(b)).cut();
    expect(await passWait(b)).toBe(500);
  });

  it("drops and resumes at once when asked to, and cuts a wait short", async () => {
    const b = await bench();
    await goLive(b);
    b.session.reconnect();
    const second = await b.gateway.next();
    second.hello();
    await second.next(6);
    second.cut();
    await untilState(b, "waiting");
    b.session.reconnect();
    (await b.gateway.next()).hello();
  });
});

describe("trouble before the connection", () => {
  it("keeps trying, past twenty failed look-ups", async () => {
    let failures = 25;
    const b = await bench();
    await stopBench(b);
    const c: Bench = await bench({
      lookup: async () => {
        if (failures-- > 0) throw new Error("getaddrinfo EAI_AGAIN");
        return { url: c.gateway.url };
      },
    });
    for (let attempt = 0; attempt < 25; attempt++) expect(await passWait(c)).toBeLessThanOrEqual(60_000);
    await goLive(c);
    expect(c.lines.filter((line) => line.level === "warn")).toHaveLength(1);
  });

  it("does not wait for ever for a look-up that never answers", async () => {
    let isFirst = true;
    const c: Bench = await bench({
      lookup: () => {
        if (!isFirst) return Promise.resolve({ url: c.gateway.url });
        isFirst = false;
        return forever();
      },
    });
    await until(() => c.clock.pending > 0);
    await c.clock.advance(30_000);
    await passWait(c);
    await goLive(c);
  });

  it.each([
    ["the network", () => new TypeError("fetch failed")],
    ["100001, a call-rate refusal", () => rateRefusal(100_001)],
    ["429", () => new RateLimitError("later", { ...tokenCall, status: 429, retryAfterMs: 60_000, bucket: "token" })],
  ])("asks for a token again within ten seconds, three times, when %s stood in the way", async (_what, failure) => {
    let calls = 0;
    const get = async () => {
      if (calls++ < 3) throw failure();
      return "token-a";
    };
    const b = await bench({ token: { get, renew: get }, random: () => 0.999 });
    for (let attempt = 1; attempt <= 3; attempt++) {
      expect(await passWait(b)).toBeLessThanOrEqual(10_000);
      await until(() => calls === attempt + 1);
    }
    await goLive(b);
    expect(b.session.status().causes).toEqual({ token: 3 });
  });

  it("leaves a token call alone that has been refused as too frequent more often than that", async () => {
    const get = () => Promise.reject(rateRefusal(100_001));
    const b = await bench({ token: { get, renew: get } });
    for (let attempt = 1; attempt <= 3; attempt++) await passWait(b);
    expect(await passWait(b)).toBe(60_000);
    expect(b.gateway.connections).toHaveLength(0);
  });

  it("fetches a token that ran out between the look-up and hello, and retries when that fails", async () => {
    const answers = ["token-a", undefined, "token-b", "token-c"];
    const get = async () => answers.shift() ?? Promise.reject(new TypeError("fetch failed"));
    const b = await bench({ token: { get, renew: get } });
    (await b.gateway.next()).hello();
    await passWait(b);
    expect((await goLive(b)).frames[0]?.d).toMatchObject({ token: "QQBot token-c" });
  });

  it("asks for the address again when the known one no longer answers", async () => {
    const urls: string[] = [];
    const b: Bench = await bench({
      lookup: async () => ({ url: urls.push("asked") === 1 ? b.gateway.url : other.url }),
    });
    const other = await FakeGateway.start();
    await goLive(b, "s-1");
    await b.gateway.close();
    await passWait(b);
    expect(await passWait(b)).toBe(1000);
    const moved = await other.next();
    moved.hello();
    expect((await moved.next(6)).d).toMatchObject({ session_id: "s-1" });
    expect(urls).toHaveLength(2);
    b.abort.abort();
    await other.close();
  });

  it("gives up a token fetch whose connection is gone", async () => {
    let fetching: AbortSignal | undefined;
    let calls = 0;
    const get = (signal?: AbortSignal) => {
      if (calls++ === 0) return Promise.resolve("token-a");
      fetching = signal;
      return forever<string>();
    };
    const b = await bench({ token: { get, renew: (_stale, signal) => get(signal) } });
    const connection = await b.gateway.next();
    connection.hello();
    await until(() => fetching !== undefined);
    connection.cut();
    await untilState(b, "waiting");
    expect(fetching?.aborted).toBe(true);
  });

  it("leaves a host that accepts and says nothing", async () => {
    const hole = await startBlackHole();
    const urls = [hole.url];
    const b: Bench = await bench({ lookup: async () => ({ url: urls.shift() ?? b.gateway.url }) });
    await hole.reached;
    await b.clock.advance(30_000);
    await passWait(b);
    await goLive(b);
    await hole.close();
  });

  it.each(["hello", "READY"])("leaves a gateway that never sends %s", async (missing) => {
    const b = await bench();
    const silent = await b.gateway.next();
    if (missing === "READY") {
      silent.hello();
      await silent.next(2);
    }
    await b.clock.advance(30_000);
    expect(await silent.closed).toBe(1006);
    await passWait(b);
    await goLive(b);
  });

  it("retries an address that is none", async () => {
    const urls = ["not a url"];
    const b: Bench = await bench({ lookup: async () => ({ url: urls.shift() ?? b.gateway.url }) });
    await passWait(b);
    await goLive(b);
  });

  it("stops at once on wrong settings", async () => {
    const error = new ConfigError("QQ_BOT_APP_SECRET", "The secret is wrong.");
    const b = await bench({ lookup: () => Promise.reject(error) });
    await expect(b.done).rejects.toBe(error);
    expect(b.session.status()).toMatchObject({ state: "failed", detail: expect.stringContaining("secret is wrong") });
  });
});

describe("refusals", () => {
  it.each([4914, 4915])("ends for good on close code %i", async (code) => {
    const b = await bench();
    const first = await goLive(b);
    await b.clock.advance(500);
    first.close(code);
    await expect(b.done).rejects.toMatchObject({ closeCode: code, fatal: true, remedy: expect.any(String) });
    await b.clock.advance(3_600_000);
    expect(b.gateway.connections).toHaveLength(1);
    expect(b.saved.record).toBeUndefined();
    expect(b.session.status().state).toBe("failed");
    expect(b.clock.pending).toBe(0);
  });

  it("ends with the fatal error even when the state callback throws", async () => {
    const b = await bench({
      onState: () => {
        throw new Error("callback");
      },
    });
    const connection = await b.gateway.next();
    connection.close(4915);
    await expect(b.done).rejects.toMatchObject({ closeCode: 4915 });
  });

  it("leaves resharding to its owner", async () => {
    const b = await bench();
    (await goLive(b)).close(4011);
    const error = (await b.done.catch((reason: unknown) => reason)) as GatewayError;
    expect(error).toMatchObject({ closeCode: 4011, fatal: false });
  });

  it("ends when fresh tokens are refused five times and none has ever worked", async () => {
    const b = await bench();
    for (let attempt = 0; attempt < 6; attempt++) {
      const connection = await b.gateway.next();
      connection.hello();
      await connection.next(2);
      connection.close(4004);
      if (attempt < 5) await passWait(b);
    }
    await expect(b.done).rejects.toMatchObject({ closeCode: 4004, fatal: true });
    expect(b.calls.renewals).toEqual(["token-1", "token-2", "token-3", "token-4", "token-5"]);
  });

  it("renews a refused token, keeps the session for three resumes, and never ends once tokens have worked", async () => {
    const b = await bench();
    (await goLive(b, "s-1")).close(4004);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      waits.push(await passWait(b));
      const connection = await b.gateway.next();
      connection.hello();
      await connection.next(attempt < 3 ? 6 : 2);
      connection.close(4004);
    }
    expect(waits.slice(0, 5)).toEqual([500, 1000, 2500, 5000, 15_000]);
    expect(waits.slice(5)).toEqual([300_000, 300_000, 300_000]);
    await passWait(b);
    await goLive(b, "s-2");
  });

  it("resumes when op 9 says that the session lives, after the time for a close frame", async () => {
    const b = await bench();
    (await goLive(b, "s-1")).cut();
    await passWait(b);
    const second = await b.gateway.next();
    second.hello();
    await second.next(6);
    second.send({ op: 9, d: true });
    await until(() => b.clock.pending === 2);
    await b.clock.advance(5000);
    expect(await passWait(b)).toBeGreaterThanOrEqual(3000);
    const third = await b.gateway.next();
    third.hello();
    expect((await third.next(6)).d).toMatchObject({ session_id: "s-1" });
    expect(b.gateway.connections).toHaveLength(3);
  });

  it.each([false, undefined])("identifies with another token when op 9 says d %s", async (d) => {
    const b = await bench();
    (await goLive(b, "s-1")).cut();
    await passWait(b);
    const second = await b.gateway.next();
    second.hello();
    await second.next(6);
    second.send({ op: 9, d });
    second.close(1000);
    expect(await passWait(b)).toBeGreaterThanOrEqual(3000);
    const third = await b.gateway.next();
    third.hello();
    await third.next(2);
    expect(b.calls.renewals).toEqual(["token-1"]);
  });

  it("believes the close frame that follows op 9", async () => {
    const b = await bench();
    const connection = await b.gateway.next();
    connection.hello();
    await connection.next(2);
    connection.send({ op: 9, d: false });
    await until(() => b.clock.pending > 0);
    await b.clock.advance(2000);
    connection.close(4914);
    await expect(b.done).rejects.toMatchObject({ closeCode: 4914 });
  });
});

describe("intents", () => {
  const mask = 2 ** 30 + 2 ** 26 + 2 ** 25 + 2 ** 24 + 2 ** 12;

  /** Answers identifies as a platform that grants `granted`, until the session is live; returns every mask asked for. */
  async function grant(b: Bench, granted: number, code: number): Promise<number[]> {
    const asked: number[] = [];
    for (;;) {
      const connection = await b.gateway.next();
      connection.hello();
      const { d } = await connection.next(2);
      const { intents } = d as { intents: number };
      asked.push(intents);
      if ((intents & ~granted) !== 0) {
        connection.send({ op: 9, d: false });
        connection.close(code);
        await passWait(b);
        continue;
      }
      connection.ready(`session-${asked.length}`);
      const isOver = await Promise.race([connection.closed.then(() => false), untilState(b, "live").then(() => true)]);
      if (isOver) return asked;
    }
  }

  it.each([4013, 4014])("loses none but the one that is refused (%i), and reports it once", async (code) => {
    const b = await bench({ intents: mask });
    const asked = await grant(b, mask - 2 ** 26, code);
    expect(asked[0]).toBe(mask);
    expect(asked.at(-1)).toBe(mask - 2 ** 26);
    expect(asked.length).toBeLessThanOrEqual(6);
    expect(b.calls.refusals).toEqual([{ mask: 2 ** 26, askedAt: expect.any(Number) }]);
    expect(b.session.status()).toMatchObject({
      ...{ intents: mask - 2 ** 26, missingIntents: 2 ** 26, reconnects: 0 },
      detail: "without intents that the platform refuses: INTERACTION",
    });
    expect(b.saved.record?.intents).toBe(mask - 2 ** 26);
  });

  it("are not looked for one by one when session starts run short", async () => {
    const b: Bench = await bench({
      intents: mask,
      lookup: async () => ({ url: b.gateway.url, session_start_limit: { remaining: 40, reset_after: 60_000 } }),
    });
    const asked = await grant(b, mask - 2 ** 12, 4014);
    expect(asked).toEqual([mask, 2 ** 30 + 2 ** 25 + 2 ** 26]);
  });

  it("leaves out what earlier runs found refused, says so, and resumes with the smaller mask", async () => {
    const left = mask - 2 ** 24;
    const record = { sessionId: "s-1", seq: 5, intents: left, shard: [0, 1] as [number, number] };
    const askedAt = Date.UTC(2026, 10, 20, 11);
    const b = await bench({
      intents: mask,
      knownRefusal: { mask: 2 ** 24 + 2 ** 10, askedAt },
      saved: { record: { ...record, savedAt: Date.UTC(2026, 10, 20, 11, 59) } },
    });
    const connection = await b.gateway.next();
    connection.hello();
    await connection.next(6);
    connection.send({ op: 9, d: false });
    connection.close(1000);
    await passWait(b);
    const again = await goLive(b);
    expect(again.frames[0]?.d).toMatchObject({ intents: left });
    expect(b.session.status().detail).toContain("GROUP_MEMBER_EVENT");
    expect(b.calls.refusals).toEqual([]);
  });

  it("asks for it again after a day, when a session begins anyway", async () => {
    const askedAt = Date.UTC(2026, 10, 19, 11);
    const b = await bench({ intents: mask, knownRefusal: { mask: 2 ** 24, askedAt } });
    expect((await goLive(b)).frames[0]?.d).toMatchObject({ intents: mask });
    expect(b.calls.refusals).toEqual([{ mask: 0, askedAt: b.clock.now() }]);
    expect(b.session.status()).not.toHaveProperty("detail");
  });

  it("keeps a session that was begun before rights were withdrawn", async () => {
    const b = await bench({ intents: mask });
    (await goLive(b, "s-1")).close(4009);
    const second = await b.gateway.next();
    second.hello();
    expect((await second.next(6)).d).toMatchObject({ session_id: "s-1" });
  });

  it("finds out anew when rights are withdrawn from a bot that was live", async () => {
    const b = await bench({ intents: mask });
    (await goLive(b, "s-1")).close(4006);
    await passWait(b);
    const asked = await grant(b, mask - 2 ** 25, 4014);
    expect([asked[0], asked.at(-1)]).toEqual([mask, mask - 2 ** 25]);
    expect(b.calls.refusals.map((refusal) => refusal.mask)).toEqual([2 ** 25]);
  });

  it("ends when not even one is granted", async () => {
    const b = await bench({ intents: 2 ** 30 });
    grant(b, 0, 4014).catch(() => undefined);
    await expect(b.done).rejects.toMatchObject({ closeCode: 4014, fatal: true });
  });

  it("are suspected after two unexplained refusals; then it slows down and returns to all of them", async () => {
    const [all, first, second] = [2 ** 30 + 2 ** 12, 2 ** 30, 2 ** 12];
    const b = await bench({ intents: all });
    const masks: number[] = [];
    const waits: number[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      const connection = await b.gateway.next();
      connection.hello();
      masks.push(((await connection.next(2)).d as { intents: number }).intents);
      connection.send({ op: 9, d: false });
      connection.close(1000);
      waits.push(await passWait(b));
    }
    expect(masks).toEqual([all, all, first, second, all, first]);
    expect(waits).toEqual([3000, 3000, 3000, 5000, 30_000, 30_000]);
    expect(b.calls.refusals).toEqual([]);
  });
});
