import { limitOf, ok, type Route } from "../call.ts";
import { wireChannel, wireMember } from "../guild-payloads.ts";
import type { Platform } from "../platform.ts";
import { refuse } from "../refusal.ts";
import type { Channel, Guild, GuildMember } from "../world.ts";

/** Guilds, channels, members and roles: reading. */
export const guildRoutes: readonly Route[] = [
  {
    endpoint: "guilds.get",
    method: "GET",
    path: "/guilds/{guild_id}",
    handle: ({ platform, params }) => ok(guildOf(platform, params.guild_id).wire),
  },
  {
    endpoint: "channels.list",
    method: "GET",
    path: "/guilds/{guild_id}/channels",
    handle: ({ platform, params }) => ok(guildOf(platform, params.guild_id).guild.channels.map(wireChannel)),
  },
  {
    endpoint: "channels.get",
    method: "GET",
    path: "/channels/{channel_id}",
    handle: ({ platform, params }) => {
      return ok(wireChannel(guildChannelOf(platform, params.channel_id).channel));
    },
  },
  {
    endpoint: "members.list",
    method: "GET",
    path: "/guilds/{guild_id}/members",
    handle: ({ platform, params, query }) => {
      const { guild } = guildOf(platform, params.guild_id);
      requirePrivateDomain(platform);
      const sorted = [...guild.members].sort((a, b) => (BigInt(idOf(a)) < BigInt(idOf(b)) ? -1 : 1));
      const after = /^\d+$/.test(query.after ?? "") ? BigInt(query.after ?? "0") : 0n;
      const page = sorted.filter((member) => BigInt(idOf(member)) > after).slice(0, limitOf(query, 1, 400));
      return ok(page.map(wireMember));
    },
  },
  {
    endpoint: "members.get",
    method: "GET",
    path: "/guilds/{guild_id}/members/{user_id}",
    handle: ({ platform, params }) => {
      const { guild } = guildOf(platform, params.guild_id);
      return ok(wireMember(guildMemberOf(guild, params.user_id)));
    },
  },
  {
    endpoint: "roles.list",
    method: "GET",
    path: "/guilds/{guild_id}/roles",
    handle: ({ platform, params }) => {
      const { guild } = guildOf(platform, params.guild_id);
      return ok({ guild_id: guild.id, roles: guild.roles, role_num_limit: "30" });
    },
  },
  {
    endpoint: "roles.members.list",
    method: "GET",
    path: "/guilds/{guild_id}/roles/{role_id}/members",
    handle: ({ platform, params, query }) => {
      const { guild } = guildOf(platform, params.guild_id);
      requirePrivateDomain(platform);
      const { role_id: roleId = "" } = params;
      if (!guild.roles.some((role) => role.id === roleId)) refuse(12001, "unknown role");
      const holders = guild.members.filter((member) => member.roles.includes(roleId));
      const start = Number(query.start_index ?? 0) || 0;
      const page = holders.slice(start, start + limitOf(query, 1, 400));
      return ok({ data: page.map(wireMember), next: String(start + page.length) });
    },
  },
];

export function guildOf(platform: Platform, id: string | undefined): { guild: Guild; wire: Record<string, unknown> } {
  const guild = platform.world.guilds.find((candidate) => candidate.id === id && candidate.state.isBotIn);
  if (!guild) refuse(10004, "unknown guild");
  const wire = {
    id: guild.id,
    name: guild.name,
    icon: `https://groupprohead.gtimg.cn/${guild.id}/100`,
    owner_id: guild.ownerId,
    owner: false,
    joined_at: guild.joinedAt,
    member_count: guild.members.length,
    max_members: 1500,
    description: "",
  };
  return { guild, wire };
}

export function guildChannelOf(platform: Platform, id: string | undefined): { guild: Guild; channel: Channel } {
  for (const guild of platform.world.guilds) {
    const channel = guild.channels.find((candidate) => candidate.id === id);
    if (channel && guild.state.isBotIn) return { guild, channel };
  }
  return refuse(10003, "unknown channel");
}

export function guildMemberOf(guild: Guild, id: string | undefined): GuildMember {
  return guild.members.find((candidate) => idOf(candidate) === id) ?? refuse(10001, "unknown account");
}

export function requireAdmin(platform: Platform): void {
  if (!platform.dials.isGuildAdmin) refuse(11282, "administrator right is needed and not granted", 403);
}

/** Member lists and recalls are for bots of the private domain. */
export function requirePrivateDomain(platform: Platform): void {
  if (!platform.dials.isPrivateDomain) refuse(11253, "this app has no right to this API", 403);
}

function idOf(member: GuildMember): string {
  return member.user.guildUserId;
}
