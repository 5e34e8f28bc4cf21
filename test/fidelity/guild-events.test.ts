import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { type Loose, RawBot } from "../kit/raw-bot.ts";
import { look, shape } from "../kit/shape.ts";

const file = new URL("../fixtures/events.json", import.meta.url);
const samples = JSON.parse(readFileSync(file, "utf8")) as { type: string; variant: string; example: Loose }[];

const bits = [0, 1, 9, 10, 12, 18, 19, 24, 25, 26, 27, 28, 29, 30];
const everything = bits.reduce((mask, bit) => mask + 2 ** bit, 0);

/** A guild, the bot in it, and what people and the bot do there. */
async function stage(isPrivateDomain: boolean) {
  const seed = {
    ...defaultSeed,
    guilds: defaultSeed.guilds.map((guild) => ({ ...guild, members: ["alice", "bob", "carol"] })),
    dials: { grantedIntents: everything, isPrivateDomain },
  };
  const emulator = await startTestEmulator({ seed });
  const bot = await new RawBot(emulator).login();
  const socket = await bot.connect({ intents: everything });
  const guild = emulator.world.guilds[0];
  const channel = (type: number) => guild?.channels.find((candidate) => candidate.type === type)?.id ?? "";
  const act = (action: string, fields: Record<string, unknown>) => emulator.act({ action, as: "alice", ...fields });
  const check = async (type: string) => {
    const frame = await socket.next((candidate) => candidate.t === type);
    const sample = samples.find((row) => row.type === type)?.example;
    expect(shape(frame), type).toEqual(shape(sample));
    expect(look(frame.id ?? ""), type).toBe(look(sample.id));
    const ids = ({ id, thread_id, guild_id, thread_info, post_info, reply_info, target }: Loose) =>
      [id, thread_id, guild_id, thread_info?.thread_id, post_info?.post_id, reply_info?.reply_id, target?.id]
        .filter(Boolean)
        .map(look);
    expect(ids(frame.d), type).toEqual(ids(sample.d));
    return frame;
  };
  return { emulator, bot, act, check, guild: guild?.id ?? "", channel };
}

describe("the emulator's guild events are shaped as the published samples", () => {
  it("when people change the guild and its channels", async () => {
    const { act, check, guild, channel } = await stage(true);
    act("rename_guild", { guild, name: "新名字" });
    await check("GUILD_UPDATE");
    const made = act("make_channel", { guild, name: "新频道" });
    await check("CHANNEL_CREATE");
    act("rename_channel", { channel: made.channel, name: "改名" });
    await check("CHANNEL_UPDATE");
    act("drop_channel", { channel: made.channel });
    await check("CHANNEL_DELETE");
    act("remove_bot_from_guild", { guild });
    await check("GUILD_DELETE");
    act("add_bot_to_guild", { guild });
    await check("GUILD_CREATE");
    act("enter_voice", { channel: channel(2) });
    await check("AUDIO_OR_LIVE_CHANNEL_MEMBER_ENTER");
    act("leave_voice", { channel: channel(2) });
    await check("AUDIO_OR_LIVE_CHANNEL_MEMBER_EXIT");
  });

  it("when members come, change and go, and react", async () => {
    const { emulator, bot, act, check, guild, channel } = await stage(true);
    act("join_guild", { guild, as: "dave" });
    const { user } = (await check("GUILD_MEMBER_ADD")).d;
    await bot.call("PUT", `/guilds/${guild}/members/${user.id}/roles/11`, {});
    expect((await check("GUILD_MEMBER_UPDATE")).d.roles).toContain("11");
    act("leave_guild", { guild, as: "dave" });
    expect((await check("GUILD_MEMBER_REMOVE")).d.op_user_id).toBe(user.id);
    const said = emulator.say({ as: "bob", scene: "channel", id: channel(0), content: "看" });
    const reaction = { channel: channel(0), message_id: said.message_id, type: 1, id: "277" };
    act("react", reaction);
    await check("MESSAGE_REACTION_ADD");
    act("unreact", reaction);
    await check("MESSAGE_REACTION_REMOVE");
  });

  it("when the bot plays something and takes the microphone", async () => {
    const { bot, check, channel } = await stage(true);
    const path = `/channels/${channel(2)}`;
    await bot.call("POST", `${path}/audio`, { status: 0, audio_url: "https://example.com/a.mp3", text: "歌" });
    await check("AUDIO_START");
    await bot.call("POST", `${path}/audio`, { status: 3 });
    expect((await check("AUDIO_FINISH")).d.text).toBe("歌");
    await bot.call("PUT", `${path}/mic`);
    await check("AUDIO_ON_MIC");
    await bot.call("DELETE", `${path}/mic`);
    await check("AUDIO_OFF_MIC");
  });

  it.each([
    ["in full for a bot of the private domain", true, "FORUM_"],
    ["with ids only for the others", false, "OPEN_FORUM_"],
  ])("when a forum moves, %s", async (_, isPrivateDomain, prefix) => {
    const { act, check, channel } = await stage(isPrivateDomain);
    const place = { channel: channel(10007) };
    const { thread_id } = act("post_thread", { ...place, title: "周末活动", content: "六点集合" });
    await check(`${prefix}THREAD_CREATE`);
    act("edit_thread", { ...place, thread_id, content: "七点集合" });
    await check(`${prefix}THREAD_UPDATE`);
    const { post_id } = act("post_in_thread", { ...place, thread_id, content: "我参加" });
    await check(`${prefix}POST_CREATE`);
    const { reply_id } = act("reply_to_post", { ...place, thread_id, post_id, content: "带上我" });
    await check(`${prefix}REPLY_CREATE`);
    act("drop_reply", { ...place, thread_id, post_id, reply_id });
    await check(`${prefix}REPLY_DELETE`);
    act("drop_post", { ...place, thread_id, post_id });
    await check(`${prefix}POST_DELETE`);
    act("drop_thread", { ...place, thread_id });
    await check(`${prefix}THREAD_DELETE`);
  });

  it("when a message of the bot is reviewed", async () => {
    const { emulator, bot, check, guild, channel } = await stage(true);
    emulator.act({ action: "review_messages", guild, held: true });
    const send = async () => (await bot.call("POST", `/channels/${channel(0)}/messages`, { content: "你好" })).body;
    const first = (await send()).data.message_audit.audit_id;
    emulator.act({ action: "approve_message", guild, audit_id: first });
    expect((await check("MESSAGE_AUDIT_PASS")).d.audit_id).toBe(first);
    const second = (await send()).data.message_audit.audit_id;
    emulator.act({ action: "reject_message", guild, audit_id: second });
    expect((await check("MESSAGE_AUDIT_REJECT")).d.audit_id).toBe(second);
  });

  it("when a thread of the bot is reviewed", async () => {
    const { bot, check, channel } = await stage(true);
    const thread = { title: "周末活动", content: "六点集合", format: 1 };
    const { task_id } = (await bot.call("PUT", `/channels/${channel(10007)}/threads`, thread)).body;
    await check("FORUM_THREAD_CREATE");
    expect((await check("FORUM_PUBLISH_AUDIT_RESULT")).d).toMatchObject({ task_id, type: 1, result: 0 });
  });
});
