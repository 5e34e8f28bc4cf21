import type { Schedule, Thread } from "./guild-state.ts";
import { botUser, guildUser } from "./payloads.ts";
import { type EventType, makeEvent } from "./people.ts";
import type { Platform } from "./platform.ts";
import type { Channel, Guild, GuildMember } from "./world.ts";
import { pushWorld } from "./world-push.ts";

export function wireChannel(channel: Channel): Record<string, unknown> {
  return {
    id: channel.id,
    guild_id: channel.guildId,
    name: channel.name,
    type: channel.type,
    sub_type: channel.subType,
    position: channel.position,
    parent_id: channel.parentId,
    owner_id: channel.ownerId,
    private_type: channel.state.privateType,
    speak_permission: channel.speakPermission,
    application_id: channel.state.applicationId,
    permissions: "7",
  };
}

export function wireMember(member: GuildMember): Record<string, unknown> {
  return { user: guildUser(member.user), nick: member.user.name, roles: member.roles, joined_at: member.joinedAt };
}

export function wireThread({ guild, channel, thread }: ThreadPlace, at: string): Record<string, unknown> {
  return {
    guild_id: guild.id,
    channel_id: channel.id,
    author_id: thread.authorId,
    thread_info: { thread_id: thread.id, title: thread.title, content: thread.content, date_time: at },
  };
}

export function wireSchedule(platform: Platform, guild: Guild, schedule: Schedule): Record<string, unknown> {
  const { id, username, bot } = botUser(platform.world);
  return {
    id: schedule.id,
    name: schedule.name,
    description: schedule.description,
    start_timestamp: String(schedule.startAt),
    end_timestamp: String(schedule.endAt),
    creator: { user: { id, username, bot }, nick: "", joined_at: guild.joinedAt },
    jump_channel_id: schedule.jumpChannelId,
    remind_type: schedule.remindType,
  };
}

/** Sends an event of a guild; answers its outer id. With `channelId` the bot may answer it in that channel, else in any of the guild. */
export function tellOfGuild(
  platform: Platform,
  facts: { type: EventType; guild: Guild; d: Record<string, unknown>; isReplyable?: boolean },
): string {
  const event = makeEvent(facts.type, facts.d, facts.guild.id);
  if (facts.isReplyable) {
    platform.replies.noteEvent({ id: event.id, guildId: facts.guild.id, at: platform.clock.now() });
  }
  platform.dispatch(event);
  return event.id;
}

/** CHANNEL_CREATE, CHANNEL_UPDATE, CHANNEL_DELETE. */
export function tellOfChannel(
  platform: Platform,
  facts: { type: EventType; guild: Guild; channel: Channel; by: string },
): string {
  pushWorld(platform);
  const { id, guildId, name, type, subType, position, ownerId } = facts.channel;
  const d = { id, guild_id: guildId, name, type, sub_type: subType, position, owner_id: ownerId, op_user_id: facts.by };
  return tellOfGuild(platform, { type: facts.type, guild: facts.guild, d });
}

/** GUILD_MEMBER_ADD, GUILD_MEMBER_UPDATE, GUILD_MEMBER_REMOVE. */
export function tellOfMember(
  platform: Platform,
  facts: { type: EventType; guild: Guild; member: GuildMember; by: string },
): string {
  pushWorld(platform);
  const { guild, member } = facts;
  const d = { guild_id: guild.id, ...wireMember(member), op_user_id: facts.by };
  return tellOfGuild(platform, { type: facts.type, guild, d, isReplyable: true });
}

/** MESSAGE_REACTION_ADD, MESSAGE_REACTION_REMOVE. */
export function tellOfReaction(
  platform: Platform,
  facts: { type: EventType; guild: Guild; channelId: string; messageId: string; by: string; emoji: object },
): string {
  const d = {
    user_id: facts.by,
    guild_id: facts.guild.id,
    channel_id: facts.channelId,
    target: { id: facts.messageId, type: "ReactionTargetType_MSG" },
    emoji: facts.emoji,
  };
  return tellOfGuild(platform, { type: facts.type, guild: facts.guild, d, isReplyable: true });
}

export interface ThreadPlace {
  guild: Guild;
  channel: Channel;
  thread: Thread;
}

type ForumChange = "THREAD_CREATE" | "THREAD_UPDATE" | "THREAD_DELETE" | ForumEntry;
type ForumEntry = "POST_CREATE" | "POST_DELETE" | "REPLY_CREATE" | "REPLY_DELETE";

/** One happening in a forum: FORUM_* in full for bots of the private domain, OPEN_FORUM_* with ids for the others. */
export function tellOfForum(
  platform: Platform,
  facts: { change: ForumChange; guild: Guild; channel: Channel; authorId: string; info: Record<string, unknown> },
): string {
  const { change, guild, channel, authorId, info } = facts;
  const place = { guild_id: guild.id, channel_id: channel.id, author_id: authorId };
  if (!platform.dials.isPrivateDomain) {
    return tellOfGuild(platform, { type: `OPEN_FORUM_${change}`, guild, d: place });
  }
  const key = change.startsWith("THREAD") ? "thread_info" : change.startsWith("POST") ? "post_info" : "reply_info";
  return tellOfGuild(platform, { type: `FORUM_${change}`, guild, d: { ...place, [key]: info }, isReplyable: true });
}

/** `thread_info` of events: the title is JSON text too there. */
export function threadInfo(platform: Platform, thread: Thread): Record<string, unknown> {
  return {
    thread_id: thread.id,
    title: paragraphs(thread.title),
    content: thread.content,
    date_time: platform.clock.timestamp(thread.at),
  };
}

/** Plain text in the form in which forums keep it: one paragraph per line. */
export function paragraphs(text: string): string {
  const lines = text.split("\n");
  return JSON.stringify({
    paragraphs: lines.map((line) => ({ elems: [{ text: { text: line }, type: 1 }], props: {} })),
  });
}
