import { type Answer, type Call, ok, type Route } from "../call.ts";
import { isGuildManager } from "../guild-state.ts";
import { refuse } from "../refusal.ts";
import type { Guild } from "../world.ts";
import { guildOf, requireAdmin } from "./guild.ts";

/** Who may speak in a guild: muting, and how much the bot may say by itself. */
export const muteRoutes: readonly Route[] = [
  // One route with two rows: `user_ids` decides.
  { endpoint: "guilds.mute_all", method: "PATCH", path: "/guilds/{guild_id}/mute", handle: muteGuild },
  { endpoint: "guilds.mute_many", method: "PATCH", path: "/guilds/{guild_id}/mute", handle: muteGuild },
  {
    endpoint: "members.mute",
    method: "PATCH",
    path: "/guilds/{guild_id}/members/{user_id}/mute",
    handle: (call) => {
      const { guild } = guildOf(call.platform, call.params.guild_id);
      requireAdmin(call.platform);
      const end = endOf(call);
      if (!mute(guild, call.params.user_id, end)) refuse(502003, "mute: no such member, or an administrator");
      return { status: 204 };
    },
  },
  {
    endpoint: "guilds.message_setting",
    method: "GET",
    path: "/guilds/{guild_id}/message/setting",
    handle: ({ platform, params }) => {
      const { guild } = guildOf(platform, params.guild_id);
      const { activeRefusedBy, activePerChannelPerDay } = platform.dials;
      const open = guild.channels.filter(({ id, type }) => type === 0 && !activeRefusedBy.includes(id));
      return ok({
        disable_create_dm: false,
        disable_push_msg: open.length === 0,
        channel_ids: open.map(({ id }) => id),
        channel_push_max_num: activePerChannelPerDay,
      });
    },
  },
];

function muteGuild(call: Call): Answer {
  const { guild } = guildOf(call.platform, call.params.guild_id);
  requireAdmin(call.platform);
  const end = endOf(call);
  const { user_ids: ids } = call.body;
  if (ids === undefined || ids === null || (Array.isArray(ids) && ids.length === 0)) {
    guild.state.mutedUntil = end;
    return { status: 204 };
  }
  if (!Array.isArray(ids)) refuse(502003, "mute: user_ids is not a list");
  return ok({ user_ids: ids.map(String).filter((id) => mute(guild, id, end)) });
}

function mute(guild: Guild, id: string | undefined, end: number): boolean {
  const member = guild.members.find((candidate) => candidate.user.guildUserId === id);
  if (!member || isGuildManager(member)) return false;
  if (end === 0) guild.state.mutes.delete(member.user.guildUserId);
  else guild.state.mutes.set(member.user.guildUserId, end);
  return true;
}

/** Epoch ms; 0 unmutes. The end wins over the length. */
function endOf({ platform, body }: Call): number {
  const [field, value] =
    body.mute_end_timestamp === undefined
      ? (["mute_seconds", body.mute_seconds] as const)
      : (["mute_end_timestamp", body.mute_end_timestamp] as const);
  if (typeof value !== "string" || !/^\d{1,10}$/.test(value)) refuse(502005, `mute: ${field} is not digits in text`);
  const seconds = Number(value);
  if (seconds === 0) return 0;
  const end = field === "mute_seconds" ? platform.clock.now() + seconds * 1000 : seconds * 1000;
  if (end <= platform.clock.now()) refuse(502006, "mute: the end is in the past");
  return end;
}
