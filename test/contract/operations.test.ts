import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { openPlatform } from "../../src/cli/platform.ts";
import { loadConfig } from "../../src/config/load.ts";
import { silentLog } from "../../src/core/log.ts";
import { findOperation, operations } from "../../src/operations/all.ts";
import { callOperation } from "../../src/operations/call.ts";
import { permissions } from "../../src/operations/operation.ts";
import { startTestEmulator, type TestEmulator } from "../kit/emulator.ts";
import { groupCases } from "../kit/group-cases.ts";
import { guildCases } from "../kit/guild-cases.ts";
import { appVariables } from "../kit/platform-stage.ts";
import { temporaryFolder } from "../kit/processes.ts";
import { RawBot } from "../kit/raw-bot.ts";

type Input = Record<string, unknown>;

interface Stage {
  emulator: TestEmulator;
  /** Ids as the bot meets them. */
  place: { user: string; group: string; guild: string; channel: string; session: string };
  run(name: string, input?: Input): Promise<Record<string, unknown>>;
  warnings: object[];
}

/** The real rooms below the operations, over HTTP, against a bot that is connected to the emulator. */
async function stage(): Promise<Stage> {
  const emulator = await startTestEmulator();
  const home = temporaryFolder();
  const config = loadConfig({
    env: {
      QQ_BOT_APP_ID: emulator.app.appId,
      QQ_BOT_APP_SECRET: emulator.app.appSecret,
      QQ_BOT_API_BASE: emulator.url,
      QQ_BOT_TOKEN_URL: emulator.tokenUrl,
      QQ_BOT_PACING: "off",
      QQ_SKILL_HOME: home,
      QQ_SKILL_FILES: miniProject,
      ...appVariables(emulator),
    },
  });
  const warnings: object[] = [];
  const platform = openPlatform(config, { ...silentLog, warn: (facts) => warnings.push(facts) });
  onTestFinished(() => platform.close());
  await (await new RawBot(emulator).login()).connect();
  const context = platform.contextFor({ kind: "cli", grants: new Set(permissions), label: "test" });
  const { c2c, groups, guilds, dms } = emulator.world;
  const guild = guilds[0];
  const text = guild?.channels.find(({ type }) => type === 0);
  return {
    emulator,
    warnings,
    place: {
      user: c2c[0]?.id ?? "",
      group: groups[0]?.id ?? "",
      guild: guild?.id ?? "",
      channel: text?.id ?? "",
      session: dms[0]?.id ?? "",
    },
    async run(name, input = {}) {
      const operation = findOperation(name);
      if (!operation) throw new Error(`no operation ${name}`);
      return (await callOperation(operation, context, input)) as Record<string, unknown>;
    },
  };
}

const keyboard = {
  content: { rows: [{ buttons: [{ id: "yes", render_data: { label: "好" }, action: { type: 1, data: "yes" } }] }] },
};
const url = "https://example.com/a.png";

const hello = new TextEncoder().encode("hello");
const announced = {
  ...{ file_type: 4, file_size: "5", file_name: "hello.txt", sha1: "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d" },
  ...{ md5: "5d41402abc4b2a76b9719d911017c592", md5_10m: "5d41402abc4b2a76b9719d911017c592" },
};

/** What is to be reported after the only part has been put to its signed address. */
async function putOnlyPart(plan: Input): Promise<Input> {
  const [part] = plan.parts as { index: number; presigned_url: string }[];
  await fetch(part?.presigned_url ?? "", { method: "PUT", body: hello });
  return { upload_id: plan.upload_id, part_index: part?.index, block_size: "5", md5: announced.md5 };
}

/** For every operation an input that works in the emulator's world, after whatever has to happen first. */
const cases: Record<string, (stage: Stage) => Promise<Input> | Input> = {
  get_bot_profile: () => ({}),
  get_token_status: () => ({}),
  get_gateway: () => ({}),
  get_gateway_bot: () => ({}),
  list_guilds: () => ({}),
  get_guild: ({ place }) => ({ guild_id: place.guild }),
  list_channels: ({ place }) => ({ guild_id: place.guild }),
  get_channel: ({ place }) => ({ channel_id: place.channel }),
  list_members: ({ place }) => ({ guild_id: place.guild }),
  get_member: async (at) => ({ guild_id: at.place.guild, user_id: await someMember(at) }),
  list_roles: ({ place }) => ({ guild_id: place.guild }),
  list_role_members: ({ place }) => ({ guild_id: place.guild, role_id: "4" }),
  send_message: ({ place }) => ({ scene: "group", id: place.group, content: "你好" }),
  recall_message: async (at) => {
    await at.run("send_message", { scene: "group", id: at.place.group, content: "oops" });
    return { scene: "group", id: at.place.group };
  },
  send_group_message: ({ place }) => ({ group_openid: place.group, msg_type: 0, content: "hi" }),
  recall_group_message: async (at) => ({
    group_openid: at.place.group,
    message_id: (await at.run("send_group_message", { group_openid: at.place.group, msg_type: 0, content: "x" })).id,
  }),
  send_c2c_message: ({ place }) => ({ user_openid: place.user, msg_type: 0, content: "hi" }),
  recall_c2c_message: async (at) => ({
    user_openid: at.place.user,
    message_id: (await at.run("send_c2c_message", { user_openid: at.place.user, msg_type: 0, content: "x" })).id,
  }),
  send_channel_message: ({ place }) => ({ channel_id: place.channel, content: "hi" }),
  get_channel_message: async (at) => ({ channel_id: at.place.channel, message_id: await inChannel(at) }),
  list_channel_messages: async (at) => {
    await inChannel(at);
    return { channel_id: at.place.channel };
  },
  recall_channel_message: async (at) => ({ channel_id: at.place.channel, message_id: await inChannel(at) }),
  create_dm_session: async (at) => ({ recipient_id: await someMember(at), source_guild_id: at.place.guild }),
  send_dm_message: ({ place }) => ({ guild_id: place.session, content: "hi" }),
  recall_dm_message: async (at) => ({
    guild_id: at.place.session,
    message_id: (await at.run("send_dm_message", { guild_id: at.place.session, content: "x" })).id,
  }),
  upload_c2c_media: ({ place }) => ({ user_openid: place.user, file_type: 1, url }),
  upload_group_media: ({ place }) => ({ group_openid: place.group, file_type: 1, url }),
  prepare_c2c_upload: ({ place }) => ({ user_id: place.user, ...announced }),
  prepare_group_upload: ({ place }) => ({ group_id: place.group, ...announced }),
  finish_c2c_upload_part: async (at) => ({
    user_id: at.place.user,
    ...(await putOnlyPart(await at.run("prepare_c2c_upload", { user_id: at.place.user, ...announced }))),
  }),
  finish_group_upload_part: async (at) => ({
    group_id: at.place.group,
    ...(await putOnlyPart(await at.run("prepare_group_upload", { group_id: at.place.group, ...announced }))),
  }),
  upload_media: ({ place }) => ({ scene: "group", id: place.group, url, file_type: 1 }),
  add_reaction: async (at) => ({ channel_id: at.place.channel, message_id: await inChannel(at), type: 1, id: "76" }),
  remove_reaction: async (at) => {
    const target = { channel_id: at.place.channel, message_id: await inChannel(at), type: 2, id: "128077" };
    await at.run("add_reaction", target);
    return target;
  },
  list_reaction_users: async (at) => {
    const target = { channel_id: at.place.channel, message_id: await inChannel(at), type: 2, id: "128077" };
    await at.run("add_reaction", target);
    return target;
  },
  ack_interaction: async (at) => {
    const target = { scene: "group", id: at.place.group };
    const sent = await at.run("send_message", { ...target, content: "**选一个**", keyboard });
    const [part] = sent.parts as { message_id: string }[];
    const person = at.emulator.world.groups[0]?.members[0];
    const clicked = await at.emulator.control("click", {
      ...{ ...target, as: person, message_id: part?.message_id, button_id: "yes" },
    });
    return { interaction_id: clicked.body.interaction_id };
  },
  ...guildCases,
  oauth_authorize_url: () => ({}),
  oauth_exchange_code: async (at) => ({ callback_url: await agreed(at) }),
  oauth_refresh: async (at) => ({ token_ref: await loggedIn(at) }),
  oauth_me: async (at) => ({ token_ref: await loggedIn(at) }),
  oauth_user_info: async (at) => ({ token_ref: await loggedIn(at) }),
  oauth_forget: async (at) => ({ token_ref: await loggedIn(at) }),
  oauth_explain_error: () => ({ code: 100_020 }),
  mini_code2session: ({ emulator }) => ({ js_code: emulator.act({ action: "mini_login", as: "alice" }).js_code }),
  mini_decrypt: async (at) => {
    const { session_ref, encrypted_data, iv } = await miniSession(at);
    return { session_ref, encrypted_data, iv };
  },
  mini_verify_signature: async (at) => {
    const { session_ref, raw_data, signature } = await miniSession(at);
    return { session_ref, raw_data, signature };
  },
  mini_token_status: () => ({ refresh: true }),
  mini_create_code: () => ({ path: "pages/index/index?a=1", confirm: true }),
  mini_link: () => ({ path: "pages/index/index", query: { id: "7" } }),
  mini_check_text: () => ({ content: "你好" }),
  mini_check_image: () => ({ base64: png }),
  mini_send_subscribe: async (at) => {
    const { openid } = await miniSession(at);
    const { template_id } = at.emulator.act({ action: "mini_subscribe", as: "alice" });
    return { openid, template_id, data: { keyword1: "7", keyword2: "18:00" } };
  },
  mini_validate_project: () => ({ project_dir: miniProject }),
  list_events: () => ({}),
  wait_events: () => ({ timeout_s: 0 }),
  subscribe_gateway: () => ({ action: "status" }),
  ...groupCases,
  list_onboarding_checklist: () => ({}),
  start_binding: () => ({}),
  poll_binding: async (at) => {
    const started = (await at.run("start_binding")) as { task_ref: string; connect_url: string };
    const task_id = new URL(started.connect_url).searchParams.get("task_id");
    at.emulator.act({ action: "approve_binding", task_id, as: "alice" });
    return { task_ref: started.task_ref };
  },
  explain_error: () => ({ code: 40034005 }),
  list_error_codes: () => ({ starts_with: "4003" }),
  list_limits: () => ({ topics: ["replyLimits"] }),
  encode_intents: () => ({ names: ["GUILDS", "C2C_MESSAGE_CREATE"] }),
  decode_intents: () => ({}),
  decode_frame: () => ({ frame: '{"op":10,"d":{"heartbeat_interval":41250}}' }),
  sign_webhook: () => ({ body: "{}" }),
  verify_webhook: async (at) => {
    const { headers } = (await at.run("sign_webhook", { body: "{}" })) as { headers: Record<string, string> };
    return {
      ...{ body: "{}", timestamp: headers["X-Signature-Timestamp"], signature: headers["X-Signature-Ed25519"] },
    };
  },
  emulator_start: () => ({}),
  emulator_stop: () => ({}),
  emulator_read: async (at) => {
    await at.run("emulator_start");
    return { what: "world" };
  },
  emulator_clock: async (at) => {
    await at.run("emulator_start");
    return { advance_ms: 1000, reset: true };
  },
  emulator_fault: async (at) => {
    await at.run("emulator_start");
    return { kind: "half_open", count: null };
  },
  emulator_say: async (at) => {
    await at.run("emulator_start");
    return { as: "alice", scene: "group", id: await someLocalGroup(at), content: "在吗", mention: true };
  },
  emulator_act: async (at) => {
    await at.run("emulator_start");
    return { action: "enter_chat", fields: { as: "alice" } };
  },
  check_message: ({ place }) => ({ message: { scene: "group", id: place.group, content: "你好" } }),
  list_outbox: () => ({}),
};

async function someLocalGroup(at: Stage): Promise<unknown> {
  const { world } = (await at.run("emulator_read", { what: "world" })) as { world: { groups: { id: string }[] } };
  return world.groups[0]?.id;
}

const miniProject = fileURLToPath(new URL("../fixtures/mini-project", import.meta.url));
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNsaGgAAAMEAYFL09IQAAAAAElFTkSuQmCC";

async function miniSession(at: Stage): Promise<Record<string, unknown>> {
  const { js_code, ...given } = at.emulator.act({ action: "mini_login", as: "alice" });
  return { ...given, ...(await at.run("mini_code2session", { js_code })) };
}

async function agreed(at: Stage): Promise<string> {
  const { url } = await at.run("oauth_authorize_url");
  return at.emulator.act({ action: "login_allow", as: "alice", url }).callback_url as string;
}

async function loggedIn(at: Stage): Promise<unknown> {
  return (await at.run("oauth_exchange_code", { callback_url: await agreed(at) })).token_ref;
}

async function inChannel(at: Stage): Promise<unknown> {
  return (await at.run("send_channel_message", { channel_id: at.place.channel, content: "x" })).id;
}

async function someMember(at: Stage): Promise<unknown> {
  const { members } = (await at.run("list_members", { guild_id: at.place.guild })) as {
    members: { user: { id: string } }[];
  };
  return members[0]?.user.id;
}

describe("every operation against the local platform", () => {
  it("has a case here", () => {
    expect(Object.keys(cases).sort()).toEqual(operations.map(({ name }) => name).sort());
  });

  it.each(Object.entries(cases))("%s works and answers as its schema says", async (name, prepare) => {
    const at = await stage();
    const output = await at.run(name, await prepare(at));
    expect(Object.keys(output)).not.toEqual([]);
    expect(at.warnings).toEqual([]);
  });
});

describe("send_message", () => {
  it.each([
    ["c2c", "user"],
    ["group", "group"],
    ["channel", "channel"],
    ["dms", "session"],
  ] as const)("reaches %s and can be recalled there", async (scene, key) => {
    const at = await stage();
    const id = at.place[key];
    const { parts } = await at.run("send_message", { scene, id, content: "各位好" });
    const [row] = at.emulator.messages({ scene, id });
    expect(parts).toEqual([expect.objectContaining({ message_id: row?.id, status: "sent", mode: "active" })]);
    expect(row).toMatchObject({ from: "bot", content: "各位好" });
    expect(await at.run("recall_message", { scene, id })).toMatchObject({ recalled_message_id: row?.id });
    expect(at.emulator.messages({ scene, id })[0]?.recalled).toBe(true);
  });

  it("replies to what somebody wrote, numbering the replies", async () => {
    const at = await stage();
    const [user] = at.emulator.world.users;
    const scene = "group" as const;
    const id = at.place.group;
    const said = at.emulator.say({ as: user?.id ?? "", scene, id, content: "在吗", mention: true });
    for (const content of ["在", "请说"]) await at.run("send_message", { scene, id, content, msg_id: said.message_id });
    const replies = at.emulator.messages({ scene, id, after: said.message_id });
    expect(replies.map(({ mode, msg_seq }) => [mode, msg_seq])).toEqual([
      ["passive", 1],
      ["passive", 2],
    ]);
  });

  it("sends a picture and an upload", async () => {
    const at = await stage();
    const target = { scene: "c2c", id: at.place.user };
    await at.run("send_message", { ...target, image_url: url });
    const { file_info } = await at.run("upload_media", { ...target, url, file_type: 1 });
    await at.run("send_message", { ...target, file_info });
    const rows = at.emulator.messages({ scene: "c2c", id: at.place.user });
    expect(rows.map(({ kind }) => kind)).toEqual(["media", "media"]);
  });
});
