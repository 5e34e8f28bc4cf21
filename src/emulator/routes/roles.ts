import { type Call, ok, type Route, textOf } from "../call.ts";
import { tellOfMember } from "../guild-payloads.ts";
import { countHolders, isGuildManager, takeOut } from "../guild-state.ts";
import { decimalId, randomBytes } from "../identity.ts";
import { refuse } from "../refusal.ts";
import type { Guild, GuildMember, Role } from "../world.ts";
import { guildMemberOf, guildOf, requireAdmin, requirePrivateDomain } from "./guild.ts";

const builtIn = ["1", "2", "4", "5"];
/** `role_num_limit` of the list. The platform publishes no code for the refusal above it. */
const roleLimit = 30;
const dayMs = 86_400_000;
const memberRolePath = "/guilds/{guild_id}/members/{user_id}/roles/{role_id}";

/** Roles, who has them, and removal from a guild. */
export const roleRoutes: readonly Route[] = [
  {
    endpoint: "roles.create",
    method: "POST",
    path: "/guilds/{guild_id}/roles",
    handle: (call) => {
      const { platform, params } = call;
      const { guild } = guildOf(platform, params.guild_id);
      requireAdmin(platform);
      const look = lookOf(call);
      if (guild.roles.length >= roleLimit) refuse(12002, "the guild has all the roles that it may have");
      const id = decimalId(8, platform.app.appId, "role", guild.id, randomBytes(16).toString("hex"));
      const role = { id, name: "新身份组", color: 4278245297, hoist: 0, number: 0, member_limit: 2000, ...look };
      guild.roles.push(role);
      return ok({ role_id: id, role });
    },
  },
  {
    endpoint: "roles.update",
    method: "PATCH",
    path: "/guilds/{guild_id}/roles/{role_id}",
    handle: (call) => {
      const { platform, params } = call;
      const { guild } = guildOf(platform, params.guild_id);
      requireAdmin(platform);
      const role = Object.assign(roleOf(guild, params.role_id), lookOf(call));
      return ok({ guild_id: guild.id, role_id: role.id, role });
    },
  },
  {
    endpoint: "roles.delete",
    method: "DELETE",
    path: "/guilds/{guild_id}/roles/{role_id}",
    handle: ({ platform, params }) => {
      const { guild } = guildOf(platform, params.guild_id);
      requireAdmin(platform);
      const role = roleOf(guild, params.role_id);
      if (builtIn.includes(role.id)) refuse(12001, "built-in roles stay");
      guild.roles = guild.roles.filter((other) => other !== role);
      for (const member of guild.members) member.roles = member.roles.filter((id) => id !== role.id);
      return { status: 204 };
    },
  },
  {
    endpoint: "roles.members.add",
    method: "PUT",
    path: memberRolePath,
    handle: (call) => {
      const { guild, member, role } = holderOf(call);
      if (role.id === "5") channelOfRole(call, guild).state.admins.add(member.user.guildUserId);
      if (!member.roles.includes(role.id)) {
        member.roles.push(role.id);
        settle(call, guild, member);
      }
      return { status: 204 };
    },
  },
  {
    endpoint: "roles.members.remove",
    method: "DELETE",
    path: memberRolePath,
    handle: (call) => {
      const { guild, member, role } = holderOf(call);
      const { guildUserId } = member.user;
      if (role.id === "5") channelOfRole(call, guild).state.admins.delete(guildUserId);
      const isStillNeeded = role.id === "5" && guild.channels.some(({ state }) => state.admins.has(guildUserId));
      if (member.roles.includes(role.id) && !isStillNeeded) {
        member.roles = member.roles.filter((id) => id !== role.id);
        settle(call, guild, member);
      }
      return { status: 204 };
    },
  },
  {
    endpoint: "members.delete",
    method: "DELETE",
    path: "/guilds/{guild_id}/members/{user_id}",
    handle: (call) => {
      const { platform, params, body } = call;
      const { guild } = guildOf(platform, params.guild_id);
      requirePrivateDomain(platform);
      requireAdmin(platform);
      const member = guildMemberOf(guild, params.user_id);
      if (isGuildManager(member)) refuse(11282, "administrators cannot be removed", 403);
      const days = body.delete_history_msg_days ?? 0;
      if (![-1, 0, 3, 7, 15, 30].includes(Number(days))) refuse(12002, "malformed: delete_history_msg_days");
      if (body.add_blacklist === true) guild.state.banned.add(member.user.id);
      forgetMessages(call, guild, member, Number(days));
      removeFrom(call, guild, member);
      return { status: 204 };
    },
  },
];

function lookOf({ body }: Call): Partial<Role> {
  const look: Partial<Role> = {};
  const name = textOf(body, "name");
  if (name !== undefined) look.name = name;
  for (const field of ["color", "hoist"] as const) {
    const value = body[field];
    if (value === undefined || value === null) continue;
    const max = field === "hoist" ? 1 : 4_294_967_295;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > max) {
      refuse(12002, `request body is malformed: ${field}`);
    }
    look[field] = value;
  }
  if (Object.keys(look).length === 0) refuse(12002, "one of name, color, hoist is needed");
  return look;
}

function roleOf(guild: Guild, id: string | undefined): Role {
  return guild.roles.find((role) => role.id === id) ?? refuse(12001, "unknown role");
}

function holderOf({ platform, params }: Call): { guild: Guild; member: GuildMember; role: Role } {
  const { guild } = guildOf(platform, params.guild_id);
  requireAdmin(platform);
  const role = roleOf(guild, params.role_id);
  if (role.id === "1" || role.id === "4") refuse(12001, "this role is nobody's to give");
  return { guild, member: guildMemberOf(guild, params.user_id), role };
}

/** Role 5 counts in one channel, which the body names. */
function channelOfRole({ body }: Call, guild: Guild): Guild["channels"][number] {
  const named: unknown = (body.channel as { id?: unknown } | undefined)?.id;
  return guild.channels.find((channel) => channel.id === named) ?? refuse(10003, "unknown channel");
}

function settle({ platform }: Call, guild: Guild, member: GuildMember): void {
  countHolders(guild);
  tellOfMember(platform, { type: "GUILD_MEMBER_UPDATE", guild, member, by: platform.world.bot.id });
}

function forgetMessages({ platform }: Call, guild: Guild, member: GuildMember, days: number): void {
  const since = days === -1 ? 0 : platform.clock.now() - days * dayMs;
  for (const { id } of days === 0 ? [] : guild.channels) {
    for (const message of platform.chats.list({ scene: "channel", id }) ?? []) {
      if (message.row.from !== member.user.id || message.row.at < since || message.row.recalled) continue;
      message.row.recalled = true;
      platform.chats.touch(message);
    }
  }
}

function removeFrom({ platform }: Call, guild: Guild, member: GuildMember): void {
  takeOut(platform.world, guild, member);
  tellOfMember(platform, { type: "GUILD_MEMBER_REMOVE", guild, member, by: platform.world.bot.id });
}
