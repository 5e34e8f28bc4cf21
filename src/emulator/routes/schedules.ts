import { scheduleLimits } from "../../protocol/limits.ts";
import { type Call, ok, type Route, recordOf, textOf } from "../call.ts";
import { wireSchedule } from "../guild-payloads.ts";
import type { Schedule } from "../guild-state.ts";
import { decimalId, randomBytes } from "../identity.ts";
import { refuse } from "../refusal.ts";
import type { Channel, Guild } from "../world.ts";
import { guildChannelOf } from "./guild.ts";

const dayMs = 86_400_000;
/** The platform's days are those of China. */
const zoneMs = 8 * 3_600_000;
const one = "/channels/{channel_id}/schedules/{schedule_id}";
const all = "/channels/{channel_id}/schedules";
/** application_id of channels for schedules. */
const scheduleApplication = "1000050";

/** Schedules of schedule channels. */
export const scheduleRoutes: readonly Route[] = [
  {
    endpoint: "schedules.list",
    method: "GET",
    path: all,
    handle: (call) => {
      const { guild, channel } = placeOf(call);
      const { query, platform } = call;
      const since = query.since === undefined ? undefined : Number(query.since);
      if (since !== undefined && !Number.isFinite(since)) refuse(302000, "schedule: since is not a number");
      const midnight = Math.floor((platform.clock.now() + zoneMs) / dayMs) * dayMs - zoneMs;
      const isShown = ({ startAt, endAt }: Schedule) =>
        since === undefined ? startAt < midnight + dayMs && endAt >= midnight : endAt > since;
      const shown = channel.state.schedules.filter(isShown).sort((a, b) => a.startAt - b.startAt);
      return ok(shown.map((schedule) => wireSchedule(platform, guild, schedule)));
    },
  },
  {
    endpoint: "schedules.get",
    method: "GET",
    path: one,
    handle: (call) => {
      const { guild, channel } = placeOf(call);
      return ok(wireSchedule(call.platform, guild, scheduleOf(call, channel, 302003)));
    },
  },
  {
    endpoint: "schedules.create",
    method: "POST",
    path: all,
    handle: (call) => {
      const { platform } = call;
      const { guild, channel } = placeOf(call);
      requireManager(call);
      const fields = read(call, guild);
      const full = platform.replies.take([
        { key: `schedules admin ${guild.id}`, limit: scheduleLimits.perAdminPerDay, perMs: dayMs },
        { key: `schedules guild ${guild.id}`, limit: scheduleLimits.perGuildPerDay, perMs: dayMs },
      ]);
      if (full) refuse(full.key.startsWith("schedules admin") ? 302012 : 302021, "schedule: used up for today");
      const id = decimalId(19, platform.app.appId, "schedule", randomBytes(16).toString("hex"));
      channel.state.schedules.push({ id, ...fields });
      return ok(wireSchedule(platform, guild, { id, ...fields }));
    },
  },
  {
    endpoint: "schedules.update",
    method: "PATCH",
    path: one,
    handle: (call) => {
      const { guild, channel } = placeOf(call);
      requireManager(call);
      const schedule = Object.assign(scheduleOf(call, channel, 302004), read(call, guild));
      return ok(wireSchedule(call.platform, guild, schedule));
    },
  },
  {
    endpoint: "schedules.delete",
    method: "DELETE",
    path: one,
    handle: (call) => {
      const { channel } = placeOf(call);
      requireManager(call);
      const schedule = scheduleOf(call, channel, 302005);
      channel.state.schedules = channel.state.schedules.filter((other) => other !== schedule);
      channel.state.deletedSchedules.add(schedule.id);
      return { status: 204 };
    },
  },
];

function placeOf({ platform, params }: Call): { guild: Guild; channel: Channel } {
  const place = guildChannelOf(platform, params.channel_id);
  if (!isForSchedules(place.channel)) refuse(302000, "schedule: not a schedule channel");
  return place;
}

function isForSchedules({ type, state }: Channel): boolean {
  return type === 10006 && state.applicationId === scheduleApplication;
}

function requireManager({ platform }: Call): void {
  if (!platform.dials.isGuildAdmin) refuse(302010, "schedule: no right to change", 403);
}

function scheduleOf({ params }: Call, channel: Channel, unknown: number): Schedule {
  const id = params.schedule_id ?? "";
  if (channel.state.deletedSchedules.has(id)) refuse(302011, "schedule already deleted");
  return channel.state.schedules.find((schedule) => schedule.id === id) ?? refuse(unknown, "unknown schedule");
}

function read(call: Call, guild: Guild): Omit<Schedule, "id"> {
  const given = recordOf(call.body, "schedule") ?? refuse(302017, "schedule object empty");
  const name = textOf(given, "name") ?? refuse(302000, "schedule: name is missing");
  const startAt = millisecondsOf(given, "start_timestamp");
  const endAt = millisecondsOf(given, "end_timestamp");
  if (startAt < call.platform.clock.now()) refuse(302015, "schedule: start is in the past");
  if (endAt <= startAt) refuse(302016, "schedule: end before start");
  if (endAt - startAt > scheduleLimits.maxMs) refuse(302014, "schedule longer than 7 days");
  const remindType = textOf(given, "remind_type") ?? "0";
  if (!/^[0-5]$/.test(remindType)) refuse(302000, "schedule: remind_type");
  return {
    ...{ name, description: textOf(given, "description") ?? "", startAt, endAt, remindType },
    jumpChannelId: jumpOf(call, guild, textOf(given, "jump_channel_id") ?? "0"),
  };
}

function millisecondsOf(given: Record<string, unknown>, field: string): number {
  const text = textOf(given, field);
  return text && /^\d{10,15}$/.test(text) ? Number(text) : refuse(302018, `schedule: ${field} is not milliseconds`);
}

function jumpOf({ platform }: Call, guild: Guild, id: string): string {
  if (id === "0") return id;
  const home = platform.world.guilds.find(({ channels }) => channels.some((channel) => channel.id === id));
  if (!home) refuse(302024, "schedule: jump channel does not exist");
  if (home !== guild) refuse(302022, "schedule: channel belongs to another guild");
  const target = guild.channels.find((channel) => channel.id === id);
  if (target && isForSchedules(target)) refuse(302023, "schedule: cannot jump to a schedule channel");
  return id;
}
