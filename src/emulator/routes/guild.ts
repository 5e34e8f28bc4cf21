import { limitOf, ok, type Route } from "../call.ts";
import { guildUser } from "../payloads.ts";
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
      const channels = platform.world.guilds.flatMap((guild) => guild.channels);
      const channel = channels.find((candidate) => candidate.id === params.channel_id);
      return ok(wireChannel(channel ?? refuse(10003, "unknown channel")));
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
      const member = guild.members.find((candidate) => idOf(candidate) === params.user_id);
      return ok(wireMember(member ?? refuse(10001, "unknown account")));
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
  const guild = platform.world.guilds.find((candidate) => candidate.id === id) ?? refuse(10004, "unknown guild");
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

/** Member lists and recalls are for bots of the private domain. */
export function requirePrivateDomain(platform: Platform): void {
  if (!platform.dials.isPrivateDomain) refuse(11253, "this app has no right to this API", 403);
}

function idOf(member: GuildMember): string {
  return member.user.guildUserId;
}

function wireMember(member: GuildMember): Record<string, unknown> {
  return { user: guildUser(member.user), nick: member.user.name, roles: member.roles, joined_at: member.joinedAt };
}

function wireChannel(channel: Channel): Record<string, unknown> {
  return {
    id: channel.id,
    guild_id: channel.guildId,
    name: channel.name,
    type: channel.type,
    sub_type: channel.subType,
    position: channel.position,
    parent_id: channel.parentId,
    owner_id: channel.ownerId,
    private_type: 0,
    speak_permission: channel.speakPermission,
    application_id: "",
    permissions: "7",
  };
}
