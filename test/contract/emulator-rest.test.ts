import { describe, expect, it } from "vitest";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { FakeClock } from "../kit/fake-clock.ts";
import { type Loose, RawBot } from "../kit/raw-bot.ts";

async function start(options: Parameters<typeof startTestEmulator>[0] = {}) {
  const emulator = await startTestEmulator({ clock: new FakeClock(), ...options });
  const bot = await new RawBot(emulator).login();
  const get = async (path: string): Promise<Loose> => (await bot.call("GET", path)).body;
  return { emulator, bot, get, guild: emulator.world.guilds[0]?.id ?? "" };
}

describe("the token call", () => {
  it("gives the same token until a minute before its end, then a new one while the old one lives on", async () => {
    const { emulator, bot } = await start();
    const { appId, appSecret } = emulator.app;
    const ask = async () =>
      (await bot.call("POST", "/app/getAppAccessToken", { appId, clientSecret: appSecret })).body as {
        access_token: string;
        expires_in: string;
      };
    const first = await ask();
    expect(first.expires_in).toBe("7200");
    emulator.advance(7_139_000);
    expect(await ask()).toEqual({ access_token: first.access_token, expires_in: "61" });
    emulator.advance(1000);
    const second = await ask();
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.expires_in).toBe("7200");
    emulator.advance(59_999);
    expect((await bot.call("GET", "/users/@me")).status).toBe(200);
    emulator.advance(1);
    const late = await bot.call("GET", "/users/@me");
    expect(late).toMatchObject({ status: 401, body: { code: 11244 } });
    bot.token = second.access_token;
    expect((await bot.call("GET", "/users/@me")).status).toBe(200);
  });

  it.each([
    ["an unknown app", { appId: "1", clientSecret: "x" }, 100007],
    ["a missing app", {}, 100007],
    ["a wrong secret", { appId: "102000001", clientSecret: "x" }, 100016],
  ])("answers %s with status 200 and a code", async (_name, body, code) => {
    const { bot } = await start();
    const answer = await bot.call("POST", "/app/getAppAccessToken", body);
    expect(answer).toMatchObject({ status: 200, body: { code, message: expect.any(String) } });
    expect(answer.body.access_token).toBeUndefined();
  });
});

describe("every call", () => {
  it.each([
    [undefined, 11241],
    ["Bot 102000001.abcdef", 11262],
    ["Bearer abcdef", 11273],
    ["abcdef", 11243],
    ["QQBot abcdef", 11244],
  ])("with Authorization %s ends in 401 and %i", async (header, code) => {
    const { emulator } = await start();
    const response = await fetch(`${emulator.url}/users/@me`, header ? { headers: { authorization: header } } : {});
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code });
    expect(response.headers.get("x-tps-trace-id")).toMatch(/^[0-9a-f]{32}$/);
  });

  it("refuses in the form of its generation, with the trace id of the header", async () => {
    const { bot } = await start();
    const old = await bot.call("GET", "/guilds/1");
    expect(old.body).toEqual({ code: 10004, message: expect.any(String) });
    const v2 = await bot.call("POST", "/v2/groups/ABC/messages", { content: "x" });
    expect(v2.body).toEqual({
      code: 40054003,
      err_code: 40054003,
      message: expect.any(String),
      trace_id: v2.headers.get("x-tps-trace-id"),
    });
  });

  it("that the platform does not have is 404; a body that is no JSON object is 400", async () => {
    const { emulator, bot } = await start();
    expect((await bot.call("GET", "/v2/no_such_thing")).status).toBe(404);
    expect((await bot.call("DELETE", "/users/@me")).status).toBe(404);
    const path = `/v2/users/${emulator.world.c2c[0]?.id}/messages`;
    for (const body of ["{", "[]", '"x"']) {
      const response = await fetch(emulator.url + path, {
        method: "POST",
        headers: { authorization: `QQBot ${bot.token}` },
        body,
      });
      expect([response.status, ((await response.json()) as Loose).err_code]).toEqual([400, 40011000]);
    }
  });

  it("is kept as a frame without secrets", async () => {
    const { emulator, bot } = await start();
    await bot.call("POST", `/v2/users/${emulator.world.c2c[0]?.id}/messages`, { content: "喂" });
    const frames = emulator.frames();
    expect(frames.at(-1)).toMatchObject({
      dir: "in",
      kind: "rest",
      method: "POST",
      status: 200,
      data: { request: { content: "喂" }, response: { id: expect.any(String) } },
    });
    const text = JSON.stringify(frames);
    for (const secret of [bot.token, emulator.app.appSecret, emulator.token]) expect(text).not.toContain(secret);
    expect(emulator.frames(frames.at(-1)?.n)).toEqual([]);
  });
});

describe("reading", () => {
  it("tells who the bot is, where it is, and where to connect", async () => {
    const { emulator, get, guild } = await start();
    expect(await get("/users/@me")).toMatchObject({ username: "示例助手", id: expect.stringMatching(/^\d{19}$/) });
    expect(await get("/users/@me/guilds")).toMatchObject([{ id: guild, name: "示例频道" }]);
    expect(await get("/gateway")).toEqual({ url: `${emulator.url.replace("http", "ws")}/websocket` });
    expect(await get("/gateway/bot")).toMatchObject({
      shards: 1,
      session_start_limit: { total: 1000, remaining: 1000, max_concurrency: 1 },
    });
  });

  it("pages through guilds in both directions", async () => {
    const guilds = ["甲", "乙", "丙"].map((name) => ({ name, members: ["alice"], channels: [] }));
    const { emulator, get } = await start({ seed: { ...defaultSeed, guilds } });
    const [a, b, c] = emulator.world.guilds.map((guild) => guild.id);
    const ids = async (query: string) => (await get(`/users/@me/guilds?${query}`)).map((guild: Loose) => guild.id);
    expect(await ids("limit=2")).toEqual([a, b]);
    expect(await ids(`after=${b}`)).toEqual([c]);
    expect(await ids(`before=${c}&limit=1`)).toEqual([b]);
  });

  it("lists channels of every kind and one of them", async () => {
    const { get, guild } = await start();
    const channels = await get(`/guilds/${guild}/channels`);
    expect(channels.map((channel: Loose) => [channel.type, channel.sub_type])).toEqual([
      [4, 0],
      [0, 0],
      [0, 1],
      [2, 0],
      [10007, 0],
    ]);
    expect(await get(`/channels/${channels[1].id}`)).toEqual(channels[1]);
    expect(channels[1].parent_id).toBe(channels[0].id);
  });

  it("pages through members, who are people only, one at a time by default", async () => {
    const { get, guild } = await start();
    const seen: string[] = [];
    for (let after = "0"; ; ) {
      const page = await get(`/guilds/${guild}/members?after=${after}`);
      if (page.length === 0) break;
      expect(page).toHaveLength(1);
      seen.push(page[0].user.username);
      expect(page[0].user.bot).toBe(false);
      after = page[0].user.id;
    }
    expect(seen.sort()).toEqual(["小吴", "小周", "小林", "小陈"].sort());
    const [first] = await get(`/guilds/${guild}/members?limit=400`);
    expect(await get(`/guilds/${guild}/members/${first.user.id}`)).toEqual(first);
  });

  it("lists roles and who has them", async () => {
    const { get, guild } = await start();
    const { roles } = await get(`/guilds/${guild}/roles`);
    expect(roles.map((role: Loose) => role.id)).toEqual(["4", "2", "5", "1", "11"]);
    expect(await get(`/guilds/${guild}/roles/11/members`)).toMatchObject({
      data: [{ user: { username: "小周" } }],
      next: "1",
    });
  });

  it("refuses member lists outside the private domain", async () => {
    const { bot, guild } = await start({ seed: { ...defaultSeed, dials: { isPrivateDomain: false } } });
    expect(await bot.call("GET", `/guilds/${guild}/members`)).toMatchObject({ status: 403, body: { code: 11253 } });
  });

  it("opens DM sessions with members only", async () => {
    const { emulator, bot, get, guild } = await start();
    const [member] = await get(`/guilds/${guild}/members?limit=1`);
    const open = (recipient: string) =>
      bot.call("POST", "/users/@me/dms", { recipient_id: recipient, source_guild_id: guild });
    const { body } = await open(member.user.id);
    expect(emulator.world.dms.map((dms) => dms.id)).toContain(body.guild_id);
    expect((await open("1")).body.code).toBe(304033);
  });
});
