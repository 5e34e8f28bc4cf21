import { describe, expect, it } from "vitest";
import type { Dials } from "../../src/emulator/dials.ts";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { FakeClock } from "../kit/fake-clock.ts";
import { type Loose, RawBot } from "../kit/raw-bot.ts";

/** A connected bot in the default guild; people by their short names. */
async function start(dials: Partial<Dials> = {}) {
  const clock = new FakeClock();
  const seed = { ...defaultSeed, dials };
  const emulator = await startTestEmulator({ clock, seed });
  const bot = await new RawBot(emulator).login();
  await bot.connect();
  const view = emulator.world.guilds[0];
  const guild = view?.id ?? "";
  const rows = (await bot.call("GET", `/guilds/${guild}/members?limit=400`)).body as Loose[];
  const nameOf = (user: string) => defaultSeed.users.find(({ id }) => id === user)?.name;
  return {
    ...{ emulator, bot, guild, clock },
    channel: (type: number) => view?.channels.find((candidate) => candidate.type === type)?.id ?? "",
    /** Guild user id. Not for bots outside the private domain, which cannot list. */
    user: (name: string): string => rows.find((row) => row.user.username === nameOf(name)).user.id,
    /** Status and code of one call. */
    async tried(method: string, path: string, body?: unknown) {
      const answer = await bot.call(method, path, body);
      return [answer.status, answer.body?.code];
    },
    async call(method: string, path: string, body?: unknown): Promise<Loose> {
      const answer = await bot.call(method, path, body);
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    say: (as: string, id: string) => emulator.say({ as, scene: "channel", id, content: "在吗", mention: true }),
  };
}

describe("rights in guilds", () => {
  it.each([
    ["POST", "/guilds/{guild}/channels", { name: "x", type: 0 }],
    ["PATCH", "/channels/{channel}", { name: "x" }],
    ["DELETE", "/channels/{channel}", undefined],
  ])("%s %s is for administrators of the private domain", async (method, template, body) => {
    const path = (at: Loose) => template.replace("{guild}", at.guild).replace("{channel}", at.channel(0));
    const ordinary = await start({ isGuildAdmin: false });
    expect(await ordinary.tried(method, path(ordinary), body)).toEqual([403, 11282]);
    const open = await startTestEmulator({ seed: { ...defaultSeed, dials: { isPrivateDomain: false } } });
    const bot = await new RawBot(open).login();
    const view = open.world.guilds[0];
    const target = { guild: view?.id, channel: () => view?.channels.find(({ type }) => type === 0)?.id };
    expect((await bot.call(method, path(target), body)).body).toMatchObject({ code: 11253 });
  });

  it("that an owner took away are refused until they come back", async () => {
    const { emulator, tried, guild } = await start();
    const api = { guild, method: "GET", path: "/guilds/{guild_id}/roles" };
    emulator.act({ action: "revoke_api", ...api });
    expect(await tried("GET", `/guilds/${guild}/roles`)).toEqual([403, 11264]);
    emulator.act({ action: "grant_api", ...api });
    expect((await tried("GET", `/guilds/${guild}/roles`))[0]).toBe(200);
  });

  it("can be asked for three times a day, each in a message, and only while they are missing", async () => {
    const { emulator, bot, call, tried, guild, channel } = await start();
    const wanted = { method: "PATCH", path: "/guilds/{guild_id}/mute" };
    const body = { channel_id: channel(0), api_identify: wanted, desc: "管理发言" };
    const path = `/guilds/${guild}/api_permission/demand`;
    expect(await tried("POST", path, body)).toEqual([400, 610010]);
    emulator.act({ action: "revoke_api", guild, ...wanted });
    const { apis } = await call("GET", `/guilds/${guild}/api_permission`);
    expect(apis.filter((api: Loose) => api.auth_status === 0)).toMatchObject([wanted]);
    for (let n = 0; n < 3; n++) expect(await call("POST", path, body)).toMatchObject({ desc: "管理发言" });
    expect(await tried("POST", path, body)).toEqual([429, 610013]);
    expect(emulator.messages({ scene: "channel", id: channel(0) })).toHaveLength(3);
    emulator.advance(86_400_000);
    await bot.login();
    expect((await tried("POST", path, body))[0]).toBe(200);
    expect(await tried("POST", path, { ...body, api_identify: { ...wanted, path: "/none" } })).toEqual([400, 610008]);
  });
});

describe("channels", () => {
  it("are made at their place, changed and deleted; their children move out of a deleted category", async () => {
    const { call, guild, channel, tried } = await start();
    const made = await call("POST", `/guilds/${guild}/channels`, {
      name: "新",
      type: 0,
      position: 2,
      parent_id: channel(4),
    });
    expect(made).toMatchObject({
      name: "新",
      position: 2,
      parent_id: channel(4),
      speak_permission: 1,
      private_type: 0,
    });
    const listed = async () => (await call("GET", `/guilds/${guild}/channels`)) as Loose[];
    expect((await listed()).map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6]);
    expect((await listed())[1].id).toBe(made.id);
    expect(await call("PATCH", `/channels/${made.id}`, { name: "改", position: 99 })).toMatchObject({ position: 6 });
    await call("DELETE", `/channels/${channel(4)}`);
    expect((await listed()).filter(({ parent_id }) => parent_id === channel(4))).toEqual([]);
    expect(await tried("GET", `/channels/${channel(4)}`)).toEqual([400, 10003]);
    for (const body of [{ type: 0 }, { name: "x" }, { name: "x", type: 1 }, { name: "x", type: 4, position: 1 }]) {
      expect(await tried("POST", `/guilds/${guild}/channels`, body)).toEqual([400, 12002]);
    }
  });

  it("count who is in them for voice, and name them", async () => {
    const { emulator, call, tried, channel, user } = await start();
    emulator.act({ action: "enter_voice", as: "bob", channel: channel(2) });
    expect(await call("GET", `/channels/${channel(2)}/online_nums`)).toEqual({ online_nums: 1 });
    const members = await call("GET", `/channels/${channel(2)}/voice/members`);
    expect(members.map((row: Loose) => row.user.id)).toEqual([user("bob")]);
    expect(await tried("GET", `/channels/${channel(0)}/voice/members`)).toEqual([400, 13011]);
  });

  it("that are closed to a person refuse what they write, until the bits are given", async () => {
    const { call, tried, channel, user, say } = await start();
    const path = `/channels/${channel(0)}`;
    await call("PATCH", path, { speak_permission: 2, private_type: 1 });
    const permissions = async () => (await call("GET", `${path}/members/${user("bob")}/permissions`)).permissions;
    expect(await permissions()).toBe("0");
    expect(() => say("bob", channel(0))).toThrow("does not see");
    await call("PUT", `${path}/members/${user("bob")}/permissions`, { add: "1" });
    expect(() => say("bob", channel(0))).toThrow("may write");
    await call("PUT", `${path}/roles/11/permissions`, { add: "5", remove: "1" });
    expect((await call("GET", `${path}/roles/11/permissions`)).permissions).toBe("4");
    expect(await permissions()).toBe("5");
    expect(say("bob", channel(0)).event_id).not.toBeNull();
    expect(await tried("PUT", `${path}/roles/11/permissions`, { add: "2" })).toEqual([400, 301000]);
    expect(await tried("PUT", `${path}/roles/11/permissions`, {})).toEqual([400, 301000]);
  });
});

describe("roles and members", () => {
  it("roles are made, given, counted, taken and deleted", async () => {
    const { call, tried, guild, user } = await start();
    const { role_id, role } = await call("POST", `/guilds/${guild}/roles`, { name: "新人" });
    expect(role).toMatchObject({ id: role_id, name: "新人", number: 0 });
    const holder = `/guilds/${guild}/members/${user("carol")}/roles/${role_id}`;
    await call("PUT", holder, {});
    const { roles } = await call("GET", `/guilds/${guild}/roles`);
    expect(roles.find(({ id }: Loose) => id === role_id).number).toBe(1);
    await call("DELETE", `/guilds/${guild}/roles/${role_id}`);
    expect((await call("GET", `/guilds/${guild}/members/${user("carol")}`)).roles).toEqual(["1"]);
    expect(await tried("PUT", holder, {})).toEqual([400, 12001]);
    expect(await tried("DELETE", `/guilds/${guild}/roles/1`)).toEqual([400, 12001]);
    expect(await tried("PATCH", `/guilds/${guild}/roles/11`, {})).toEqual([400, 12002]);
  });

  it("role 5 counts in the channel that the body names", async () => {
    const { call, tried, guild, channel, user } = await start();
    const holder = `/guilds/${guild}/members/${user("carol")}/roles/5`;
    expect(await tried("PUT", holder, {})).toEqual([400, 10003]);
    await call("PUT", holder, { channel: { id: channel(0) } });
    const bits = async (id: string) =>
      (await call("GET", `/channels/${id}/members/${user("carol")}/permissions`)).permissions;
    expect([await bits(channel(0)), await bits(channel(2))]).toEqual(["7", "5"]);
    await call("DELETE", holder, { channel: { id: channel(0) } });
    expect(await bits(channel(0))).toBe("5");
  });

  it("members are removed with what they wrote, and do not come back from a ban; administrators stay", async () => {
    const { emulator, call, tried, guild, channel, user, say } = await start();
    const { message_id } = say("bob", channel(0));
    await call("DELETE", `/guilds/${guild}/members/${user("bob")}`, {
      add_blacklist: true,
      delete_history_msg_days: 3,
    });
    expect(emulator.messages({ scene: "channel", id: channel(0) })).toMatchObject([{ id: message_id, recalled: true }]);
    expect(await tried("GET", `/guilds/${guild}/members/${user("bob")}`)).toEqual([400, 10001]);
    expect(() => say("bob", channel(0))).toThrow("not in this conversation");
    expect(() => emulator.act({ action: "join_guild", as: "bob", guild })).toThrow("banned");
    expect(await tried("DELETE", `/guilds/${guild}/members/${user("alice")}`, {})).toEqual([403, 11282]);
  });

  it("somebody who joins can be greeted with the event's id, in any channel of the guild", async () => {
    const { emulator, call, tried, guild, channel } = await start();
    emulator.act({ action: "leave_guild", as: "dave", guild });
    const { event_id } = emulator.act({ action: "join_guild", as: "dave", guild });
    await call("POST", `/channels/${channel(0)}/messages`, { content: "欢迎", event_id });
    expect(emulator.messages({ scene: "channel", id: channel(0) })).toMatchObject([{ mode: "passive" }]);
    const other = { content: "欢迎", event_id };
    expect(await tried("POST", `/dms/${emulator.world.dms[0]?.id}/messages`, other)).toEqual([400, 304026]);
  });
});

describe("muting", () => {
  it("stops everybody but administrators, until it ends or is taken back", async () => {
    const { emulator, call, guild, channel, say } = await start();
    await call("PATCH", `/guilds/${guild}/mute`, { mute_seconds: "60" });
    expect(() => say("bob", channel(0))).toThrow("muted");
    expect(say("alice", channel(0)).message_id).toBeTruthy();
    emulator.advance(60_000);
    expect(say("bob", channel(0)).message_id).toBeTruthy();
    await call("PATCH", `/guilds/${guild}/mute`, { mute_seconds: "60" });
    await call("PATCH", `/guilds/${guild}/mute`, { mute_seconds: "0" });
    expect(say("bob", channel(0)).message_id).toBeTruthy();
  });

  it("of several tells for whom it worked", async () => {
    const { call, guild, channel, user, say } = await start();
    const user_ids = [user("bob"), user("alice"), "1"];
    const answer = await call("PATCH", `/guilds/${guild}/mute`, { user_ids, mute_seconds: "60" });
    expect(answer).toEqual({ user_ids: [user("bob")] });
    expect(() => say("bob", channel(0))).toThrow("muted");
    expect(say("carol", channel(0)).message_id).toBeTruthy();
  });

  it("of one takes an end in Unix seconds, and refuses what is no time", async () => {
    const { clock, call, tried, guild, channel, user, say } = await start();
    const path = `/guilds/${guild}/members/${user("bob")}/mute`;
    const now = Math.floor(clock.now() / 1000);
    await call("PATCH", path, { mute_end_timestamp: String(now + 60), mute_seconds: "0" });
    expect(() => say("bob", channel(0))).toThrow("muted");
    await call("PATCH", path, { mute_end_timestamp: "0" });
    expect(say("bob", channel(0)).message_id).toBeTruthy();
    expect(await tried("PATCH", path, { mute_seconds: 60 })).toEqual([400, 502005]);
    expect(await tried("PATCH", path, { mute_end_timestamp: String(now - 60) })).toEqual([400, 502006]);
    expect(await tried("PATCH", path.replace(user("bob"), user("alice")), { mute_seconds: "9" })).toEqual([
      400, 502003,
    ]);
  });
});

describe("announcements and pins", () => {
  it("keep one announcement: a message or up to three channels", async () => {
    const { call, tried, guild, channel } = await start();
    const path = `/guilds/${guild}/announces`;
    const { id } = await call("POST", `/channels/${channel(0)}/messages`, { content: "x" });
    expect(await call("POST", path, { message_id: id, channel_id: channel(0) })).toMatchObject({ message_id: id });
    const row = { channel_id: channel(0), introduce: "来聊天" };
    expect(await call("POST", path, { announces_type: 1, recommend_channels: [row] })).toMatchObject({
      ...{ message_id: "", announces_type: 1, recommend_channels: [row] },
    });
    expect(await tried("DELETE", `${path}/${id}`)).toEqual([400, 501008]);
    await call("DELETE", `${path}/all`);
    expect(await tried("POST", path, { recommend_channels: [row, row, row, row] })).toEqual([400, 501016]);
    expect(await tried("POST", path, { recommend_channels: [{ channel_id: "1" }] })).toEqual([400, 501018]);
    expect(await tried("POST", path, { message_id: "none", channel_id: channel(0) })).toEqual([400, 501005]);
    expect(await tried("POST", path, { recommend_channels: [row], announces_type: 2 })).toEqual([400, 501019]);
    const ordinary = await start({ isGuildAdmin: false });
    expect(await ordinary.tried("DELETE", `/guilds/${ordinary.guild}/announces/all`)).toEqual([403, 501017]);
  });

  it("pin twenty messages of a channel, newest first", async () => {
    const { call, tried, channel, say } = await start();
    const path = `/channels/${channel(0)}/pins`;
    const ids = Array.from({ length: 21 }, () => say("alice", channel(0)).message_id);
    for (const id of ids.slice(0, 20)) await call("PUT", `${path}/${id}`);
    expect((await call("PUT", `${path}/${ids[0]}`)).message_ids).toHaveLength(20);
    expect(await tried("PUT", `${path}/${ids[20]}`)).toEqual([400, 501013]);
    expect((await call("GET", path)).message_ids[0]).toBe(ids[19]);
    await call("DELETE", `${path}/${ids[3]}`);
    expect(await tried("DELETE", `${path}/${ids[3]}`)).toEqual([400, 501012]);
    await call("DELETE", `${path}/all`);
    expect((await call("GET", path)).message_ids).toEqual([]);
    expect(await tried("PUT", `${path}/none`)).toEqual([400, 501005]);
  });
});

describe("schedules", () => {
  const hour = 3_600_000;

  async function calendar() {
    const at = await start();
    const body = { name: "日程", type: 10006, application_id: "1000050" };
    const { id } = await at.call("POST", `/guilds/${at.guild}/channels`, body);
    const schedule = (fromMs: number, toMs: number, more: object = {}) => ({
      schedule: {
        name: "开会",
        start_timestamp: String(at.clock.now() + fromMs),
        end_timestamp: String(at.clock.now() + toMs),
        ...{ jump_channel_id: "0", remind_type: "2", ...more },
      },
    });
    return { ...at, path: `/channels/${id}/schedules`, home: id, schedule };
  }

  it("are made, read, changed and deleted", async () => {
    const { call, tried, path, schedule } = await calendar();
    const made = await call("POST", path, schedule(hour, 2 * hour, { description: "带上电脑" }));
    expect(made).toMatchObject({
      name: "开会",
      description: "带上电脑",
      remind_type: "2",
      creator: { user: { bot: true } },
    });
    expect(await call("GET", `${path}/${made.id}`)).toEqual(made);
    const later = schedule(48 * hour, 49 * hour, { name: "改期" });
    expect(await call("PATCH", `${path}/${made.id}`, later)).toMatchObject({ id: made.id, name: "改期" });
    expect(await call("GET", path)).toEqual([]);
    expect(await call("GET", `${path}?since=0`)).toMatchObject([{ id: made.id }]);
    await call("DELETE", `${path}/${made.id}`);
    expect(await tried("GET", `${path}/${made.id}`)).toEqual([400, 302011]);
    expect(await tried("GET", `${path}/1`)).toEqual([400, 302003]);
  });

  it("refuse what cannot be, each with its code, and more than ten a day", async () => {
    const { emulator, bot, call, tried, path, home, channel, schedule } = await calendar();
    const wrong: [number, object][] = [
      [302017, {}],
      [302015, schedule(-hour, hour)],
      [302016, schedule(hour, hour)],
      [302014, schedule(hour, 8 * 24 * hour)],
      [302018, schedule(hour, 2 * hour, { start_timestamp: "soon" })],
      [302024, schedule(hour, 2 * hour, { jump_channel_id: "1" })],
      [302023, schedule(hour, 2 * hour, { jump_channel_id: home })],
      [302000, schedule(hour, 2 * hour, { remind_type: "6" })],
    ];
    for (const [code, body] of wrong) expect(await tried("POST", path, body), String(code)).toEqual([400, code]);
    expect(await tried("GET", `/channels/${channel(0)}/schedules`)).toEqual([400, 302000]);
    for (let n = 0; n < 10; n++) await call("POST", path, schedule(hour, 2 * hour));
    expect(await tried("POST", path, schedule(hour, 2 * hour))).toEqual([400, 302012]);
    emulator.advance(24 * hour);
    await bot.login();
    expect((await tried("POST", path, schedule(25 * hour, 26 * hour)))[0]).toBe(200);
  });
});

describe("audio and forums", () => {
  it("let only admitted bots play, in voice channels", async () => {
    const { tried, channel } = await start();
    const song = { status: 0, audio_url: "https://example.com/a.mp3" };
    expect(await tried("POST", `/channels/${channel(0)}/audio`, song)).toEqual([400, 13011]);
    expect(await tried("POST", `/channels/${channel(2)}/audio`, { status: 0 })).toEqual([400, 12002]);
    const outsider = await start({ isAudioBot: false });
    expect(await outsider.tried("PUT", `/channels/${outsider.channel(2)}/mic`)).toEqual([403, 11253]);
  });

  it("keep threads in the form of their format, newest first", async () => {
    const { call, tried, channel } = await start();
    const path = `/channels/${channel(10007)}/threads`;
    const rich = JSON.stringify({ paragraphs: [{ elems: [{ type: 1, text: { text: "好" } }], props: {} }] });
    await call("PUT", path, { title: "一", content: "第一行\n第二行", format: 1 });
    await call("PUT", path, { title: "二", content: rich, format: 4 });
    const { threads, is_finish } = await call("GET", path);
    expect(is_finish).toBe(1);
    expect(threads.map(({ thread_info }: Loose) => thread_info.title)).toEqual(["二", "一"]);
    expect(threads[0].thread_info.content).toBe(rich);
    expect(JSON.parse(threads[1].thread_info.content).paragraphs).toHaveLength(2);
    const one = `${path}/${threads[0].thread_info.thread_id}`;
    await call("DELETE", one);
    expect(await tried("GET", one)).toEqual([400, 503012]);
    expect(await tried("GET", `${path}/none`)).toEqual([400, 503009]);
    const refusals: [number, object][] = [
      [503005, { title: " ", content: "x", format: 1 }],
      [503006, { title: "x", format: 1 }],
      [503014, { title: "x", content: "{", format: 4 }],
      [503015, { title: "x", content: "x", format: 5 }],
    ];
    for (const [code, body] of refusals) expect(await tried("PUT", path, body)).toEqual([400, code]);
    expect(await tried("PUT", `/channels/${channel(0)}/threads`, { title: "x" })).toEqual([400, 503003]);
  });

  it("tell when a review turns a thread down, and do not publish it", async () => {
    const { bot, call, channel } = await start({ isForumReviewPassed: false, grantedIntents: 1174409219 + 2 ** 28 });
    const socket = await bot.connect({ intents: 1174409219 + 2 ** 28 });
    const path = `/channels/${channel(10007)}/threads`;
    const { task_id } = await call("PUT", path, { title: "一", content: "x", format: 1 });
    const verdict = await socket.next((frame) => frame.t === "FORUM_PUBLISH_AUDIT_RESULT");
    expect(verdict.d).toMatchObject({ task_id, result: 1, err_msg: expect.stringMatching(/./) });
    expect((await call("GET", path)).threads).toEqual([]);
  });
});

describe("a review of messages", () => {
  it("answers 202 with the audit's id, and shows a message only when it is approved", async () => {
    const { emulator, bot, guild, channel, say } = await start();
    const { message_id } = say("bob", channel(0));
    emulator.act({ action: "review_messages", guild, held: true });
    const path = `/channels/${channel(0)}/messages`;
    const push = await bot.call("POST", path, { content: "push" });
    const reply = await bot.call("POST", path, { content: "reply", msg_id: message_id });
    expect([push.status, push.body.code, reply.status, reply.body.code]).toEqual([202, 304023, 202, 304024]);
    const shown = () => emulator.messages({ scene: "channel", id: channel(0), after: message_id });
    expect(shown()).toEqual([]);
    const audit_id = reply.body.data.message_audit.audit_id;
    emulator.act({ action: "approve_message", guild, audit_id });
    expect(shown()).toMatchObject([{ content: "reply", mode: "passive" }]);
    expect(() => emulator.act({ action: "approve_message", guild, audit_id })).toThrow("nothing waits");
    emulator.act({ action: "review_messages", guild, held: false });
    expect((await bot.call("POST", path, { content: "now" })).status).toBe(200);
  });
});

describe("a guild without the bot", () => {
  it("is closed to it and silent, and is listed again once it is back", async () => {
    const { emulator, call, tried, guild, channel, say } = await start();
    emulator.act({ action: "remove_bot_from_guild", as: "alice", guild });
    expect(await call("GET", "/users/@me/guilds")).toEqual([]);
    expect(await tried("GET", `/guilds/${guild}`)).toEqual([400, 10004]);
    expect(await tried("POST", `/channels/${channel(0)}/messages`, { content: "x" })).toEqual([400, 10003]);
    expect(say("bob", channel(0)).event_id).toBeNull();
    const session = emulator.world.dms[0]?.id ?? "";
    expect(await tried("POST", `/dms/${session}/messages`, { content: "x" })).toEqual([400, 304032]);
    expect(emulator.say({ as: "alice", scene: "dms", id: session, content: "在吗" }).event_id).toBeNull();
    emulator.act({ action: "add_bot_to_guild", as: "alice", guild });
    expect(await call("GET", "/users/@me/guilds")).toMatchObject([{ id: guild }]);
  });

  it("is as it was at the start after a reset", async () => {
    const { emulator, call, guild, channel, say } = await start();
    await call("DELETE", `/channels/${channel(2)}`);
    await call("PATCH", `/guilds/${guild}/mute`, { mute_seconds: "60" });
    emulator.reset();
    expect(await call("GET", `/channels/${channel(2)}`)).toMatchObject({ type: 2 });
    expect(say("bob", channel(0)).message_id).toBeTruthy();
  });
});
