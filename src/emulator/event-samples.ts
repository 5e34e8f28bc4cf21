import { randomUUID } from "node:crypto";
import { InputError } from "../core/errors.ts";
import type { Conversation } from "../protocol/scenes.ts";
import type { ChatMessage } from "./chats.ts";
import { memberOpenidOf } from "./group-state.ts";
import { paragraphs, wireMember } from "./guild-payloads.ts";
import { forumId, guildMessageId, refIndex, secret, v2MessageId } from "./identity.ts";
import { botUser, c2cMessage, channelMessage, deletion, directMessage, groupMessage } from "./payloads.ts";
import type { EventType } from "./people.ts";
import type { Platform } from "./platform.ts";
import type { Channel, Dms, Group, Guild, GuildMember, User } from "./world.ts";

/** `d` of an event as it would look in this world, and where it is at home. */
export interface EventSample {
  d: unknown;
  conversation?: Conversation;
  guildId?: string;
}

type Make = (platform: Platform, type: EventType) => EventSample;

/** A sample of the type; a message in it is written into its conversation, so that the bot can answer it. */
export function sampleOf(platform: Platform, type: EventType): EventSample {
  return makers[type](platform, type);
}

function first<T>(found: T | undefined, what: string): T {
  if (found !== undefined) return found;
  throw new InputError("data", `this world has no ${what}: give data`);
}

const someUser = ({ world }: Platform): User => first(world.users[0], "people");
const someGuild = ({ world }: Platform): Guild => first(world.guilds[0], "guild");
const someGroup = ({ world }: Platform): Group => first(world.groups[0], "group");
const someMember = (guild: Guild): GuildMember => first(guild.members[1] ?? guild.members[0], "member in its guild");
const someChannel = (guild: Guild, type: number): Channel =>
  first(
    guild.channels.find((channel) => channel.type === type),
    `channel of type ${type}`,
  );
const someDms = ({ world }: Platform): Dms => first(world.dms[0], "private session in a guild");
const seconds = ({ clock }: Platform): number => Math.floor(clock.now() / 1000);

function write(platform: Platform, conversation: Conversation, from: User): ChatMessage {
  const isV2 = conversation.scene === "c2c" || conversation.scene === "group";
  return platform.chats.add({
    conversation,
    row: {
      ...{ id: isV2 ? v2MessageId() : guildMessageId(), from: from.id },
      ...{ content: "你好", at: platform.clock.now(), kind: "text" },
    },
    ...(isV2 ? { refIdx: refIndex() } : {}),
    isReported: true,
  });
}

const guildChange: Make = (platform) => {
  const { id, name, ownerId, members, joinedAt } = someGuild(platform);
  const facts = { id, name, icon: "", owner_id: ownerId, member_count: members.length, max_members: 1500 };
  return { guildId: id, d: { ...facts, description: "", joined_at: joinedAt, op_user_id: ownerId } };
};

const channelChange: Make = (platform) => {
  const { id, guildId, name, type, subType, position, ownerId } = someChannel(someGuild(platform), 0);
  const facts = { id, guild_id: guildId, name, type, sub_type: subType, position };
  return { guildId, d: { ...facts, owner_id: ownerId, op_user_id: ownerId } };
};

const memberChange: Make = (platform) => {
  const guild = someGuild(platform);
  const member = someMember(guild);
  return {
    guildId: guild.id,
    d: { guild_id: guild.id, ...wireMember(member), op_user_id: member.user.guildUserId },
  };
};

const inChannel: Make = (platform, type) => {
  const guild = someGuild(platform);
  const channel = someChannel(guild, 0);
  const { user } = someMember(guild);
  const conversation: Conversation = { scene: "channel", id: channel.id };
  const message = write(platform, conversation, user);
  const bot = botUser(platform.world);
  const isMention = type === "AT_MESSAGE_CREATE";
  const said = {
    content: `${isMention ? `<@!${bot.id}> ` : ""}${message.row.content}`,
    mentions: isMention ? [bot] : [],
  };
  return {
    conversation,
    guildId: guild.id,
    d: channelMessage(platform, { guild, channel, user, message, ...said }),
  };
};

const inChannelGone: Make = (platform) => {
  const guild = someGuild(platform);
  const channel = someChannel(guild, 0);
  const { user } = someMember(guild);
  const message = write(platform, { scene: "channel", id: channel.id }, user);
  const d = deletion({ scene: "channel", id: channel.id, channel, guild }, user, message);
  return { guildId: guild.id, d: { ...d, op_user: { id: guild.ownerId } } };
};

const reaction: Make = (platform) => {
  const guild = someGuild(platform);
  const channel = someChannel(guild, 0);
  const { user } = someMember(guild);
  const target = { id: write(platform, { scene: "channel", id: channel.id }, user).row.id };
  const place = { user_id: user.guildUserId, guild_id: guild.id, channel_id: channel.id };
  const emoji = { id: "277", type: 1 };
  return { guildId: guild.id, d: { ...place, target: { ...target, type: "ReactionTargetType_MSG" }, emoji } };
};

const inDms: Make = (platform) => {
  const dms = someDms(platform);
  const conversation: Conversation = { scene: "dms", id: dms.id };
  const message = write(platform, conversation, dms.user);
  return { conversation, guildId: dms.guild.id, d: directMessage(platform, dms, message) };
};

const inDmsGone: Make = (platform) => {
  const dms = someDms(platform);
  const message = write(platform, { scene: "dms", id: dms.id }, dms.user);
  const d = deletion({ scene: "dms", id: dms.id, dms }, dms.user, message);
  return { guildId: dms.guild.id, d: { ...d, op_user: { id: dms.user.guildUserId } } };
};

function forumPlace(platform: Platform) {
  const guild = someGuild(platform);
  const channel = someChannel(guild, 10_007);
  return { guild_id: guild.id, channel_id: channel.id, author_id: someMember(guild).user.guildUserId };
}

const openForum: Make = (platform) => {
  const d = forumPlace(platform);
  return { guildId: d.guild_id, d };
};

const forum: Make = (platform, type) => {
  const d = forumPlace(platform);
  const thread = { thread_id: forumId("B") };
  const text = { content: paragraphs("你好"), date_time: platform.clock.timestamp() };
  const post = { ...thread, post_id: forumId("C") };
  const info = type.startsWith("FORUM_THREAD")
    ? { thread_info: { ...thread, title: paragraphs("周末活动"), ...text } }
    : type.startsWith("FORUM_POST")
      ? { post_info: { ...post, ...text } }
      : { reply_info: { ...post, reply_id: forumId("R"), ...text } };
  return { guildId: d.guild_id, d: { ...d, ...info } };
};

const forumVerdict: Make = (platform) => {
  const place = forumPlace(platform);
  const what = { thread_id: forumId("B"), post_id: "", reply_id: "", type: 1, result: 0, err_msg: "" };
  const d = { task_id: String(platform.clock.now()), ...place, ...what, date_time: platform.clock.timestamp() };
  return { guildId: place.guild_id, d };
};

const voice: Make = (platform) => {
  const guild = someGuild(platform);
  const channel = { channel_id: someChannel(guild, 2).id, channel_type: 2 };
  return { guildId: guild.id, d: { guild_id: guild.id, ...channel, user_id: someMember(guild).user.guildUserId } };
};

const audio: Make = (platform, type) => {
  const guild = someGuild(platform);
  const isPlaying = type === "AUDIO_START" || type === "AUDIO_FINISH";
  const sound = isPlaying ? { audio_url: "https://example.com/a.mp3", text: "示例歌曲" } : { audio_url: "", text: "" };
  return { guildId: guild.id, d: { guild_id: guild.id, channel_id: someChannel(guild, 2).id, ...sound } };
};

const review: Make = (platform, type) => {
  const guild = someGuild(platform);
  const at = platform.clock.timestamp();
  const times = { audit_id: randomUUID(), audit_time: at, create_time: at };
  const sent = type === "MESSAGE_AUDIT_PASS" ? { message_id: guildMessageId(), seq_in_channel: "1" } : {};
  const place = { guild_id: guild.id, channel_id: someChannel(guild, 0).id };
  return { guildId: guild.id, d: { ...times, ...place, ...sent } };
};

const inPrivate: Make = (platform) => {
  const user = someUser(platform);
  const conversation: Conversation = { scene: "c2c", id: user.userOpenid };
  return { conversation, d: c2cMessage(platform, user, write(platform, conversation, user)) };
};

const enter: Make = (platform) => ({ d: { user_openid: someUser(platform).userOpenid, from_source: "search" } });

const friend: Make = (platform, type) => {
  const openid = someUser(platform).userOpenid;
  const source = type === "FRIEND_ADD" ? { scene: 1001, scene_param: "" } : {};
  const author = type.startsWith("FRIEND") ? { author: { union_openid: "" } } : {};
  return {
    conversation: { scene: "c2c", id: openid },
    d: { openid, timestamp: seconds(platform), ...source, ...author },
  };
};

const consent: Make = (platform) => {
  const at = { subscribe_ts: seconds(platform), update_ts: seconds(platform) };
  const row = { template_id: 10_001, custom_template_id: "tpl_10001", op: 1, subscribe_id: "sub_10001", ...at };
  return { d: { openid: someUser(platform).userOpenid, result: [row] } };
};

const inGroup: Make = (platform) => {
  const group = someGroup(platform);
  const { user } = first(group.members[0], "member in its group");
  const conversation: Conversation = { scene: "group", id: group.id };
  const message = write(platform, conversation, user);
  const { content } = message.row;
  return { conversation, d: groupMessage(platform, { group, user, message, content, mentions: [] }) };
};

const groupMember: Make = (platform) => {
  const group = someGroup(platform);
  const member = first(group.members.at(-1), "member in its group");
  const d = { timestamp: seconds(platform), group_openid: group.id, member_openid: member.memberOpenid };
  return { conversation: { scene: "group", id: group.id }, d: { ...d, user_openid: "" } };
};

const joinRequest: Make = (platform) => {
  const group = someGroup(platform);
  const user = first(platform.world.users.at(-1), "people");
  const who = { union_openid: "", member_openid: memberOpenidOf(platform, group, user), username: user.name };
  const how = { apply_at: platform.clock.timestamp(), apply_source: "self_apply", bot: false };
  const verify = { verify_info: { method: "verify_message", verify_message: "朋友推荐" } };
  const request = { group_openid: group.id, join_request_id: `AV${secret(48)}`, risk_tips: "" };
  return { d: { ...request, ...who, ...how, ...verify } };
};

const groupSetting: Make = (platform) => {
  const group = someGroup(platform);
  const op = first(group.members[0], "member in its group").memberOpenid;
  return {
    conversation: { scene: "group", id: group.id },
    d: { group_openid: group.id, op_member_openid: op, timestamp: seconds(platform) },
  };
};

/** A command of the bot's menu: the kind of interaction that needs no message before it. */
const menuChoice: Make = (platform) => {
  const { userOpenid } = someUser(platform);
  const who = { scene: "c2c", chat_type: 2, timestamp: platform.clock.timestamp(), user_openid: userOpenid };
  const data = { data: { type: 12, resolved: { feature_id: "101" } }, version: 1 };
  return {
    conversation: { scene: "c2c", id: userOpenid },
    d: { id: randomUUID(), application_id: platform.app.appId, type: 12, ...who, ...data },
  };
};

const makers: Readonly<Record<EventType, Make>> = {
  ...{ GUILD_CREATE: guildChange, GUILD_UPDATE: guildChange, GUILD_DELETE: guildChange },
  ...{ CHANNEL_CREATE: channelChange, CHANNEL_UPDATE: channelChange, CHANNEL_DELETE: channelChange },
  ...{ GUILD_MEMBER_ADD: memberChange, GUILD_MEMBER_UPDATE: memberChange, GUILD_MEMBER_REMOVE: memberChange },
  ...{ MESSAGE_CREATE: inChannel, AT_MESSAGE_CREATE: inChannel },
  ...{ MESSAGE_DELETE: inChannelGone, PUBLIC_MESSAGE_DELETE: inChannelGone },
  ...{ MESSAGE_REACTION_ADD: reaction, MESSAGE_REACTION_REMOVE: reaction },
  ...{ DIRECT_MESSAGE_CREATE: inDms, DIRECT_MESSAGE_DELETE: inDmsGone },
  ...{ OPEN_FORUM_THREAD_CREATE: openForum, OPEN_FORUM_THREAD_UPDATE: openForum, OPEN_FORUM_THREAD_DELETE: openForum },
  ...{ OPEN_FORUM_POST_CREATE: openForum, OPEN_FORUM_POST_DELETE: openForum },
  ...{ OPEN_FORUM_REPLY_CREATE: openForum, OPEN_FORUM_REPLY_DELETE: openForum },
  ...{ FORUM_THREAD_CREATE: forum, FORUM_THREAD_UPDATE: forum, FORUM_THREAD_DELETE: forum },
  ...{ FORUM_POST_CREATE: forum, FORUM_POST_DELETE: forum, FORUM_REPLY_CREATE: forum, FORUM_REPLY_DELETE: forum },
  FORUM_PUBLISH_AUDIT_RESULT: forumVerdict,
  ...{ AUDIO_OR_LIVE_CHANNEL_MEMBER_ENTER: voice, AUDIO_OR_LIVE_CHANNEL_MEMBER_EXIT: voice },
  ...{ AUDIO_START: audio, AUDIO_FINISH: audio, AUDIO_ON_MIC: audio, AUDIO_OFF_MIC: audio },
  ...{ MESSAGE_AUDIT_PASS: review, MESSAGE_AUDIT_REJECT: review },
  ENTER_AIO: enter,
  ...{ GROUP_MEMBER_ADD: groupMember, GROUP_MEMBER_REMOVE: groupMember, GROUP_JOIN_REQUEST: joinRequest },
  ...{ C2C_MESSAGE_CREATE: inPrivate, GROUP_AT_MESSAGE_CREATE: inGroup, GROUP_MESSAGE_CREATE: inGroup },
  ...{ FRIEND_ADD: friend, FRIEND_DEL: friend, C2C_MSG_REJECT: friend, C2C_MSG_RECEIVE: friend },
  SUBSCRIBE_MESSAGE_STATUS: consent,
  ...{ GROUP_ADD_ROBOT: groupSetting, GROUP_DEL_ROBOT: groupSetting },
  ...{ GROUP_MSG_REJECT: groupSetting, GROUP_MSG_RECEIVE: groupSetting },
  INTERACTION_CREATE: menuChoice,
};
