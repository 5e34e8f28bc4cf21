import { type Call, limitOf, ok, type Route } from "../call.ts";
import type { ChatMessage } from "../chats.ts";
import { deletion, guildMessage } from "../payloads.ts";
import { makeEvent } from "../people.ts";
import { refuse } from "../refusal.ts";
import { sendGuild } from "../send-guild.ts";
import { findPlace, type Place } from "../world.ts";
import { requirePrivateDomain } from "./guild.ts";

type ChannelPlace = Extract<Place, { scene: "channel" }>;

/** Messages of guild text channels. */
export const channelMessageRoutes: readonly Route[] = [
  {
    endpoint: "channel.messages.send",
    method: "POST",
    path: "/channels/{channel_id}/messages",
    handle: (call) => {
      const place = channelOf(call);
      if (place.channel.type !== 0) refuse(304046, "no messages in this kind of channel", 403);
      return sendGuild(call, place);
    },
  },
  {
    endpoint: "channel.messages.list",
    method: "GET",
    path: "/channels/{channel_id}/messages",
    handle: (call) => {
      const place = channelOf(call);
      requirePrivateDomain(call.platform);
      const all = (call.platform.chats.list(place) ?? []).filter((message) => !message.row.recalled);
      return ok(page(all, call).map((message) => guildMessage(call.platform, place, message)));
    },
  },
  {
    endpoint: "channel.messages.get",
    method: "GET",
    path: "/channels/{channel_id}/messages/{message_id}",
    handle: (call) => {
      const place = channelOf(call);
      const message = call.platform.chats.find(place, call.params.message_id ?? "");
      if (!message || message.row.recalled) refuse(50039, "reading the message failed");
      return ok({ message: guildMessage(call.platform, place, message) });
    },
  },
  {
    endpoint: "channel.messages.recall",
    method: "DELETE",
    path: "/channels/{channel_id}/messages/{message_id}",
    handle: (call) => {
      const place = channelOf(call);
      requirePrivateDomain(call.platform);
      recall(call, place);
      return { status: 200 };
    },
  },
];

export function channelOf({ platform, params }: Call): ChannelPlace {
  const place = findPlace(platform.world, { scene: "channel", id: params.channel_id ?? "" });
  return place?.scene === "channel" && place.guild.state.isBotIn ? place : refuse(10003, "unknown channel");
}

/** Around, before or after an id; without one, the newest. Oldest first. */
function page(all: readonly ChatMessage[], { query }: Call): ChatMessage[] {
  const limit = limitOf(query, 20, 20);
  const anchor = query.around ?? query.before ?? query.after;
  if (!anchor) return all.slice(-limit);
  const at = all.findIndex((message) => message.row.id === anchor);
  if (at === -1) refuse(50039, "reading the message failed");
  if (query.around) {
    const first = Math.max(0, at - Math.floor(limit / 2));
    return all.slice(first, first + limit);
  }
  return query.before ? all.slice(Math.max(0, at - limit), at) : all.slice(at + 1, at + 1 + limit);
}

function recall({ platform, params }: Call, place: ChannelPlace): void {
  const message = platform.chats.find(place, params.message_id ?? "");
  if (!message || message.row.recalled) refuse(306002, "recall: the message id is wrong");
  if (message.row.from === "bot") {
    if (platform.clock.now() - message.row.at > platform.dials.recallWindowMs) {
      refuse(306005, "recall failed: more than 2 minutes");
    }
  } else {
    const writer = place.guild.members.find((member) => member.user.id === message.row.from);
    const isOrdinary = !writer?.roles.some((role) => role === "4" || role === "2");
    if (!platform.dials.isGuildAdmin || !isOrdinary) refuse(306004, "recall: no right", 403);
  }
  message.row.recalled = true;
  platform.chats.touch(message);
  const author = platform.world.users.find((user) => user.id === message.row.from);
  if (author && message.row.mention) {
    const d = { ...deletion(place, author, message), op_user: { id: platform.world.bot.id } };
    platform.dispatch(makeEvent("PUBLIC_MESSAGE_DELETE", d, place.guild.id));
  }
}
