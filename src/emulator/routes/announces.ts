import { isRecord } from "../../core/json.ts";
import { pinLimit } from "../../protocol/limits.ts";
import { type Answer, type Call, ok, type Route, textOf } from "../call.ts";
import { refuse } from "../refusal.ts";
import type { Channel, Guild } from "../world.ts";
import { guildChannelOf, guildOf } from "./guild.ts";

const pinPath = "/channels/{channel_id}/pins/{message_id}";
const recommendLimit = 3;

/** Announcements of guilds and pinned messages of channels. */
export const announceRoutes: readonly Route[] = [
  { endpoint: "guilds.announces.create", method: "POST", path: "/guilds/{guild_id}/announces", handle: announce },
  {
    endpoint: "guilds.announces.delete",
    method: "DELETE",
    path: "/guilds/{guild_id}/announces/{message_id}",
    handle: ({ platform, params }) => {
      const { guild } = guildOf(platform, params.guild_id);
      requireManager(platform.dials.isGuildAdmin);
      const id = params.message_id;
      if (id !== "all" && guild.state.announcement?.message_id !== id) refuse(501008, "no such announcement");
      guild.state.announcement = undefined;
      return { status: 204 };
    },
  },
  {
    endpoint: "pins.list",
    method: "GET",
    path: "/channels/{channel_id}/pins",
    handle: ({ platform, params }) => pinsOf(guildChannelOf(platform, params.channel_id)),
  },
  {
    endpoint: "pins.add",
    method: "PUT",
    path: pinPath,
    handle: (call) => {
      const place = guildChannelOf(call.platform, call.params.channel_id);
      const { state } = place.channel;
      const id = messageIn(call, place.channel, call.params.message_id ?? "");
      if (!state.pins.includes(id)) {
        if (state.pins.length >= pinLimit) refuse(501013, "20 messages are pinned already");
        state.pins.unshift(id);
      }
      return pinsOf(place);
    },
  },
  {
    endpoint: "pins.delete",
    method: "DELETE",
    path: pinPath,
    handle: ({ platform, params }) => {
      const { state } = guildChannelOf(platform, params.channel_id).channel;
      const id = params.message_id ?? "";
      if (id !== "all" && !state.pins.includes(id)) refuse(501012, "unpinning failed: it is not pinned");
      state.pins = id === "all" ? [] : state.pins.filter((other) => other !== id);
      return { status: 204 };
    },
  },
];

function announce(call: Call): Answer {
  const { platform, params, body } = call;
  const { guild } = guildOf(platform, params.guild_id);
  requireManager(platform.dials.isGuildAdmin);
  const messageId = textOf(body, "message_id");
  const type = body.announces_type ?? 0;
  if (type !== 0 && type !== 1) refuse(501019, "announces_type is wrong");
  const channel = messageId === undefined ? undefined : guild.channels.find(({ id }) => id === body.channel_id);
  if (messageId !== undefined && !channel) refuse(501001, "channel_id goes with message_id");
  guild.state.announcement = {
    guild_id: guild.id,
    channel_id: channel?.id ?? "",
    message_id: channel && messageId !== undefined ? messageIn(call, channel, messageId) : "",
    announces_type: type,
    recommend_channels: messageId === undefined ? recommended(guild, body.recommend_channels) : [],
  };
  return ok(guild.state.announcement);
}

function recommended(guild: Guild, value: unknown): object[] {
  if (!Array.isArray(value) || value.length === 0) refuse(501001, "message_id or recommend_channels is needed");
  if (value.length > recommendLimit) refuse(501016, "more than 3 recommended channels");
  return value.map((row: unknown) => {
    const id = isRecord(row) ? row.channel_id : undefined;
    const channel = guild.channels.find((candidate) => candidate.id === id);
    if (channel?.state.privateType !== 0) refuse(501018, "a recommended channel is not one for everybody");
    return { channel_id: channel.id, introduce: isRecord(row) ? String(row.introduce ?? "") : "" };
  });
}

function requireManager(isGuildAdmin: boolean): void {
  if (!isGuildAdmin) refuse(501017, "only the owner and administrators may do this", 403);
}

function messageIn({ platform }: Call, channel: Channel, id: string): string {
  const message = platform.chats.find({ scene: "channel", id: channel.id }, id);
  if (!message) refuse(501005, "message_id is wrong");
  if (message.row.recalled) refuse(501015, "a recalled message cannot be used");
  return id;
}

function pinsOf({ guild, channel }: { guild: Guild; channel: Channel }): Answer {
  return ok({ guild_id: guild.id, channel_id: channel.id, message_ids: channel.state.pins });
}
