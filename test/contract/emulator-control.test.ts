import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startEmulator } from "../../src/emulator/emulator.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { FakeClock } from "../kit/fake-clock.ts";
import { type Loose, RawBot, RawSocket } from "../kit/raw-bot.ts";

async function start(options: Parameters<typeof startTestEmulator>[0] = {}) {
  const emulator = await startTestEmulator(options);
  const { world } = emulator;
  const [mentionsOnly, readsAll] = world.groups;
  const channels = world.guilds[0]?.channels ?? [];
  return {
    emulator,
    c2c: world.c2c[0]?.id ?? "",
    mentionsOnly: mentionsOnly?.id ?? "",
    readsAll: readsAll?.id ?? "",
    channels,
    channel: channels.find((channel) => channel.type === 0)?.id ?? "",
    dms: world.dms[0]?.id ?? "",
  };
}

describe("the world", () => {
  it("has the agreed shape, and the same ids at every start", async () => {
    const { emulator } = await start();
    const { status, body } = await emulator.control("world");
    expect(status).toBe(200);
    const world = body as Loose;
    expect(world.users.map((user: Loose) => user.id)).toEqual(["alice", "bob", "carol", "dave"]);
    expect(world.c2c[0]).toEqual({ id: expect.stringMatching(/^[0-9A-F]{32}$/), user: "alice" });
    expect(world.groups[0]).toMatchObject({ name: "产品讨论组", members: ["alice", "bob", "carol"] });
    expect(world.guilds[0].channels[1]).toMatchObject({ id: expect.any(String), name: "闲聊大厅", type: 0 });
    expect(world.dms[1]).toEqual({ id: expect.stringMatching(/^\d+$/), user: "bob", guild: world.guilds[0].id });
    const again = await start();
    expect(again.emulator.world).toEqual(world);
    const otherApp = await start({ appId: "102000002" });
    expect(otherApp.emulator.world.c2c[0]?.id).not.toBe(world.c2c[0].id);
  });

  it("refuses a seed in which a member is no user", async () => {
    const seed = { users: [], groups: [{ name: "x", members: ["eve"], recvMsgSetting: "all" as const }], guilds: [] };
    await expect(startEmulator({ port: 0, seed })).rejects.toMatchObject({ name: "InputError", field: "seed" });
  });
});

describe("say", () => {
  it("answers with the ids of the event and of the message, as the bot sees them", async () => {
    const { emulator, c2c } = await start();
    const socket = await (await new RawBot(emulator).login()).connect();
    const { body } = await emulator.control("say", { as: "alice", scene: "c2c", id: c2c, content: "你好" });
    const event = await socket.next((frame) => frame.t === "C2C_MESSAGE_CREATE");
    expect(body).toEqual({ event_id: event.id, message_id: event.d.id });
  });

  it("in a group that reports mentions only has no event without one", async () => {
    const { emulator, mentionsOnly, readsAll } = await start();
    const socket = await (await new RawBot(emulator).login()).connect();
    const said = async (id: string, mention: boolean) =>
      (await emulator.control("say", { as: "bob", scene: "group", id, content: "早", mention })).body;
    expect(await said(mentionsOnly, false)).toEqual({ event_id: null, message_id: expect.any(String) });
    expect(await said(mentionsOnly, true)).toMatchObject({
      event_id: expect.stringMatching(/^GROUP_AT_MESSAGE_CREATE:/),
    });
    expect(await said(readsAll, false)).toMatchObject({ event_id: expect.stringMatching(/^GROUP_MESSAGE_CREATE:/) });
    expect(await said(readsAll, true)).toMatchObject({ event_id: expect.stringMatching(/^GROUP_MESSAGE_CREATE:/) });
    const events = (await socket.settled()).filter((frame) => frame.d?.group_openid);
    expect(events.map((frame) => [frame.t, frame.d.content, frame.d.mentions?.[0].is_you])).toEqual([
      ["GROUP_AT_MESSAGE_CREATE", " 早", undefined],
      ["GROUP_MESSAGE_CREATE", "早", undefined],
      ["GROUP_MESSAGE_CREATE", " 早", true],
    ]);
    expect(emulator.messages({ scene: "group", id: mentionsOnly })).toHaveLength(2);
  });

  it("mentions people by <@user id>, in each scene's own form", async () => {
    const { emulator, channel, mentionsOnly } = await start();
    const socket = await (await new RawBot(emulator).login()).connect();
    const text = { as: "alice", content: "a<b <@bob> <@nobody>", mention: true };
    emulator.say({ ...text, scene: "group", id: mentionsOnly });
    const inGroup = await socket.next((frame) => frame.t === "GROUP_AT_MESSAGE_CREATE");
    const [other] = inGroup.d.mentions;
    expect(other).toMatchObject({ username: "小周", is_you: false, scope: "single" });
    expect(inGroup.d.content).toBe(` a<b <@${other.member_openid}> <@nobody>`);
    emulator.say({ ...text, scene: "channel", id: channel });
    const inChannel = await socket.next((frame) => frame.t === "AT_MESSAGE_CREATE");
    const [bot, bob] = inChannel.d.mentions;
    expect(inChannel.d.content).toBe(`<@!${bot.id}> a&lt;b <@!${bob.id}> &lt;@nobody&gt;`);
  });

  it.each([
    ["an unknown person", { as: "eve" }, "as"],
    ["somebody outside the group", { as: "dave" }, "as"],
    ["an id of another scene", { scene: "c2c" }, "id"],
    ["an unknown id", { id: "nope" }, "id"],
    ["an unknown scene", { scene: "forum" }, "scene"],
    ["an empty message", { content: "  " }, "content"],
    ["a message over the limit", { content: "x".repeat(15_001) }, "content"],
    ["content that is no text", { content: 5 }, "content"],
    ["a mention that is no boolean", { mention: "yes" }, "mention"],
    ["an unknown field", { colour: "red" }, "colour"],
    ["no person", { as: undefined }, "as"],
  ])("refuses %s and names the field", async (_name, facts, field) => {
    const { emulator, mentionsOnly } = await start();
    const input = { as: "alice", scene: "group", id: mentionsOnly, content: "早", ...facts };
    const { status, body } = await emulator.control("say", input);
    expect([status, body]).toEqual([400, { error: { field, message: expect.any(String) } }]);
    expect(emulator.messages({ scene: "group", id: mentionsOnly })).toEqual([]);
  });

  it("keeps people out of channels that are not for text, and of announcements", async () => {
    const { emulator, channels } = await start();
    const say = async (as: string, id: string | undefined) =>
      (await emulator.control("say", { as, scene: "channel", id, content: "早" })).status;
    const notice = channels.find((channel) => channel.sub_type === 1)?.id;
    expect(await say("alice", channels.find((channel) => channel.type === 2)?.id)).toBe(400);
    expect(await say("bob", notice)).toBe(400);
    expect(await say("alice", notice)).toBe(200);
  });
});

describe("messages", () => {
  it("come oldest first, after an id when asked", async () => {
    const { emulator, c2c } = await start();
    const ids = ["一", "二", "三"].map(
      (content) => emulator.say({ as: "alice", scene: "c2c", id: c2c, content }).message_id,
    );
    const list = (after: string) => emulator.control(`messages?scene=c2c&id=${c2c}${after}`);
    const rows = (await list("")).body.messages as Loose[];
    expect(rows.map((row) => row.id)).toEqual(ids);
    expect(rows[0]).toEqual({ id: ids[0], from: "alice", content: "一", at: expect.any(Number), kind: "text" });
    const after = (await list(`&after=${encodeURIComponent(ids[1] ?? "")}`)).body.messages as Loose[];
    expect(after.map((row) => row.content)).toEqual(["三"]);
    expect((await list("&after=nope")).status).toBe(404);
    expect((await emulator.control(`messages?scene=group&id=${c2c}`)).body).toMatchObject({ error: { field: "id" } });
    expect((await list("&limit=3")).body).toMatchObject({ error: { field: "limit" } });
  });
});

describe("clock and reset", () => {
  it("move the platform's time and put everything back, with the bot still connected", async () => {
    const clock = new FakeClock();
    const { emulator, c2c } = await start({ clock });
    const bot = await new RawBot(emulator).login();
    const socket = await bot.connect();
    expect((await emulator.control("clock", { advance_ms: 60_000 })).body).toEqual({ now: clock.now() + 60_000 });
    const said = emulator.say({ as: "alice", scene: "c2c", id: c2c, content: "你好" });
    const path = `/v2/users/${c2c}/messages`;
    const reply = { content: "在", msg_id: said.message_id };
    expect((await bot.call("POST", path, reply)).status).toBe(200);
    for (let n = 0; n < 20; n++) await bot.call("POST", path, { content: "x" });
    expect((await bot.call("POST", path, { content: "x" })).body.code).toBe(40034100);
    expect((await emulator.control("reset", {})).body).toEqual({ now: clock.now() });
    expect(emulator.messages({ scene: "c2c", id: c2c })).toEqual([]);
    expect(emulator.isBotConnected()).toBe(true);
    expect((await bot.call("POST", path, { content: "x" })).status).toBe(200);
    expect((await bot.call("POST", path, reply)).body.code).toBe(40034024);
    emulator.say({ as: "alice", scene: "c2c", id: c2c, content: "还在" });
    await socket.next((frame) => frame.d?.content === "还在");
  });

  it.each([[{}], [{ advance_ms: -1 }], [{ advance_ms: "5" }], [{ advance_ms: 1.5 }], [{ advance_ms: 1, by: 2 }]])(
    "refuse %j",
    async (input) => {
      const { emulator } = await start();
      expect((await emulator.control("clock", input)).status).toBe(400);
    },
  );
});

describe("buttons", () => {
  const keyboard = (permission: object) => ({
    content: {
      rows: [
        {
          buttons: [
            { id: "yes", render_data: { label: "好", style: 1 }, action: { type: 1, data: "vote:yes", permission } },
            { id: "link", render_data: { label: "看" }, action: { type: 0, data: "https://example.com" } },
          ],
        },
      ],
    },
  });

  async function offer(permission: object) {
    const world = await start();
    const { emulator, mentionsOnly } = world;
    const bot = await new RawBot(emulator).login();
    const socket = await bot.connect();
    const body = { msg_type: 2, markdown: { content: "投票" }, keyboard: keyboard(permission) };
    const { id } = (await bot.call("POST", `/v2/groups/${mentionsOnly}/messages`, body)).body;
    const click = (as: string, button = "yes") =>
      emulator.control("click", { as, scene: "group", id: mentionsOnly, message_id: id, button_id: button });
    return { ...world, bot, socket, click };
  }

  it("tell the bot, take one acknowledgement, and can be answered by event_id", async () => {
    const { emulator, bot, socket, click, mentionsOnly } = await offer({ type: 2 });
    const { body } = await click("carol");
    const event = await socket.next((frame) => frame.t === "INTERACTION_CREATE");
    expect(event.id).toBe(body.event_id);
    expect(event.d).toMatchObject({
      id: body.interaction_id,
      type: 11,
      scene: "group",
      chat_type: 1,
      group_openid: mentionsOnly,
      group_member_openid: emulator.identitiesOf("carol").find((known) => known === event.d.group_member_openid),
      data: { type: 11, resolved: { button_id: "yes", button_data: "vote:yes" } },
    });
    const ack = () => bot.call("PUT", `/interactions/${event.d.id}`, { code: 0 });
    expect(await ack()).toMatchObject({ status: 200, body: {} });
    expect((await ack()).body.code).toBe(630001);
    const reply = { content: "已记下", event_id: event.id };
    const answer = await bot.call("POST", `/v2/groups/${mentionsOnly}/messages`, reply);
    expect(answer.status).toBe(200);
    expect(emulator.messages({ scene: "group", id: mentionsOnly }).at(-1)).toMatchObject({ mode: "passive" });
    emulator.advance(300_001);
    const late = await bot.call("POST", `/v2/groups/${mentionsOnly}/messages`, reply);
    expect(late.body.err_code).toBe(40034026);
  });

  it("keep to their permission", async () => {
    const admins = await offer({ type: 1 });
    expect((await admins.click("carol")).body).toMatchObject({ error: { field: "as" } });
    expect((await admins.click("alice")).status).toBe(200);
    const nobody = await offer({ type: 0, specify_user_ids: ["someone else"] });
    expect((await nobody.click("alice")).status).toBe(400);
  });

  it("that are links, or not there, do not reach the bot", async () => {
    const { click } = await offer({ type: 2 });
    expect((await click("alice", "link")).status).toBe(400);
    expect((await click("alice", "no")).status).toBe(404);
  });
});

describe("recall by people", () => {
  it("is told to the bot in guilds, for messages that it knew", async () => {
    const { emulator, channel, dms, c2c } = await start();
    const socket = await (await new RawBot(emulator).login()).connect();
    const recall = async (scene: string, id: string, mention: boolean) => {
      const said = (await emulator.control("say", { as: "alice", scene, id, content: "哎", mention })).body;
      return (await emulator.control("recall", { as: "alice", scene, id, message_id: said.message_id })).body;
    };
    expect(await recall("channel", channel, true)).toMatchObject({
      event_id: expect.stringMatching(/^PUBLIC_MESSAGE_DELETE:/),
    });
    expect((await socket.next((frame) => frame.t === "PUBLIC_MESSAGE_DELETE")).d.message.author.username).toBe("小林");
    expect(await recall("dms", dms, false)).toMatchObject({
      event_id: expect.stringMatching(/^DIRECT_MESSAGE_DELETE:/),
    });
    expect(await recall("channel", channel, false)).toEqual({ event_id: null });
    expect(await recall("c2c", c2c, false)).toEqual({ event_id: null });
    expect(emulator.messages({ scene: "c2c", id: c2c })[0]?.recalled).toBe(true);
  });

  it("is for the writer and for those who run the place", async () => {
    const { emulator, mentionsOnly } = await start();
    const said = emulator.say({ as: "alice", scene: "group", id: mentionsOnly, content: "哎" });
    const recall = async (as: string) =>
      (await emulator.control("recall", { as, scene: "group", id: mentionsOnly, message_id: said.message_id })).status;
    expect(await recall("carol")).toBe(400);
    expect(await recall("bob")).toBe(200);
    expect(await recall("alice")).toBe(400);
  });
});

describe("the page's feed", () => {
  const feedOf = (emulator: { url: string; token: string }, token = emulator.token) =>
    new RawSocket(`${emulator.url.replace("http", "ws")}/_emulator/feed?token=${token}`);
  type Push = Loose;

  it("starts with everything so far and goes on live", async () => {
    const { emulator, c2c } = await start();
    emulator.say({ as: "alice", scene: "c2c", id: c2c, content: "一" });
    const feed = feedOf(emulator);
    const hello: Push = await feed.next();
    expect(hello).toMatchObject({
      kind: "hello",
      world: { users: [{ id: "alice" }, {}, {}, {}] },
      info: { owner: "alice", bot: { name: "示例助手", connected: false }, model: null },
      messages: [{ scene: "c2c", id: c2c, messages: [{ content: "一" }] }],
      traces: [],
    });
    const said = emulator.say({ as: "alice", scene: "c2c", id: c2c, content: "二" });
    expect(await feed.next()).toMatchObject({ kind: "message", scene: "c2c", id: c2c, message: { content: "二" } });
    await emulator.control("recall", { as: "alice", scene: "c2c", id: c2c, message_id: said.message_id });
    expect(await feed.next()).toMatchObject({ kind: "message_update", message: { recalled: true } });
    const trace = { at: 1, turn: "t", conversation: `c2c:${c2c}`, step: { kind: "ignored", reason: "test" } };
    await emulator.control("trace", trace);
    expect(await feed.next()).toEqual({ kind: "trace", trace: { n: 1, ...trace } });
    expect((await emulator.control("traces?after=0")).body).toEqual({ traces: [{ n: 1, ...trace }] });
    emulator.describe({ model: { name: "demo", isDemo: true } });
    expect(await feed.next()).toMatchObject({ kind: "info", info: { model: { name: "demo", isDemo: true } } });
    const bot = await new RawBot(emulator).login();
    expect(await feed.next()).toMatchObject({ kind: "frame", frame: { kind: "rest", status: 200 } });
    await bot.connect();
    await feed.next((push: Push) => push.kind === "info" && push.info.bot.connected);
    emulator.advance(1);
    await feed.next((push: Push) => push.kind === "clock");
    emulator.reset();
    await feed.next((push: Push) => push.kind === "reset");
  });

  it("shows typing states, which are no messages", async () => {
    const { emulator, c2c } = await start();
    const bot = await new RawBot(emulator).login();
    const said = emulator.say({ as: "alice", scene: "c2c", id: c2c, content: "一" });
    const feed = feedOf(emulator);
    const typing = { msg_type: 6, input_notify: { input_type: 1, input_second: 9 }, msg_id: said.message_id };
    await bot.call("POST", `/v2/users/${c2c}/messages`, typing);
    const shown = await feed.next((push: Push) => push.kind === "message");
    expect(shown).toMatchObject({ message: { from: "bot", kind: "typing" } });
    expect(emulator.messages({ scene: "c2c", id: c2c })).toHaveLength(1);
  });

  it("is closed to those without the token", async () => {
    const { emulator } = await start();
    expect((await feedOf(emulator, "wrong").closed).code).toBe(1006);
  });
});

describe("the door", () => {
  it("asks for the token at every control call, and knows the others as 404", async () => {
    const { emulator } = await start();
    for (const path of ["world", "frames", "info", "nothing"]) {
      const response = await fetch(`${emulator.url}/_emulator/${path}`);
      expect([response.status, ((await response.json()) as Loose).error.field]).toEqual([401, "token"]);
      const open = await fetch(`${emulator.url}/_emulator/${path}?token=${emulator.token}`);
      expect(open.status).toBe(path === "nothing" ? 404 : 200);
    }
    expect((await emulator.control("reset")).status, "GET instead of POST").toBe(404);
  });

  it("takes requests only for names of this machine", async () => {
    const { emulator } = await start();
    const status = (host: string) =>
      new Promise((resolve) => {
        const url = `${emulator.url}/?token=${emulator.token}`;
        request(url, { headers: { host } }, (response) => resolve(response.resume().statusCode)).end();
      });
    expect(await status("evil.example:80")).toBe(403);
    expect(await status("localhost")).toBe(200);
  });

  it("serves the page with the token only, its files to all, and nothing else", async () => {
    const pageDir = mkdtempSync(join(tmpdir(), "page-"));
    onTestFinished(() => rmSync(pageDir, { recursive: true }));
    mkdirSync(join(pageDir, "assets"));
    writeFileSync(join(pageDir, "index.html"), "<!doctype html><title>page</title>");
    writeFileSync(join(pageDir, "assets", "main-1.js"), "1;");
    const { emulator } = await start({ pageDir });
    const page = await fetch(emulator.pageUrl);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("<title>page</title>");
    const port = new URL(emulator.url).port;
    expect(page.headers.get("content-security-policy")).toContain(`connect-src 'self' ws://127.0.0.1:${port}`);
    expect(page.headers.get("content-security-policy")).not.toContain("unsafe");
    expect(page.headers.get("cache-control")).toBe("no-store");
    const status = async (path: string) => (await fetch(emulator.url + path)).status;
    expect(await status("/")).toBe(401);
    expect(await status("/?token=wrong")).toBe(401);
    expect(await status("/assets/main-1.js")).toBe(200);
    for (const path of ["/assets/..%2findex.html", "/assets/%2e%2e/index.html", "/assets/none.js", "/package.json"]) {
      expect(await status(path), path).not.toBe(200);
    }
  });

  it("survives upgrade requests of any form", async () => {
    const { emulator } = await start();
    for (const path of ["//", "/nothing", "*", "/_emulator/feed?token=%zz"]) {
      const status = await new Promise((resolve) => {
        const headers = { connection: "Upgrade", upgrade: "websocket" };
        const { hostname, port } = new URL(emulator.url);
        const sent = request({ hostname, port, path, headers }, (response) => resolve(response.resume().statusCode));
        sent.on("error", resolve).end();
      });
      expect(status, path).toBe(403);
    }
    expect((await emulator.control("world")).status).toBe(200);
  });

  it("moves on to the next free port, and refuses tokens that do not fit into a URL", async () => {
    const first = await startEmulator({ port: 0 });
    onTestFinished(() => first.close());
    const wanted = Number(new URL(first.url).port);
    const second = await startEmulator({ port: wanted });
    onTestFinished(() => second.close());
    expect(Number(new URL(second.url).port)).toBeGreaterThan(wanted);
    await expect(startEmulator({ port: 0, token: "a b" })).rejects.toMatchObject({ field: "token" });
  });

  it("shuts down at once, with sockets open", async () => {
    const emulator = await startEmulator({ port: 0 });
    const socket = await (await new RawBot(emulator).login()).connect();
    await emulator.close();
    expect((await socket.closed).code).toBe(1006);
    await expect(fetch(emulator.url)).rejects.toThrow();
  });
});
