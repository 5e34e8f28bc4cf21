import { describe, expect, it } from "vitest";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { RawBot } from "../kit/raw-bot.ts";

async function start(options: Parameters<typeof startTestEmulator>[0] = {}) {
  const emulator = await startTestEmulator(options);
  const bot = await new RawBot(emulator).login();
  const id = emulator.world.c2c[0]?.id ?? "";
  const say = (content: string) => emulator.say({ as: "alice", scene: "c2c", id, content });
  return { emulator, bot, say, token: `QQBot ${bot.token}` };
}

const isEvent = (frame: { t?: string }) => frame.t === "C2C_MESSAGE_CREATE";

describe("identify", () => {
  it("follows Hello and ends in READY with s 1", async () => {
    const { emulator, bot } = await start({ heartbeatIntervalMs: 30_000 });
    expect(emulator.isBotConnected()).toBe(false);
    const socket = await bot.connect();
    expect(socket.frames[0]).toEqual({ op: 10, d: { heartbeat_interval: 30_000 } });
    expect(socket.ready).toEqual({
      op: 0,
      s: 1,
      t: "READY",
      d: {
        version: 1,
        session_id: expect.any(String),
        user: { id: expect.stringMatching(/^\d+$/), username: "示例助手", bot: true },
        shard: [0, 1],
      },
    });
    expect(emulator.isBotConnected()).toBe(true);
  });

  it.each([
    ["without a token", { token: undefined }, 4002],
    ["without intents", { intents: undefined }, 4002],
    ["with a bare token", { token: "abc" }, 4004],
    ["with an unknown token", { token: "QQBot abc" }, 4004],
    ["with a shard outside its count", { shard: [1, 1] }, 4010],
    ["with a shard that is no pair", { shard: [0] }, 4010],
  ])("%s closes the socket", async (_name, facts, code) => {
    const { bot, token } = await start();
    const socket = await bot.open();
    socket.send({ op: 2, d: { token, intents: 1, shard: [0, 1], ...facts } });
    expect((await socket.closed).code).toBe(code);
    expect(socket.frames.map((frame) => frame.op)).toEqual([10]);
  });

  it.each([
    ["an intent that was not granted", 2 ** 30 + 2 ** 9, 4014, "GUILD_MESSAGES"],
    ["a bit that means nothing", 2 ** 5, 4013, "intents"],
    ["a negative mask", -1, 4013, "intents"],
    ["a mask of more than 32 bits", 2 ** 33, 4013, "intents"],
  ])("with %s gets op 9 and then the reason", async (_name, intents, code, reason) => {
    const { bot, token } = await start();
    const socket = await bot.open();
    socket.send({ op: 2, d: { token, intents } });
    const closed = await socket.closed;
    expect(socket.frames.at(-1)).toEqual({ op: 9, d: false });
    expect(closed.code).toBe(code);
    expect(closed.reason).toContain(reason);
  });

  it("with a token past its time is refused; an open socket outlives its token", async () => {
    const { emulator, bot, say, token } = await start();
    const socket = await bot.connect();
    emulator.advance(7_200_000);
    const late = await bot.open().catch(() => undefined);
    expect(late, "the gateway call itself needs a token").toBeUndefined();
    say("还在吗");
    expect((await socket.next(isEvent)).d.content).toBe("还在吗");
    await bot.login();
    const fresh = await bot.open();
    fresh.send({ op: 2, d: { token, intents: 1 } });
    expect((await fresh.closed).code).toBe(4004);
  });

  it("is counted, and refused when the count of the day is used up", async () => {
    const { emulator, bot, token } = await start({ seed: { ...defaultSeed, dials: { sessionStartTotal: 2 } } });
    const limit = async () => (await bot.call("GET", "/gateway/bot")).body.session_start_limit;
    await bot.connect({ shard: [0, 2] });
    await bot.connect({ shard: [1, 2] });
    expect(await limit()).toMatchObject({ total: 2, remaining: 0 });
    const third = await bot.open();
    third.send({ op: 2, d: { token, intents: 1 } });
    expect((await third.closed).code).toBe(4903);
    expect(third.frames.at(-1)).toEqual({ op: 9, d: false });
    emulator.advance(86_400_000);
    await bot.login();
    expect(await limit()).toMatchObject({ remaining: 2 });
  });

  it("comes as often as max_concurrency allows per window, where that is checked", async () => {
    const dials = { shards: 3, maxConcurrency: 2, identifyWindowMs: 5000 };
    const { emulator, bot, token } = await start({ seed: { ...defaultSeed, dials } });
    const { body } = await bot.call("GET", "/gateway/bot");
    expect(body).toMatchObject({ shards: 3, session_start_limit: { max_concurrency: 2 } });
    await bot.connect({ shard: [0, 3] });
    await bot.connect({ shard: [1, 3] });
    const third = await bot.open();
    third.send({ op: 2, d: { token, intents: 1, shard: [2, 3] } });
    expect((await third.closed).code).toBe(4903);
    emulator.advance(5000);
    await bot.connect({ shard: [2, 3] });
  });

  it("of the same shard replaces the older connection", async () => {
    const { emulator, bot, say } = await start();
    const older = await bot.connect();
    const newer = await bot.connect();
    expect((await older.closed).code).toBe(4902);
    say("一次");
    await newer.next(isEvent);
    expect(older.frames.some(isEvent)).toBe(false);
    expect(emulator.isBotConnected()).toBe(true);
  });
});

describe("frames from the bot", () => {
  it("heartbeats are acknowledged", async () => {
    const { bot } = await start();
    const socket = await bot.connect();
    socket.send({ op: 1, d: 1 });
    expect(await socket.next()).toEqual({ op: 11 });
  });

  it("without a heartbeat for two intervals the socket closes with 4009; beats keep it", async () => {
    const { bot } = await start({ heartbeatIntervalMs: 150 });
    const silent = await bot.connect({ shard: [0, 2] });
    const beating = await bot.connect({ shard: [1, 2] });
    const timer = setInterval(() => beating.send({ op: 1, d: null }), 50);
    expect((await silent.closed).code).toBe(4009);
    clearInterval(timer);
    expect((await beating.settled()).at(-1)).toEqual({ op: 11 });
  });

  it.each([
    ["no JSON", "hello", 4002],
    ["no object", "[1]", 4002],
    ["an unknown op", { op: 99 }, 4001],
    ["a second identify", { op: 2, d: {} }, 4005],
  ])("%s closes the socket", async (_name, frame, code) => {
    const { bot } = await start();
    const socket = await bot.connect();
    socket.send(frame);
    expect((await socket.closed).code).toBe(code);
  });
});

describe("events", () => {
  it("go by intent", async () => {
    const { emulator, bot, say } = await start();
    const guildOnly = await bot.connect({ intents: 2 ** 30, shard: [0, 2] });
    const all = await bot.connect({ shard: [0, 1] });
    say("私聊");
    const channel = emulator.world.guilds[0]?.channels.find((candidate) => candidate.type === 0)?.id ?? "";
    emulator.say({ as: "alice", scene: "channel", id: channel, content: "频道", mention: true });
    expect((await all.next()).t).toBe("C2C_MESSAGE_CREATE");
    expect((await all.next()).t).toBe("AT_MESSAGE_CREATE");
    expect((await guildOnly.settled()).filter((frame) => frame.t === "C2C_MESSAGE_CREATE")).toEqual([]);
  });

  it("of a guild go to its shard only", async () => {
    const { emulator, bot } = await start();
    const guild = emulator.world.guilds[0];
    const home = Number((BigInt(guild?.id ?? "0") >> 22n) % 2n);
    const shards = [await bot.connect({ shard: [0, 2] }), await bot.connect({ shard: [1, 2] })];
    const channel = guild?.channels.find((candidate) => candidate.type === 0)?.id ?? "";
    emulator.say({ as: "alice", scene: "channel", id: channel, content: "频道", mention: true });
    for (const [index, socket] of shards.entries()) {
      const got = (await socket.settled()).filter((frame) => frame.t === "AT_MESSAGE_CREATE");
      expect(got).toHaveLength(index === home ? 1 : 0);
    }
  });
});

describe("resume", () => {
  it("replays what was missed with its first s and id, then says RESUMED, and goes on from there", async () => {
    const { bot, say, token } = await start();
    const first = await bot.connect();
    say("一");
    const seen = await first.next(isEvent);
    say("二");
    const original = await first.next(isEvent);
    first.drop();
    await first.closed;
    say("三");
    const socket = await bot.open();
    socket.send({ op: 6, d: { token, session_id: first.ready.d.session_id, seq: seen.s } });
    expect(await socket.next()).toEqual(original);
    const third = await socket.next();
    expect([third.d.content, third.s]).toEqual(["三", (original.s ?? 0) + 1]);
    const resumed = await socket.next();
    expect(resumed).toEqual({ op: 0, s: (third.s ?? 0) + 1, t: "RESUMED", d: "" });
    say("四");
    expect(await socket.next()).toMatchObject({ d: { content: "四" }, s: (resumed.s ?? 0) + 1 });
  });

  it("with an up-to-date seq replays nothing, and takes the session from an older socket", async () => {
    const { bot, say, token } = await start();
    const first = await bot.connect();
    say("一");
    const seen = await first.next(isEvent);
    const socket = await bot.open();
    socket.send({ op: 6, d: { token, session_id: first.ready.d.session_id, seq: seen.s } });
    expect((await socket.next()).t).toBe("RESUMED");
    expect((await first.closed).code).toBe(4902);
  });

  it.each([
    ["an unknown session", { session_id: "nope" }, 4006],
    ["a seq from the future", { seq: 99 }, 4007],
    ["no seq", { seq: undefined }, 4007],
  ])("with %s gets op 9 and a close", async (_name, facts, code) => {
    const { bot, token } = await start();
    const first = await bot.connect();
    first.drop();
    const socket = await bot.open();
    socket.send({ op: 6, d: { token, session_id: first.ready.d.session_id, seq: 1, ...facts } });
    expect((await socket.closed).code).toBe(code);
    expect(socket.frames.at(-1)).toEqual({ op: 9, d: false });
  });

  it("of a session that a newer identify of its shard ended is refused", async () => {
    const { bot, token } = await start();
    const first = await bot.connect();
    await bot.connect();
    const socket = await bot.open();
    socket.send({ op: 6, d: { token, session_id: first.ready.d.session_id, seq: 1 } });
    expect((await socket.closed).code).toBe(4006);
  });

  it("with a wrong token closes with 4004 and leaves the session alone", async () => {
    const { bot, token } = await start();
    const first = await bot.connect();
    first.drop();
    const resume = { session_id: first.ready.d.session_id, seq: 1 };
    const wrong = await bot.open();
    wrong.send({ op: 6, d: { ...resume, token: "QQBot no" } });
    expect((await wrong.closed).code).toBe(4004);
    const right = await bot.open();
    right.send({ op: 6, d: { ...resume, token } });
    expect((await right.next()).t).toBe("RESUMED");
  });
});
