import { createHash } from "node:crypto";
import type { Json } from "../core/json.ts";
import type { Envelope } from "./envelope.ts";
import { fieldsOf, listOf, textOf } from "./fields.ts";

const syntheticPrefix = "local:";
/** Always meant for the bot. */
const directTypes = new Set([
  "C2C_MESSAGE_CREATE",
  "GROUP_AT_MESSAGE_CREATE",
  "AT_MESSAGE_CREATE",
  "DIRECT_MESSAGE_CREATE",
]);
/** Everything that is said in a place, meant for the bot or not. */
const overheardTypes = new Set(["GROUP_MESSAGE_CREATE", "MESSAGE_CREATE"]);

/** Whether an event of this type is a message with an id of its own (`d.id`). */
export function isMessageType(type: string): boolean {
  return directTypes.has(type) || overheardTypes.has(type);
}

/**
 * Every key under which the same thing may come again: the outer id (webhook retries, replays after a resume), and for
 * messages `msg:<d.id>`, which the mention event and the plain event of one message share. A plain one that does not
 * name the bot gets `heard:<d.id>` instead, so that a mention event that follows it still counts; unless it `isAnswered`
 * all the same.
 */
export function dedupeKeys(envelope: Pick<Envelope, "id" | "type" | "data">, isAnswered = false): string[] {
  const message = fieldsOf(envelope.data);
  const messageId = isMessageType(envelope.type) ? textOf(message, "id") : undefined;
  if (messageId === undefined) return [envelope.id];
  const isHeardOnly = !isAnswered && overheardTypes.has(envelope.type) && !mayBeForBot(message);
  return [envelope.id, `${isHeardOnly ? "heard" : "msg"}:${messageId}`];
}

function mayBeForBot(message: Readonly<Record<string, unknown>>): boolean {
  // A quote may be one of the bot's own messages: only the bot can tell.
  if (message.message_type === 103 || fieldsOf(message.message_reference).message_id) return true;
  return listOf(message.mentions).some((mention) =>
    mention.is_you === undefined ? mention.bot === true : mention.is_you === true && mention.scope !== "all",
  );
}

/**
 * A stand-in for a missing outer id: the same event yields the same one. Never valid as the `event_id` of a reply.
 */
export function syntheticEventId(type: string, data: Json): string {
  const digest = createHash("sha256")
    .update(`${type}\n${JSON.stringify(data)}`)
    .digest("hex");
  return `${syntheticPrefix}${type}:${digest.slice(0, 32)}`;
}

export function isSyntheticId(eventId: string): boolean {
  return eventId.startsWith(syntheticPrefix);
}
