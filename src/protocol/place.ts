import type { Envelope } from "./envelope.ts";
import { type Fields, fieldsOf, textOf } from "./fields.ts";
import type { Conversation } from "./scenes.ts";

/**
 * Where an event of any type, known or not, happened; null for those that belong to no conversation (guild, channel and
 * member changes, READY). The id is what the send call of the scene takes.
 */
export function conversationOf(envelope: Pick<Envelope, "type" | "data">): Conversation | null {
  const data = fieldsOf(envelope.data);
  if (envelope.type === "INTERACTION_CREATE") return interactionPlace(data);
  // Deletions wrap the message.
  const body = envelope.type.endsWith("MESSAGE_DELETE") ? fieldsOf(data.message) : data;
  if (envelope.type.startsWith("DIRECT_MESSAGE") || body.direct_message === true)
    return place("dms", textOf(body, "guild_id"));
  return (
    place("group", textOf(body, "group_openid")) ??
    place("channel", textOf(body, "channel_id")) ??
    place("c2c", c2cId(body))
  );
}

/** The guild of a guild scene: for DM sessions the guild in which the two met. */
export function guildOf(data: unknown): string | undefined {
  const body = fieldsOf(data);
  return textOf(body, "src_guild_id") ?? textOf(body, "guild_id");
}

function interactionPlace(data: Fields): Conversation | null {
  const scene = textOf(data, "scene");
  const chat = data.chat_type;
  if (scene === "group" || (scene === undefined && chat === 1)) return place("group", textOf(data, "group_openid"));
  if (scene === "c2c" || (scene === undefined && chat === 2)) return place("c2c", c2cId(data));
  if (scene === "guild" || (scene === undefined && chat === 0)) return place("channel", textOf(data, "channel_id"));
  return place("group", textOf(data, "group_openid")) ?? place("channel", textOf(data, "channel_id"));
}

function c2cId(body: Fields): string | undefined {
  return textOf(body, "user_openid", "openid") ?? textOf(fieldsOf(body.author), "user_openid");
}

function place(scene: Conversation["scene"], id: string | undefined): Conversation | null {
  return id === undefined ? null : { scene, id };
}
