import { z } from "zod";
import { forumAudit, forumPost, forumReply, forumThread, openForum } from "./forum.ts";
import { audioAction, channel, guild, guildMemberEvent, voiceChannelMember } from "./guild.ts";
import { interaction } from "./interaction.ts";
import { type ReplyLimit, replyLimits } from "./limits.ts";
import { looseNumber } from "./loose.ts";
import { chatMessage, guildMessage, messageAudit, messageDeletion, messageReaction } from "./message.ts";
import {
  enterChat,
  friendEvent,
  groupEvent,
  groupJoinRequest,
  groupMemberEvent,
  subscribeStatus,
} from "./relationship.ts";
import type { Scene } from "./scenes.ts";
import { guildUser } from "./user.ts";

/** What we know of one event type. Adding an event is adding one row to the table below. */
export interface EventSpec {
  type: string;
  /** null: comes without subscription. */
  intentBit: number | null;
  /** Family of place; "any": told by the payload. */
  scene: Scene | "guild" | "forum" | "meta" | "any";
  /** Which id makes a free reply possible. */
  replyWith: "msg_id" | "event_id" | null;
  /**
   * Epoch of receipt plus this. null without a reply, and for scene "any", where the scene's own window counts. For event_id
   * in private chats and groups the platform publishes none: the one of msg_id is assumed.
   */
  replyWindowMs: number | null;
  /** Published count of replies; null = none published. */
  replyMax: number | null;
  /** current = page of 2026-09; older = page of 2025 and before; sdk = known from official SDK code alone. */
  status: "current" | "older" | "sdk";
  summary: string;
  schema: z.ZodType;
  docs: string;
}

const wiki = "https://bot.q.qq.com/wiki/develop/api-v2";
const pages = {
  gateway: `${wiki}/dev-prepare/interface-framework/event-emit.html`,
  members: `${wiki}/server-inter/channel/role/guild_member.html`,
  reactions: `${wiki}/server-inter/message/trans/emoji.html`,
  messages: `${wiki}/server-inter/message/send-receive/event.html`,
  forum: `${wiki}/server-inter/channel/content/forum/forum.html`,
  botgo: "https://github.com/tencent-connect/botgo",
};

const ready = z.looseObject({
  session_id: z.string(),
  user: guildUser.nullish(),
  shard: z.array(z.number()).nullish(),
  version: looseNumber,
});
const resumed = z.unknown();

type Fact = Partial<Pick<EventSpec, "replyWith" | "status" | "docs">>;
type Row = readonly [type: string, summary: string, schema: z.ZodType, fact?: Fact];

/** Rows of one intent and place. */
function family(intentBit: number | null, scene: EventSpec["scene"], rows: readonly Row[]): EventSpec[] {
  const limit = limitOf(scene);
  return rows.map(([type, summary, schema, fact = {}]) => ({
    type,
    intentBit,
    scene,
    replyWith: fact.replyWith ?? null,
    replyWindowMs: fact.replyWith ? (limit?.windowMs ?? null) : null,
    replyMax: fact.replyWith === "msg_id" ? (limit?.max ?? null) : null,
    status: fact.status ?? "current",
    summary,
    schema,
    docs: fact.docs ?? `${wiki}/autogen/event/${type.toLowerCase()}.html`,
  }));
}

/** Replies to guild and forum events go to a channel. */
function limitOf(scene: EventSpec["scene"]): ReplyLimit | undefined {
  if (scene === "any" || scene === "meta") return undefined;
  return replyLimits[scene === "guild" || scene === "forum" ? "channel" : scene];
}

const byMessage: Fact = { replyWith: "msg_id" };
const byEvent: Fact = { replyWith: "event_id" };
const older = (docs: string, fact: Fact = {}): Fact => ({ ...fact, status: "older", docs });

export const eventSpecs: readonly EventSpec[] = [
  ...family(null, "meta", [
    ["READY", "The session begins", ready, { docs: pages.gateway }],
    ["RESUMED", "Everything missed was sent again", resumed, { docs: pages.gateway }],
  ]),
  ...family(0, "guild", [
    ["GUILD_CREATE", "The bot joined a guild", guild],
    ["GUILD_UPDATE", "A guild changed", guild],
    ["GUILD_DELETE", "A guild was dissolved or the bot removed", guild],
    ["CHANNEL_CREATE", "A channel was made", channel],
    ["CHANNEL_UPDATE", "A channel changed", channel],
    ["CHANNEL_DELETE", "A channel was deleted", channel],
  ]),
  ...family(1, "guild", [
    ["GUILD_MEMBER_ADD", "Someone joined a guild", guildMemberEvent, older(pages.members, byEvent)],
    ["GUILD_MEMBER_UPDATE", "A guild member changed", guildMemberEvent, older(pages.members, byEvent)],
    ["GUILD_MEMBER_REMOVE", "Someone left a guild", guildMemberEvent, older(pages.members, byEvent)],
  ]),
  ...family(9, "channel", [
    ["MESSAGE_CREATE", "Any message in a text channel (private-domain bots)", guildMessage, byMessage],
    ["MESSAGE_DELETE", "A message was recalled (private-domain bots)", messageDeletion, older(pages.messages)],
  ]),
  ...family(10, "channel", [
    ["MESSAGE_REACTION_ADD", "A reaction was added", messageReaction, { ...byEvent, docs: pages.reactions }],
    ["MESSAGE_REACTION_REMOVE", "A reaction was taken back", messageReaction, { ...byEvent, docs: pages.reactions }],
  ]),
  ...family(12, "dms", [
    ["DIRECT_MESSAGE_CREATE", "A private message inside a guild", guildMessage, byMessage],
    ["DIRECT_MESSAGE_DELETE", "Such a message was recalled", messageDeletion, older(pages.messages)],
  ]),
  ...family(18, "forum", [
    ["OPEN_FORUM_THREAD_CREATE", "A thread (public-domain bots; ids only)", openForum, older(pages.forum)],
    ["OPEN_FORUM_THREAD_UPDATE", "A thread changed", openForum, older(pages.forum)],
    ["OPEN_FORUM_THREAD_DELETE", "A thread was deleted", openForum, older(pages.forum)],
    ["OPEN_FORUM_POST_CREATE", "A post in a thread", openForum, older(pages.forum)],
    ["OPEN_FORUM_POST_DELETE", "A post was deleted", openForum, older(pages.forum)],
    ["OPEN_FORUM_REPLY_CREATE", "A reply to a post", openForum, older(pages.forum)],
    ["OPEN_FORUM_REPLY_DELETE", "A reply was deleted", openForum, older(pages.forum)],
  ]),
  ...family(19, "channel", [
    [
      "AUDIO_OR_LIVE_CHANNEL_MEMBER_ENTER",
      "Someone entered a voice or live channel",
      voiceChannelMember,
      older(pages.gateway),
    ],
    [
      "AUDIO_OR_LIVE_CHANNEL_MEMBER_EXIT",
      "Someone left a voice or live channel",
      voiceChannelMember,
      older(pages.gateway),
    ],
  ]),
  ...family(23, "c2c", [
    ["ENTER_AIO", "Someone opened the private chat", enterChat, { status: "sdk", docs: pages.botgo }],
  ]),
  ...family(24, "group", [
    ["GROUP_MEMBER_ADD", "Someone joined a group", groupMemberEvent, byEvent],
    ["GROUP_MEMBER_REMOVE", "Someone left a group or was removed", groupMemberEvent],
    ["GROUP_JOIN_REQUEST", "Someone asks to join (the bot is an admin)", groupJoinRequest],
  ]),
  ...family(25, "c2c", [
    ["C2C_MESSAGE_CREATE", "A private message to the bot", chatMessage, byMessage],
    ["FRIEND_ADD", "Someone added the bot", friendEvent, byEvent],
    ["FRIEND_DEL", "Someone removed the bot", friendEvent],
    ["C2C_MSG_REJECT", "Someone switched active messages off", friendEvent],
    ["C2C_MSG_RECEIVE", "Someone switched active messages on", friendEvent, byEvent],
    ["SUBSCRIBE_MESSAGE_STATUS", "Consent for subscription messages changed", subscribeStatus],
  ]),
  ...family(25, "group", [
    ["GROUP_AT_MESSAGE_CREATE", "A group message that mentions the bot", chatMessage, byMessage],
    ["GROUP_MESSAGE_CREATE", "Any group message, where the owner allows it", chatMessage, byMessage],
    ["GROUP_ADD_ROBOT", "The bot was added to a group", groupEvent, byEvent],
    ["GROUP_DEL_ROBOT", "The bot was removed from a group", groupEvent],
    ["GROUP_MSG_REJECT", "A group switched active messages off", groupEvent],
    ["GROUP_MSG_RECEIVE", "A group switched active messages on", groupEvent, byEvent],
  ]),
  ...family(26, "any", [["INTERACTION_CREATE", "A button, menu or consent was chosen", interaction, byEvent]]),
  ...family(27, "channel", [
    ["MESSAGE_AUDIT_PASS", "A held message was approved and sent", messageAudit],
    ["MESSAGE_AUDIT_REJECT", "A held message was refused", messageAudit],
  ]),
  ...family(28, "forum", [
    ["FORUM_THREAD_CREATE", "A thread (private-domain bots)", forumThread, older(pages.forum, byEvent)],
    ["FORUM_THREAD_UPDATE", "A thread changed", forumThread, older(pages.forum, byEvent)],
    ["FORUM_THREAD_DELETE", "A thread was deleted", forumThread, older(pages.forum, byEvent)],
    ["FORUM_POST_CREATE", "A post in a thread", forumPost, older(pages.forum, byEvent)],
    ["FORUM_POST_DELETE", "A post was deleted", forumPost, older(pages.forum, byEvent)],
    ["FORUM_REPLY_CREATE", "A reply to a post", forumReply, older(pages.forum, byEvent)],
    ["FORUM_REPLY_DELETE", "A reply was deleted", forumReply, older(pages.forum, byEvent)],
    ["FORUM_PUBLISH_AUDIT_RESULT", "Verdict on a post of the bot", forumAudit, older(pages.forum)],
  ]),
  ...family(29, "channel", [
    ["AUDIO_START", "Playback began", audioAction, older(pages.gateway)],
    ["AUDIO_FINISH", "Playback ended", audioAction, older(pages.gateway)],
    ["AUDIO_ON_MIC", "The bot took the microphone", audioAction, older(pages.gateway)],
    ["AUDIO_OFF_MIC", "The bot left the microphone", audioAction, older(pages.gateway)],
  ]),
  ...family(30, "channel", [
    ["AT_MESSAGE_CREATE", "A channel message that mentions the bot", guildMessage, byMessage],
    ["PUBLIC_MESSAGE_DELETE", "A message was recalled", messageDeletion, older(pages.messages)],
  ]),
];

export const eventTypes: readonly string[] = eventSpecs.map((spec) => spec.type);

const byType = new Map(eventSpecs.map((spec) => [spec.type, spec]));

/** undefined for types that we do not know: they are passed on as they are, never dropped. */
export function eventSpec(type: string): EventSpec | undefined {
  return byType.get(type);
}

/** Types that a subscription mask brings. */
export function eventTypesOf(intentBit: number): string[] {
  return eventSpecs.filter((spec) => spec.intentBit === intentBit).map((spec) => spec.type);
}

/** The window of a free reply to an event of this type in this scene; null when there is none. */
export function replyWindowOf(type: string, scene: Scene): number | null {
  const spec = byType.get(type);
  if (!spec?.replyWith) return null;
  return spec.replyWindowMs ?? replyLimits[scene].windowMs;
}
