import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { hasIntent } from "../protocol/intents.ts";
import { type Scene, scenes } from "../protocol/scenes.ts";
import { attachmentInput, storeAttachments } from "./attachments.ts";
import type { ChatMessage } from "./chats.ts";
import { missing } from "./control-errors.ts";
import { checkMaySpeak } from "./group-state.ts";
import { checkMayWrite } from "./guild-state.ts";
import { eventId, guildMessageId, refIndex, v2MessageId } from "./identity.ts";
import {
  c2cMessage,
  channelMessage,
  deletion,
  directMessage,
  escapeGuildText,
  groupMention,
  groupMentionOfBot,
  groupMessage,
  guildUser,
} from "./payloads.ts";
import type { Platform } from "./platform.ts";
import type { GatewayEvent } from "./sessions.ts";
import { type Channel, findPlace, type Group, type Guild, type Place, peopleIn, sceneOf, type User } from "./world.ts";

export const sayInput = z.strictObject({
  as: z.string().min(1),
  scene: z.enum(scenes),
  id: z.string().min(1),
  content: z.string(),
  mention: z.boolean().optional(),
  attachments: z.array(attachmentInput).max(10).optional(),
});
export type SayInput = z.infer<typeof sayInput>;

export interface SayResult {
  /** Outer id of the event that told the bot; null when the platform tells it nothing. */
  event_id: string | null;
  message_id: string;
}

/** Intent bits of the events that people cause. */
export const intentBits = {
  C2C_MESSAGE_CREATE: 25,
  GROUP_AT_MESSAGE_CREATE: 25,
  GROUP_MESSAGE_CREATE: 25,
  AT_MESSAGE_CREATE: 30,
  MESSAGE_CREATE: 9,
  DIRECT_MESSAGE_CREATE: 12,
  PUBLIC_MESSAGE_DELETE: 30,
  MESSAGE_DELETE: 9,
  DIRECT_MESSAGE_DELETE: 12,
  INTERACTION_CREATE: 26,
  CHANNEL_CREATE: 0,
  CHANNEL_UPDATE: 0,
  CHANNEL_DELETE: 0,
  GUILD_CREATE: 0,
  GUILD_UPDATE: 0,
  GUILD_DELETE: 0,
  GUILD_MEMBER_ADD: 1,
  GUILD_MEMBER_UPDATE: 1,
  GUILD_MEMBER_REMOVE: 1,
  MESSAGE_REACTION_ADD: 10,
  MESSAGE_REACTION_REMOVE: 10,
  OPEN_FORUM_THREAD_CREATE: 18,
  OPEN_FORUM_THREAD_UPDATE: 18,
  OPEN_FORUM_THREAD_DELETE: 18,
  OPEN_FORUM_POST_CREATE: 18,
  OPEN_FORUM_POST_DELETE: 18,
  OPEN_FORUM_REPLY_CREATE: 18,
  OPEN_FORUM_REPLY_DELETE: 18,
  AUDIO_OR_LIVE_CHANNEL_MEMBER_ENTER: 19,
  AUDIO_OR_LIVE_CHANNEL_MEMBER_EXIT: 19,
  MESSAGE_AUDIT_PASS: 27,
  MESSAGE_AUDIT_REJECT: 27,
  FORUM_THREAD_CREATE: 28,
  FORUM_THREAD_UPDATE: 28,
  FORUM_THREAD_DELETE: 28,
  FORUM_POST_CREATE: 28,
  FORUM_POST_DELETE: 28,
  FORUM_REPLY_CREATE: 28,
  FORUM_REPLY_DELETE: 28,
  FORUM_PUBLISH_AUDIT_RESULT: 28,
  AUDIO_START: 29,
  AUDIO_FINISH: 29,
  AUDIO_ON_MIC: 29,
  AUDIO_OFF_MIC: 29,
  ENTER_AIO: 23,
  GROUP_MEMBER_ADD: 24,
  GROUP_MEMBER_REMOVE: 24,
  GROUP_JOIN_REQUEST: 24,
  GROUP_ADD_ROBOT: 25,
  GROUP_DEL_ROBOT: 25,
  GROUP_MSG_REJECT: 25,
  GROUP_MSG_RECEIVE: 25,
  FRIEND_ADD: 25,
  FRIEND_DEL: 25,
  C2C_MSG_REJECT: 25,
  C2C_MSG_RECEIVE: 25,
  SUBSCRIBE_MESSAGE_STATUS: 25,
} as const;
export type EventType = keyof typeof intentBits;

/** Somebody writes a message. Throws InputError when they cannot. `<@alice>` in the text mentions people. */
export function say(platform: Platform, input: SayInput): SayResult {
  const { place, user } = locate(platform, input);
  const { attachments: sent = [] } = input;
  if (input.content.trim() === "" && sent.length === 0) throw new InputError("content", "a message must not be empty");
  if (input.content.length > platform.dials.maxTextLength) {
    throw new InputError("content", `a message may have ${platform.dials.maxTextLength} characters`);
  }
  if (place.scene === "channel") checkMayWrite(place, user, platform.clock.now());
  if (place.scene === "group") checkMaySpeak(place.group, user, platform.clock.now());
  const isV2 = place.scene === "c2c" || place.scene === "group";
  const isMention = input.mention === true && (place.scene === "group" || place.scene === "channel");
  const attachments = storeAttachments(platform, place.scene, sent);
  const picture = attachments.find(({ content_type }) => content_type.startsWith("image/"));
  const message = platform.chats.add({
    conversation: { scene: place.scene, id: place.id },
    row: {
      id: isV2 ? v2MessageId() : guildMessageId(),
      from: user.id,
      content: input.content,
      at: platform.clock.now(),
      kind: "text",
      ...(picture ? { image_url: picture.url } : {}),
      ...(isMention ? { mention: true } : {}),
    },
    ...(isV2 ? { refIdx: refIndex() } : {}),
    isReported: false,
    ...(attachments.length > 0 ? { attachments } : {}),
  });
  const events = eventsOf(platform, { place, user, message, isMention });
  message.isReported = events.length > 0;
  for (const event of events) platform.dispatch(event);
  return { event_id: events[0]?.id ?? null, message_id: message.row.id };
}

/** Somebody of the world by our short name. Throws InputError for everybody else. */
export function userOf(platform: Platform, id: string): User {
  const user = platform.world.users.find((candidate) => candidate.id === id);
  if (user) return user;
  const names = platform.world.users.map((candidate) => candidate.id).join(", ");
  throw new InputError("as", `no user ${id}: the users are ${names}`);
}

/** The place and the person of a request of the control API; both must exist and belong together. */
export function locate(
  platform: Platform,
  input: { as: string; scene: Scene; id: string },
): { place: Place; user: User } {
  const user = userOf(platform, input.as);
  const place = findConversation(platform, input);
  if (!peopleIn(place).includes(user)) throw new InputError("as", `${input.as} is not in this conversation`);
  return { place, user };
}

export function findConversation(platform: Platform, { scene, id }: { scene: Scene; id: string }): Place {
  const place = findPlace(platform.world, { scene, id });
  if (place) return place;
  const other = sceneOf(platform.world, id);
  throw new InputError("id", other ? `${id} is an id of scene ${other}, not ${scene}` : `no ${scene} ${id}`);
}

/** One event of the outside world, on its way to the sessions that asked for its intent. */
export function makeEvent(type: EventType, d: unknown, guildId?: string): GatewayEvent {
  return { type, id: eventId(type), d, intentBit: intentBits[type], ...(guildId === undefined ? {} : { guildId }) };
}

interface Said {
  place: Place;
  user: User;
  message: ChatMessage;
  isMention: boolean;
}

function eventsOf(platform: Platform, said: Said): GatewayEvent[] {
  const { place, user, message } = said;
  if (place.scene === "c2c") return [makeEvent("C2C_MESSAGE_CREATE", c2cMessage(platform, user, message))];
  if (place.scene === "dms") {
    if (!place.dms.guild.state.isBotIn) return [];
    return [makeEvent("DIRECT_MESSAGE_CREATE", directMessage(platform, place.dms, message), place.dms.guild.id)];
  }
  return place.scene === "group"
    ? groupEvents(platform, place.group, said)
    : channelEvents(platform, { ...said, guild: place.guild, channel: place.channel });
}

const mentionMark = /<@([^<>\s]+)>/g;

function mentioned(platform: Platform, place: Place, content: string): User[] {
  const ids = new Set([...content.matchAll(mentionMark)].map((match) => match[1]));
  return peopleIn(place).filter((user) => ids.has(user.id) && platform.world.users.includes(user));
}

function groupEvents(platform: Platform, group: Group, { place, user, message, isMention }: Said): GatewayEvent[] {
  if (!group.state.bot.isIn) return [];
  const readsAll = group.recvMsgSetting === "all";
  if (!isMention && !readsAll) return [];
  const others = mentioned(platform, place, message.row.content);
  const text = message.row.content.replace(mentionMark, (whole, id) => {
    const member = group.members.find((candidate) => candidate.user.id === id);
    return member ? `<@${member.memberOpenid}>` : whole;
  });
  // The mention of the bot is taken out; the blank that stood behind it stays.
  const content = isMention ? ` ${text}` : text;
  const mentions = others.map((other) => groupMention(group, other));
  if (isMention && readsAll) mentions.unshift(groupMentionOfBot(platform.world, group));
  const type = readsAll ? "GROUP_MESSAGE_CREATE" : "GROUP_AT_MESSAGE_CREATE";
  return [makeEvent(type, groupMessage(platform, { group, user, message, content, mentions }))];
}

function channelEvents(platform: Platform, said: Said & { guild: Guild; channel: Channel }): GatewayEvent[] {
  const { place, guild, message, isMention } = said;
  if (!guild.state.isBotIn) return [];
  const { bot } = platform.world;
  const others = mentioned(platform, place, message.row.content);
  const parts = message.row.content.split(/(<@[^<>\s]+>)/).map((part) => {
    const id = /^<@([^<>\s]+)>$/.exec(part)?.[1];
    const other = others.find((candidate) => candidate.id === id);
    return other ? `<@!${other.guildUserId}>` : escapeGuildText(part);
  });
  const content = `${isMention ? `<@!${bot.id}> ` : ""}${parts.join("")}`;
  const mentions = others.map(guildUser);
  if (isMention) mentions.unshift({ id: bot.id, username: bot.name, avatar: bot.avatar, bot: true });
  const d = channelMessage(platform, { ...said, content, mentions });
  const events: GatewayEvent[] = [];
  if (isMention) events.push(makeEvent("AT_MESSAGE_CREATE", d, guild.id));
  // Every message, for bots of the private domain: a mention then comes twice, under the same d.id.
  if (hasIntent(platform.dials.grantedIntents, intentBits.MESSAGE_CREATE)) {
    events.push(makeEvent("MESSAGE_CREATE", d, guild.id));
  }
  return events;
}

export const recallInput = z.strictObject({
  as: z.string().min(1),
  scene: z.enum(scenes),
  id: z.string().min(1),
  message_id: z.string().min(1),
});

/** Somebody takes a message back: their own, or anybody's where they own or manage the place. */
export function recallAs(platform: Platform, input: z.infer<typeof recallInput>): { event_id: string | null } {
  const { place, user } = locate(platform, input);
  const message = platform.chats.find(place, input.message_id);
  if (!message) throw missing("message_id", "no such message in this conversation");
  if (message.row.recalled) throw new InputError("message_id", "already recalled");
  if (message.row.from !== user.id && !manages(place, user)) {
    throw new InputError("message_id", "only the writer, the owner and admins can recall it");
  }
  message.row.recalled = true;
  platform.chats.touch(message);
  const author = platform.world.users.find((candidate) => candidate.id === message.row.from);
  if (!author || !message.isReported || (place.scene !== "channel" && place.scene !== "dms")) return { event_id: null };
  const d = { ...deletion(place, author, message), op_user: { id: user.guildUserId } };
  const types: EventType[] = place.scene === "dms" ? ["DIRECT_MESSAGE_DELETE"] : [];
  if (place.scene === "channel" && message.row.mention) types.push("PUBLIC_MESSAGE_DELETE");
  if (place.scene === "channel" && hasIntent(platform.dials.grantedIntents, intentBits.MESSAGE_DELETE))
    types.push("MESSAGE_DELETE");
  const guildId = place.scene === "dms" ? place.dms.guild.id : place.guild.id;
  const events = types.map((type) => makeEvent(type, d, guildId));
  for (const event of events) platform.dispatch(event);
  return { event_id: events[0]?.id ?? null };
}

/** Owner or admin of a group or guild. */
export function manages(place: Place, user: User): boolean {
  if (place.scene === "group") {
    return place.group.members.some((member) => member.user === user && member.role !== "member");
  }
  if (place.scene !== "channel") return false;
  const roles = place.guild.members.find((member) => member.user === user)?.roles ?? [];
  return roles.includes("4") || roles.includes("2");
}
