import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { type Loose, RawBot } from "../kit/raw-bot.ts";

const relationship = 2 ** 24 + 2 ** 25;
const file = new URL("../fixtures/events.json", import.meta.url);
const samples = JSON.parse(readFileSync(file, "utf8")) as { type: string; variant: string; example: Loose }[];

/** `mine`: a group in which the bot is an admin, with alice (owner), bob (admin) and dave. `other`: it is a member. */
async function start(dials: Record<string, unknown> = {}) {
  const emulator = await startTestEmulator({ seed: { ...defaultSeed, dials } });
  const bot = await new RawBot(emulator).login();
  const [other, mine] = emulator.world.groups.map((group) => group.id) as [string, string];
  const path = (group: string, call: string) => `/v2/groups/${group}/${call}`;
  const openids = async () => {
    const { members } = (await bot.call("GET", path(mine, "members"))).body;
    return Object.fromEntries(members.map((member: Loose) => [member.username, member.member_openid])) as Loose;
  };
  /** Who is in `mine`: looked up anew. */
  const members = async () => ((await emulator.control("world")).body as Loose).groups[1].members;
  const act = (action: string, fields: object) => emulator.act({ action, ...fields }) as Loose;
  const codeOf = async (method: string, url: string, body?: unknown) =>
    (await bot.call(method, url, body)).body?.err_code ?? 0;
  return { emulator, bot, mine, other, path, openids, members, act, codeOf };
}

const at = (ms: number) => new Date(Date.now() + ms).toISOString();

describe("mutes", () => {
  it("silence ordinary members until they end, and are listed meanwhile", async () => {
    const { emulator, bot, mine, path, openids } = await start();
    const { 小吴: dave } = await openids();
    const url = path(mine, "restrict_chat_setting");
    await bot.call("POST", url, { members: [{ op: "add", member_openid: dave, mute_expire_at: at(60_000) }] });
    expect((await bot.call("GET", url)).body).toEqual({
      global_rule: { mode: "none", schedule_rules: [], recurring_rules: [] },
      members: [{ member_openid: dave, mute_expire_at: expect.stringMatching(/\+08:00$/), username: "小吴" }],
    });
    const speak = () => emulator.say({ as: "dave", scene: "group", id: mine, content: "在" });
    expect(speak).toThrow(/muted until/);
    emulator.advance(61_000);
    expect(speak().event_id).not.toBeNull();
    expect((await bot.call("GET", url)).body.members).toEqual([]);
  });

  it("spare owner and admins, last 30 days, and come all or not at all", async () => {
    const { bot, mine, other, path, openids, codeOf } = await start();
    const { 小吴: dave, 小林: owner, 小周: admin } = await openids();
    const url = path(mine, "restrict_chat_setting");
    const add = (member_openid: string, mute_expire_at = at(60_000)) => ({ op: "add", member_openid, mute_expire_at });
    for (const member of [owner, admin, "NOBODY"]) {
      expect(await codeOf("POST", url, { members: [add(dave), add(member)] })).toBe(40011000);
    }
    expect(await codeOf("POST", url, { members: [add(dave, at(31 * 86_400_000))] })).toBe(40011000);
    expect(await codeOf("POST", url, { members: Array.from({ length: 21 }, () => add(dave)) })).toBe(40011000);
    expect((await bot.call("GET", url)).body.members).toEqual([]);
    expect(await codeOf("POST", path(other, "restrict_chat_setting"), { members: [add(dave)] })).toBe(11253);
  });

  it("of the whole group leave its owner and admins their voice; a muted bot is refused", async () => {
    const { emulator, mine, path, act, codeOf } = await start();
    act("mute_group", { group: mine, muted: true });
    const say = (as: string) => emulator.say({ as, scene: "group", id: mine, content: "在" });
    expect(() => say("dave")).toThrow(/muted/);
    expect(say("bob").event_id).not.toBeNull();
    act("mute_bot", { group: mine, seconds: 60 });
    expect(await codeOf("POST", path(mine, "messages"), { content: "在" })).toBe(40054002);
    expect(await codeOf("POST", path(mine, "files"), { file_type: 1, url: "https://a.cn/a.png" })).toBe(850018);
    emulator.advance(60_000);
    expect(await codeOf("POST", path(mine, "messages"), { content: "在" })).toBe(0);
  });
});

describe("joining", () => {
  it("is asked of the bot where it is an admin; approval lets the person in", async () => {
    const { bot, mine, path, members, act, codeOf } = await start();
    const socket = await bot.connect({ intents: relationship });
    const { join_request_id, event_id } = act("ask_to_join_group", { group: mine, as: "carol", message: "朋友推荐" });
    const request = await socket.next((frame) => frame.t === "GROUP_JOIN_REQUEST");
    expect(request).toMatchObject({ id: event_id, d: { join_request_id, group_openid: mine, username: "小陈" } });
    const { list, next_cursor } = (await bot.call("GET", path(mine, "join_request_list"))).body;
    expect([list.length, next_cursor, list[0].verify_info.verify_message]).toEqual([1, "", "朋友推荐"]);
    const verdict = path(mine, `approval_join_request/${request.d.member_openid}`);
    expect(await codeOf("POST", verdict, { op: "approve", join_request_id: "another" })).toBe(40011000);
    expect(await codeOf("POST", verdict, { op: "approve", join_request_id })).toBe(0);
    const added = await socket.next((frame) => frame.t === "GROUP_MEMBER_ADD");
    expect(added.d.member_openid).toBe(request.d.member_openid);
    expect(await members()).toContain("carol");
    expect((await bot.call("GET", path(mine, "join_request_list"))).body.list).toEqual([]);
    const reply = { content: "欢迎", event_id: added.id };
    expect(await codeOf("POST", path(mine, "messages"), reply)).toBe(0);
  });

  it("can be declined for good", async () => {
    const { bot, mine, path, act } = await start();
    act("ask_to_join_group", { group: mine, as: "carol" });
    const [request] = (await bot.call("GET", path(mine, "join_request_list"))).body.list;
    const verdict = { op: "decline", reject_reason: "满员", add_to_member_blacklist: true };
    await bot.call("POST", path(mine, `approval_join_request/${request.member_openid}`), verdict);
    const { users } = (await bot.call("GET", path(mine, "member_blacklist"))).body;
    expect(users).toMatchObject([{ member_openid: request.member_openid, username: "小陈", bot: false }]);
    expect(() => act("ask_to_join_group", { group: mine, as: "carol" })).toThrow(/blacklist/);
  });

  it("is not told to a bot that is no admin", async () => {
    const { bot, other, path, act, codeOf } = await start();
    const socket = await bot.connect({ intents: relationship });
    expect(act("ask_to_join_group", { group: other, as: "dave" }).event_id).toBeNull();
    expect(await codeOf("GET", path(other, "join_request_list"))).toBe(11253);
    act("set_bot_role", { group: other, role: "admin" });
    expect(await codeOf("GET", path(other, "join_request_list"))).toBe(0);
    expect((await socket.settled()).filter((frame) => frame.t === "GROUP_JOIN_REQUEST")).toEqual([]);
  });
});

describe("members", () => {
  it("are listed with their roles, the bot among them, and removed with an event", async () => {
    const { bot, mine, path, openids, codeOf } = await start();
    const socket = await bot.connect({ intents: relationship });
    const { members } = (await bot.call("GET", path(mine, "members"))).body;
    expect(members.map((member: Loose) => [member.username, member.member_role, member.bot])).toEqual([
      ["小林", "owner", false],
      ["小周", "admin", false],
      ["小吴", "member", false],
      ["示例助手", "admin", true],
    ]);
    const { 小吴: dave, 小林: owner } = await openids();
    const removal = path(mine, "batch_remove_members");
    expect(await codeOf("POST", removal, { member_openids: [dave, owner] })).toBe(40011000);
    const body = { member_openids: [dave], add_to_member_blacklist: true };
    expect((await bot.call("POST", removal, body)).body).toEqual({
      remove_members_result: "success",
      add_to_member_blacklist_fail_openids: [],
    });
    expect((await socket.next((frame) => frame.t === "GROUP_MEMBER_REMOVE")).d.member_openid).toBe(dave);
    expect(await codeOf("GET", path(mine, `members/${dave}`))).toBe(40011000);
    const change = (op: string, member: string) =>
      bot.call("POST", path(mine, "member_blacklist"), { op, member_openids: [member] });
    expect((await change("add", owner)).body).toEqual({ fail_openids: [owner] });
    expect((await change("del", dave)).body).toEqual({ fail_openids: [] });
    expect((await change("del", dave)).body).toEqual({ fail_openids: [dave] });
  });

  it("and profiles are closed to apps that the platform did not let in", async () => {
    const { mine, path, codeOf } = await start({ hasGroupInfo: false, hasGroupMembers: false });
    for (const call of ["info", "bot_state", "members", "member_blacklist"]) {
      expect(await codeOf("GET", path(mine, call)), call).toBe(11253);
    }
  });

  it("come 30 to a page", async () => {
    const users = Array.from({ length: 35 }, (_, n) => ({ id: `u${n}`, name: `u${n}` }));
    const groups = [{ name: "大群", members: users.map(({ id }) => id), recvMsgSetting: "all" as const }];
    const emulator = await startTestEmulator({ seed: { users, groups, guilds: [] } });
    const bot = await new RawBot(emulator).login();
    const url = `/v2/groups/${emulator.world.groups[0]?.id}/members`;
    const first = (await bot.call("GET", url)).body;
    const second = (await bot.call("GET", `${url}?cursor=${first.next_cursor}`)).body;
    expect([first.members.length, second.members.length, second.next_cursor]).toEqual([30, 6, ""]);
    expect((await bot.call("GET", `${url}?cursor=nonsense`)).body.err_code).toBe(40011000);
  });
});

describe("auto-approval strategies", () => {
  const all = "/v2/groups/join_approval_strategy";

  it("let listed QQ numbers in by themselves while they are on", async () => {
    const { emulator, bot, mine, members, act } = await start();
    const socket = await bot.connect({ intents: relationship });
    const carol = emulator.world.users.find((user) => user.id === "carol")?.qq;
    const { strategy_id, is_enable } = (await bot.call("POST", all, { group_openids: [mine] })).body;
    expect(is_enable).toBe("on");
    const body = { op: "add", whitelist_users: [carol] };
    expect((await bot.call("POST", `${all}/${strategy_id}/whitelist_users`, body)).body.whitelist_user_count).toBe(1);
    expect(act("ask_to_join_group", { group: mine, as: "carol" }).strategy_id).toBe(strategy_id);
    const request = await socket.next((frame) => frame.t === "GROUP_JOIN_REQUEST");
    expect(request.d.auto_approved).toEqual({ strategy_id });
    await socket.next((frame) => frame.t === "GROUP_MEMBER_ADD");
    expect(await members()).toContain("carol");
  });

  it("run over requests that wait, by group number too, and not after their end", async () => {
    const { emulator, bot, mine, members, act } = await start();
    const number = emulator.world.groups[1]?.number;
    const carol = emulator.world.users.find((user) => user.id === "carol")?.qq;
    const { strategy_id } = (await bot.call("POST", all, { group_ids: [number], expire_at: at(60_000) })).body;
    act("ask_to_join_group", { group: mine, as: "carol" });
    await bot.call("POST", `${all}/${strategy_id}/whitelist_users`, { op: "add", whitelist_users: [carol] });
    emulator.advance(61_000);
    await bot.call("POST", `${all}/${strategy_id}/execute`);
    expect(await members()).not.toContain("carol");
    const later = new Date(emulator.advance(0) + 60_000).toISOString();
    await bot.call("PATCH", `${all}/${strategy_id}`, { expire_at: later });
    await bot.call("POST", `${all}/${strategy_id}/execute`);
    expect(await members()).toContain("carol");
  });

  it("are 20 at most, newest first, and named in one way", async () => {
    const { bot, mine, codeOf } = await start();
    for (const body of [{}, { group_openids: [mine], group_ids: ["1"] }, { group_ids: ["x"] }]) {
      expect(await codeOf("POST", all, body)).toBe(40011000);
    }
    const ids = [];
    for (let n = 0; n < 20; n++) ids.push((await bot.call("POST", all, { group_openids: [mine] })).body.strategy_id);
    expect(await codeOf("POST", all, { group_openids: [mine] })).toBe(40011000);
    const { strategies } = (await bot.call("GET", `${all}?limit=2`)).body;
    expect(strategies.map((strategy: Loose) => strategy.strategy_id)).toEqual(ids.slice(-2).reverse());
    const change = { group_action: { op: "add", group_ids: ["123456"] } };
    expect(await codeOf("PATCH", `${all}/${ids[0]}`, change)).toBe(40011000);
    expect(await codeOf("DELETE", `${all}/${ids[0]}`)).toBe(0);
    expect(await codeOf("DELETE", `${all}/${ids[0]}`)).toBe(40011000);
  });
});

describe("the bot's place", () => {
  it("in a group ends and begins with events", async () => {
    const { emulator, bot, mine, path, act, codeOf } = await start();
    const socket = await bot.connect({ intents: relationship });
    act("remove_bot_from_group", { group: mine, as: "alice" });
    await socket.next((frame) => frame.t === "GROUP_DEL_ROBOT");
    expect(await codeOf("POST", path(mine, "messages"), { content: "在" })).toBe(40054003);
    expect(emulator.say({ as: "alice", scene: "group", id: mine, content: "在" }).event_id).toBeNull();
    act("add_bot_to_group", { group: mine, as: "alice" });
    const added = await socket.next((frame) => frame.t === "GROUP_ADD_ROBOT");
    expect(await codeOf("POST", path(mine, "messages"), { content: "大家好", event_id: added.id })).toBe(0);
    expect((await bot.call("GET", path(mine, "bot_state"))).body.member_role).toBe("member");
  });

  it("as an admin lets it recall what members wrote, not what admins wrote", async () => {
    const { emulator, mine, path, codeOf } = await start();
    const recall = (as: string) => {
      const { message_id } = emulator.say({ as, scene: "group", id: mine, content: "x" });
      return codeOf("DELETE", path(mine, `messages/${encodeURIComponent(message_id)}`));
    };
    expect(await recall("dave")).toBe(0);
    expect(await recall("bob")).toBe(40062003);
  });

  it("among friends ends and begins with events; a share link brings its data", async () => {
    const { emulator, bot, act, codeOf } = await start();
    const socket = await bot.connect({ intents: relationship });
    const messages = `/v2/users/${emulator.world.c2c[0]?.id}/messages`;
    act("remove_friend", { as: "alice" });
    await socket.next((frame) => frame.t === "FRIEND_DEL");
    expect(await codeOf("POST", messages, { content: "在" })).toBe(40054004);
    const { url_link } = (await bot.call("POST", "/v2/generate_url_link", { callback_data: "campaign_42" })).body;
    act("add_friend", { as: "alice", link: url_link });
    const added = await socket.next((frame) => frame.t === "FRIEND_ADD");
    expect(added.d).toMatchObject({ scene: 2003, scene_param: "campaign_42" });
    expect(await codeOf("POST", messages, { content: "你好", event_id: added.id })).toBe(0);
    act("allow_c2c_messages", { as: "alice", allowed: false });
    expect(await codeOf("POST", messages, { content: "在" })).toBe(40034105);
  });
});

describe("acts", () => {
  it("raise events of the shape of the official samples", async () => {
    const { bot, mine, act } = await start({ grantedIntents: relationship + 2 ** 23 });
    const socket = await bot.connect({ intents: relationship + 2 ** 23 });
    act("ask_to_join_group", { group: mine, as: "carol", message: "你好" });
    act("join_group", { group: mine, as: "carol" });
    act("leave_group", { group: mine, as: "carol" });
    act("allow_group_messages", { group: mine, as: "alice", allowed: false });
    act("allow_group_messages", { group: mine, as: "alice", allowed: true });
    act("remove_bot_from_group", { group: mine, as: "alice" });
    act("add_bot_to_group", { group: mine, as: "alice" });
    act("remove_friend", { as: "bob" });
    act("add_friend", { as: "bob" });
    act("allow_c2c_messages", { as: "bob", allowed: false });
    act("allow_c2c_messages", { as: "bob", allowed: true });
    act("enter_chat", { as: "bob" });
    act("set_subscription", { as: "bob", template_id: 10001, allowed: true });
    const frames = (await socket.settled()).filter((frame) => frame.op === 0 && frame.t !== "READY");
    expect(frames).toHaveLength(13);
    const keys = (value: Loose): unknown =>
      value !== null && typeof value === "object"
        ? Object.fromEntries(
            Object.entries(Array.isArray(value) ? value.slice(0, 1) : value).map(([k, v]) => [k, keys(v)]),
          )
        : typeof value;
    for (const frame of frames) {
      const sample = samples.find((each) => each.type === frame.t && each.variant === "default");
      expect(keys(frame.d), frame.t).toEqual(keys(sample?.example.d));
    }
  });

  it("that do not exist are refused with those that do", async () => {
    const { emulator, mine, members } = await start();
    const unknown = await emulator.control("act", { action: "dance" });
    expect(unknown.status).toBe(400);
    expect(JSON.stringify(unknown.body)).toContain("ask_to_join_group");
    expect((await emulator.control("act", { action: "toString" })).status).toBe(400);
    expect((await emulator.control("act", { action: "join_group", group: mine, as: "dave" })).status).toBe(400);
    expect((await emulator.control("act", { action: "join_group", group: "X", as: "carol" })).status).toBe(404);
    expect((await emulator.control("act", { action: "join_group", group: mine, as: "carol" })).status).toBe(200);
    emulator.reset();
    expect(await members()).not.toContain("carol");
  });
});
