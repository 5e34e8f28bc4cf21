import type { Envelope } from "../protocol/envelope.ts";
import { fieldsOf, textOf } from "../protocol/fields.ts";
import { conversationOf } from "../protocol/place.ts";
import { conversationKey } from "../protocol/scenes.ts";
import { quoteOfEntry } from "./conversation.ts";
import type { BotParts } from "./turn.ts";

/** The message that an event says was recalled; guilds and their private sessions tell of it, groups and private chats do not. */
export function recalledIn(envelope: Envelope): { lane: string; messageId: string } | undefined {
  if (!envelope.type.endsWith("MESSAGE_DELETE")) return undefined;
  const conversation = conversationOf(envelope);
  const messageId = textOf(fieldsOf(fieldsOf(envelope.data).message), "id");
  return conversation && messageId !== undefined ? { lane: conversationKey(conversation), messageId } : undefined;
}

/** In its conversation's order: behind the turn that still writes the message down. The inbox forgets it by itself. */
export async function hearRecall({ history }: BotParts, envelope: Envelope): Promise<void> {
  const recalled = recalledIn(envelope);
  if (!recalled) return;
  await history.recall(recalled.lane, recalled.messageId, (entry) => ({
    quote: quoteOfEntry(entry),
    by: "(quoting a message that was recalled)",
  }));
}
