import { type Call, ok, type Route, textOf } from "../call.ts";
import { tellOfChannel, wireChannel, wireMember } from "../guild-payloads.ts";
import { makeChannelState } from "../guild-state.ts";
import { decimalId, randomBytes } from "../identity.ts";
import { refuse } from "../refusal.ts";
import type { Channel, Guild } from "../world.ts";
import { guildChannelOf, guildOf, requireAdmin, requirePrivateDomain } from "./guild.ts";

const types = [0, 2, 4, 10005, 10006, 10007];
const live = 10005;

/** Channels: making, changing, deleting, and who is in those for voice. */
export const channelRoutes: readonly Route[] = [
  {
    endpoint: "channels.create",
    method: "POST",
    path: "/guilds/{guild_id}/channels",
    handle: (call) => {
      const { platform, params } = call;
      const { guild } = guildOf(platform, params.guild_id);
      requirePrivateDomain(platform);
      requireAdmin(platform);
      const channel = newChannel(call, guild);
      guild.channels.push(channel);
      place(guild, channel, numberOf(call, "position", [1, Number.MAX_SAFE_INTEGER]));
      tellOfChannel(platform, { type: "CHANNEL_CREATE", guild, channel, by: platform.world.bot.id });
      return ok(wireChannel(channel));
    },
  },
  {
    endpoint: "channels.update",
    method: "PATCH",
    path: "/channels/{channel_id}",
    handle: (call) => {
      const { platform, params } = call;
      const { guild, channel } = guildChannelOf(platform, params.channel_id);
      requirePrivateDomain(platform);
      requireAdmin(platform);
      const parentId = parentOf(call, guild);
      const position = numberOf(call, "position", [1, Number.MAX_SAFE_INTEGER]);
      const privateType = numberOf(call, "private_type", [0, 2]);
      const speakPermission = numberOf(call, "speak_permission", [0, 2]);
      channel.name = textOf(call.body, "name") ?? channel.name;
      channel.parentId = parentId ?? channel.parentId;
      channel.state.privateType = privateType ?? channel.state.privateType;
      channel.speakPermission = speakPermission || channel.speakPermission;
      if (position !== undefined) place(guild, channel, position);
      tellOfChannel(platform, { type: "CHANNEL_UPDATE", guild, channel, by: platform.world.bot.id });
      return ok(wireChannel(channel));
    },
  },
  {
    endpoint: "channels.delete",
    method: "DELETE",
    path: "/channels/{channel_id}",
    handle: ({ platform, params }) => {
      const { guild, channel } = guildChannelOf(platform, params.channel_id);
      requirePrivateDomain(platform);
      requireAdmin(platform);
      guild.channels = guild.channels.filter((other) => other !== channel);
      for (const child of guild.channels) if (child.parentId === channel.id) child.parentId = "0";
      tellOfChannel(platform, { type: "CHANNEL_DELETE", guild, channel, by: platform.world.bot.id });
      return ok({});
    },
  },
  {
    endpoint: "channels.online_nums",
    method: "GET",
    path: "/channels/{channel_id}/online_nums",
    handle: ({ platform, params }) => {
      const { channel } = guildChannelOf(platform, params.channel_id);
      return ok({ online_nums: channel.state.inVoice.size });
    },
  },
  {
    endpoint: "channels.voice_members",
    method: "GET",
    path: "/channels/{channel_id}/voice/members",
    handle: ({ platform, params }) => {
      const { guild, channel } = guildChannelOf(platform, params.channel_id);
      requirePrivateDomain(platform);
      if (channel.type !== 2 && channel.type !== live) refuse(13011, "not a voice channel");
      return ok(guild.members.filter((member) => channel.state.inVoice.has(member.user.id)).map(wireMember));
    },
  },
];

function newChannel(call: Call, guild: Guild): Channel {
  const { platform, body } = call;
  const name = textOf(body, "name") ?? refuse(12002, "request body is malformed: name");
  const type = numberOf(call, "type", [0, live + 2]) ?? refuse(12002, "request body is malformed: type");
  if (!types.includes(type)) refuse(12002, "request body is malformed: type");
  if (type === 4 && body.position === 1) refuse(12002, "categories begin at position 2");
  const subType = type === 0 ? (numberOf(call, "sub_type", [0, 3]) ?? 0) : 0;
  const listed = Array.isArray(body.private_user_ids) ? body.private_user_ids.map(String) : [];
  return {
    id: decimalId(8, platform.app.appId, "channel", guild.id, randomBytes(16).toString("hex")),
    guildId: guild.id,
    name,
    type,
    subType,
    position: guild.channels.length + 1,
    parentId: parentOf(call, guild) ?? "0",
    ownerId: platform.world.bot.id,
    speakPermission: numberOf(call, "speak_permission", [0, 2]) || (subType === 1 ? 2 : 1),
    state: {
      ...makeChannelState(),
      privateType: numberOf(call, "private_type", [0, 2]) ?? 0,
      listed: body.private_type === 2 ? listed : [],
      applicationId: type === 10006 ? (textOf(body, "application_id") ?? "") : "",
    },
  };
}

function parentOf({ body }: Call, guild: Guild): string | undefined {
  const id = textOf(body, "parent_id");
  if (id === undefined || id === "0") return id;
  if (!guild.channels.some((channel) => channel.id === id && channel.type === 4)) refuse(10003, "unknown category");
  return id;
}

function numberOf({ body }: Call, field: string, [low, high]: readonly [number, number]): number | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  const isInRange = typeof value === "number" && Number.isInteger(value) && value >= low && value <= high;
  return isInRange ? value : refuse(12002, `request body is malformed: ${field}`);
}

/** A taken position is inserted before; the positions that are kept are counted anew. */
function place(guild: Guild, channel: Channel, position: number | undefined): void {
  const others = guild.channels.filter((other) => other !== channel).sort((a, b) => a.position - b.position);
  others.splice(position === undefined ? others.length : Math.min(position - 1, others.length), 0, channel);
  for (const [index, each] of others.entries()) each.position = index + 1;
  guild.channels = others;
}
