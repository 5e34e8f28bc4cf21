import { type Call, limitOf, ok, type Route } from "../call.ts";
import type { ChatMessage, MessageRow } from "../chats.ts";
import { tellOfReaction } from "../guild-payloads.ts";
import { botUser, guildUser } from "../payloads.ts";
import type { EventType } from "../people.ts";
import { refuse } from "../refusal.ts";
import { channelOf } from "./channel-messages.ts";

const path = "/channels/{channel_id}/messages/{message_id}/reactions/{type}/{id}";

/** Reactions on guild messages. */
export const reactionRoutes: readonly Route[] = [
  {
    endpoint: "reactions.put",
    method: "PUT",
    path,
    handle: (call) => {
      const { message, type, id, place } = target(call);
      const found = reactionOn(message, type, id);
      if (found?.from.includes("bot")) refuse(620003, "already set");
      message.row.reactions ??= [];
      if (message.row.reactions.length >= 20 && !found) refuse(620002, "too many kinds of reaction");
      if (found) found.from.push("bot");
      else message.row.reactions.push({ type, id, from: ["bot"] });
      call.platform.chats.touch(message);
      tell(call, "MESSAGE_REACTION_ADD", { message, type, id, place });
      return { status: 204 };
    },
  },
  {
    endpoint: "reactions.delete",
    method: "DELETE",
    path,
    handle: (call) => {
      const { message, type, id, place } = target(call);
      const found = reactionOn(message, type, id);
      if (!found?.from.includes("bot")) refuse(620004, "was not set");
      found.from = found.from.filter((who) => who !== "bot");
      message.row.reactions = message.row.reactions?.filter((one) => one.from.length > 0) ?? [];
      call.platform.chats.touch(message);
      tell(call, "MESSAGE_REACTION_REMOVE", { message, type, id, place });
      return { status: 204 };
    },
  },
  {
    endpoint: "reactions.users",
    method: "GET",
    path,
    handle: (call) => {
      const { message, type, id } = target(call);
      const from = reactionOn(message, type, id)?.from ?? [];
      const start = Number(call.query.cookie ?? 0) || 0;
      const page = from.slice(start, start + limitOf(call.query, 20, 50));
      const { world } = call.platform;
      const users = page.map((who) => {
        const user = world.users.find((candidate) => candidate.id === who);
        const { bot: _, ...shown } = user ? guildUser(user) : botUser(world);
        return shown;
      });
      const next = start + page.length;
      return ok({ users, cookie: next < from.length ? String(next) : "", is_end: next >= from.length });
    },
  },
];

interface Target {
  place: ReturnType<typeof channelOf>;
  message: ChatMessage;
  type: number;
  id: string;
}

function target(call: Call): Target {
  const place = channelOf(call);
  const { type, id = "" } = call.params;
  if ((type !== "1" && type !== "2") || !/^\d+$/.test(id)) refuse(620001, "bad parameter: emoji type or id");
  const message = call.platform.chats.find(place, call.params.message_id ?? "");
  if (!message || message.row.recalled) refuse(620001, "bad parameter: message_id");
  return { place, message, type: Number(type), id };
}

/** Whether the platform tells bots of their own reactions could not be confirmed. */
function tell({ platform }: Call, event: EventType, { place, message, type, id }: Target): void {
  tellOfReaction(platform, {
    ...{ type: event, guild: place.guild, channelId: place.id, messageId: message.row.id, by: platform.world.bot.id },
    emoji: { id, type },
  });
}

function reactionOn(
  message: ChatMessage,
  type: number,
  id: string,
): NonNullable<MessageRow["reactions"]>[number] | undefined {
  return message.row.reactions?.find((one) => one.type === type && one.id === id);
}
