import type { ChatMessage } from "./chats.ts";
import { secret } from "./identity.ts";
import type { Platform } from "./platform.ts";
import type { Channel, Dms, Group, Guild, Place, User, World } from "./world.ts";

/** Guild text travels escaped; `content` of events and of messages read back. */
export function escapeGuildText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

export function guildUser(user: User): Record<string, unknown> {
  return { id: user.guildUserId, username: user.name, avatar: user.avatar, bot: user.isBot };
}

export function botUser(world: World): Record<string, unknown> {
  return { id: world.bot.id, username: world.bot.name, avatar: world.bot.avatar, bot: true };
}

/** `d` of C2C_MESSAGE_CREATE. */
export function c2cMessage(platform: Platform, user: User, message: ChatMessage): Record<string, unknown> {
  const id = user.userOpenid;
  return {
    id: message.row.id,
    author: { id, user_openid: id, union_openid: "", username: "", bot: user.isBot },
    content: message.row.content,
    timestamp: platform.clock.timestamp(message.row.at),
    message_type: 0,
    message_scene: { source: "default", ext: [`msg_idx=${message.refIdx}`] },
    ...attachmentsOf(message),
  };
}

/** `d` of GROUP_AT_MESSAGE_CREATE and GROUP_MESSAGE_CREATE. `content` has the mentions in wire form. */
export function groupMessage(
  platform: Platform,
  facts: { group: Group; user: User; message: ChatMessage; content: string; mentions: readonly object[] },
): Record<string, unknown> {
  const { group, user, message, content, mentions } = facts;
  const member = group.members.find((candidate) => candidate.user === user);
  const id = member?.memberOpenid;
  return {
    id: message.row.id,
    author: {
      id,
      member_openid: id,
      member_role: member?.role,
      union_openid: "",
      username: user.name,
      bot: user.isBot,
    },
    content,
    group_id: group.id,
    group_openid: group.id,
    timestamp: platform.clock.timestamp(message.row.at),
    message_type: 0,
    message_scene: { source: "default", ext: [`msg_idx=${message.refIdx}`, `auth_token=v${secret(24)}`] },
    ...attachmentsOf(message),
    ...(mentions.length > 0 ? { mentions } : {}),
  };
}

export function groupMention(group: Group, user: User): object {
  const id = group.members.find((member) => member.user === user)?.memberOpenid;
  return { scope: "single", id, member_openid: id, username: user.name, bot: user.isBot, is_you: false };
}

export function groupMentionOfBot(world: World, group: Group): object {
  const id = group.botMemberOpenid;
  return { scope: "single", id, member_openid: id, username: world.bot.name, bot: true, is_you: true };
}

/** `d` of AT_MESSAGE_CREATE and MESSAGE_CREATE. */
export function channelMessage(
  platform: Platform,
  facts: { guild: Guild; channel: Channel; user: User; message: ChatMessage; content: string; mentions: object[] },
): Record<string, unknown> {
  const { guild, channel, user, message, content, mentions } = facts;
  const member = guild.members.find((candidate) => candidate.user === user);
  return {
    id: message.row.id,
    channel_id: channel.id,
    guild_id: guild.id,
    content,
    timestamp: platform.clock.timestamp(message.row.at),
    author: guildUser(user),
    member: { nick: user.name, roles: member?.roles ?? [], joined_at: member?.joinedAt },
    ...(mentions.length > 0 ? { mentions } : {}),
    seq: message.seq,
    seq_in_channel: String(message.seq),
    ...attachmentsOf(message),
  };
}

/** `d` of DIRECT_MESSAGE_CREATE. */
export function directMessage(platform: Platform, dms: Dms, message: ChatMessage): Record<string, unknown> {
  const member = dms.guild.members.find((candidate) => candidate.user === dms.user);
  return {
    id: message.row.id,
    channel_id: dms.channelId,
    guild_id: dms.id,
    src_guild_id: dms.guild.id,
    direct_message: true,
    content: escapeGuildText(message.row.content),
    timestamp: platform.clock.timestamp(message.row.at),
    author: guildUser(dms.user),
    member: { joined_at: member?.joinedAt },
    seq: message.seq,
    seq_in_channel: String(message.seq),
    ...attachmentsOf(message),
  };
}

function attachmentsOf({ attachments }: ChatMessage): object {
  return attachments ? { attachments } : {};
}

/** The Message object that guild sends and reads answer. */
export function guildMessage(platform: Platform, place: Place, message: ChatMessage): Record<string, unknown> {
  const { world } = platform;
  const author = world.users.find((user) => user.id === message.row.from);
  const where =
    place.scene === "dms"
      ? { channel_id: place.dms.channelId, guild_id: place.id, direct_message: true, src_guild_id: place.dms.guild.id }
      : { channel_id: place.id, guild_id: place.scene === "channel" ? place.guild.id : "" };
  return {
    id: message.row.id,
    ...where,
    content: escapeGuildText(message.row.content),
    timestamp: platform.clock.timestamp(message.row.at),
    tts: false,
    mention_everyone: false,
    author: author ? guildUser(author) : botUser(world),
    pinned: place.scene === "channel" && place.channel.state.pins.includes(message.row.id),
    type: 0,
    flags: 0,
    seq: message.seq,
    seq_in_channel: String(message.seq),
    ...attachmentsOf(message),
    ...(message.row.image_url && !message.attachments
      ? { attachments: [{ url: message.row.image_url.replace(/^https?:\/\//, "") }] }
      : {}),
    ...message.extras,
  };
}

/** `d` of the three kinds of deletion events. */
export function deletion(place: Place, author: User, message: ChatMessage): Record<string, unknown> {
  const where =
    place.scene === "dms"
      ? { channel_id: place.dms.channelId, guild_id: place.id, src_guild_id: place.dms.guild.id, direct_message: true }
      : { channel_id: place.id, guild_id: place.scene === "channel" ? place.guild.id : "" };
  return {
    message: {
      id: message.row.id,
      ...where,
      author: { id: author.guildUserId, username: author.name, bot: author.isBot },
    },
  };
}
