import type { Incoming } from "../protocol/incoming.ts";
import { conversationKey } from "../protocol/scenes.ts";
import type { Speakers } from "../store/speakers.ts";
import { describeAttachment } from "./attachments/description.ts";
import type { AttachmentWords } from "./attachments/reading.ts";
import { entryOf, type History, type HistoryEntry, plainName, quoteLine, quoteOfEntry } from "./conversation.ts";
import type { TurnScene } from "./turn.ts";

interface Memory {
  history: History;
  speakers: Speakers;
}

/**
 * What was heard, as lines of its conversation: with the tag of who spoke, what it quotes, and what was read of its
 * attachments, at most `limit` characters a line.
 */
export async function linesOf(
  memory: Memory,
  heard: readonly Incoming[],
  read?: { words: AttachmentWords; limit: number },
): Promise<HistoryEntry[]> {
  const lines: HistoryEntry[] = [];
  // One after the other: of two who are new and share a name, the first to speak gets it.
  for (const incoming of heard) {
    const tag = await tagOf(memory.speakers, incoming);
    const quote = quoteOf(memory.history, incoming);
    const words = read?.words[incoming.eventId];
    lines.push(
      entryOf(incoming, {
        ...(tag === undefined ? {} : { tag }),
        ...(quote === undefined ? {} : { quote }),
        ...(read && words ? { read: { words, limit: read.limit } } : {}),
      }),
    );
  }
  return lines;
}

/** The lines of a turn with what was read of its attachments, once it is. */
export async function linesRead(
  { bot, heard, lines, read }: TurnScene,
  limit: number,
): Promise<readonly HistoryEntry[]> {
  const words = (await read) ?? {};
  return Object.keys(words).length > 0 ? await linesOf(bot, heard, { words, limit }) : lines;
}

/** undefined where only one person speaks. */
async function tagOf(speakers: Speakers, { conversation, sender }: Incoming): Promise<string | undefined> {
  if (conversation.scene === "c2c" || conversation.scene === "dms") return undefined;
  const { id } = sender;
  const name = plainName(sender.name);
  const long = [4, 8, id.length].map((length) => `${name || "member"}#${id.slice(-length)}`);
  return await speakers.tagOf(conversationKey(conversation), id, name ? [name, ...long] : long);
}

/** Our own book first: it knows who said it, and what guilds do not tell; then what came with the message. */
function quoteOf(history: History, { conversation, quote }: Incoming): string | undefined {
  if (!quote) return undefined;
  const known = quote.refId === undefined ? undefined : history.find(conversationKey(conversation), quote.refId);
  if (known) return quoteOfEntry(known);
  const text = [quote.text, ...(quote.attachments ?? []).map((one) => describeAttachment(one))]
    .filter(Boolean)
    .join(" ");
  return text ? quoteLine({ who: plainName(quote.authorName), text }) : "(quoting a message that is not at hand)";
}
