import type { Incoming } from "../protocol/incoming.ts";
import { entryKey, type HistoryEntry, onlyMention } from "./conversation.ts";
import type { ConversationSettings } from "./conversation-settings.ts";
import { plainText } from "./plain-text.ts";

export type Route =
  | { action: "answer" }
  /** Not addressed to the bot, which may join in all the same: judge.ts decides, as a step of the turn. */
  | { action: "judge" }
  /** Said in our hearing: context for later answers. */
  | { action: "remember"; reason: string }
  /** Addressed by somebody who has to be let in first: told so, with a code. */
  | { action: "introduce" }
  | { action: "ignore"; reason: string };

/** So long the bot listens for what somebody wants who named it without a word. */
const attentionMs = 60_000;

/** Whether an event is for us, by what it says of itself, the mode of the place and what was said before (`history`). */
export function routeOf(
  incoming: Incoming,
  place: {
    settings: Pick<ConversationSettings, "mode" | "wakeWords">;
    /** Whether one of these texts holds a word of the filter. */
    holdsFiltered(texts: readonly string[]): boolean;
    history(): readonly HistoryEntry[];
    /** Whether an id names something that the bot said there. */
    isOurs(ref: string): boolean;
  },
): Route {
  const { mode, wakeWords } = place.settings;
  if (incoming.sender.isSelf) return { action: "ignore", reason: "the bot's own message" };
  if (incoming.sender.isBot) return { action: "ignore", reason: "written by another bot" };
  if (mode === "off") return { action: "ignore", reason: "the bot is switched off here" };
  if (place.holdsFiltered(textsOf(incoming))) return { action: "ignore", reason: "it holds a word of the filter" };
  if (isOnlyMention(incoming)) return { action: "remember", reason: "named without a word: waits for what follows" };
  if (incoming.addressed) return { action: "answer" };
  const isEmpty = incoming.text === "" && incoming.attachments.length === 0;
  if (isEmpty && !incoming.quote) return { action: "ignore", reason: "nothing in it, and not addressed to the bot" };
  if (quotesUs(incoming, place.isOurs) || isAwaited(incoming, place.history)) return { action: "answer" };
  if (isEmpty) return { action: "ignore", reason: "nothing in it, and not addressed to the bot" };
  if (isForOthers(incoming)) return { action: "remember", reason: "addressed to somebody else: kept as context" };
  if (mode === "all" || (mode === "keyword" && isWokenBy(incoming, wakeWords))) return { action: "answer" };
  if (mode === "judged") return { action: "judge" };
  return { action: "remember", reason: "not addressed to the bot: kept as context" };
}

function textsOf({ text, quote, attachments }: Incoming): string[] {
  const files = [...attachments, ...(quote?.attachments ?? [])].flatMap(({ name, asr }) => [name, asr]);
  return [text, quote?.text, ...files].filter((words) => words !== undefined);
}

function isOnlyMention({ kind, conversation, addressed, text, attachments, quote }: Incoming): boolean {
  const isShared = conversation.scene === "group" || conversation.scene === "channel";
  return kind === "message" && isShared && addressed && text === "" && attachments.length === 0 && !quote;
}

function quotesUs({ quote }: Incoming, isOurs: (ref: string) => boolean): boolean {
  return quote?.refId !== undefined && isOurs(quote.refId);
}

/** By the last thing that this person said here: it is kept, so a restart changes nothing. */
function isAwaited(incoming: Incoming, history: () => readonly HistoryEntry[]): boolean {
  const own = entryKey(incoming);
  const last = history().findLast(({ key, person }) => key !== own && person === incoming.sender.id);
  return last?.text === onlyMention && incoming.timestampMs - last.at <= attentionMs;
}

/** Named or quoted somebody, and not the bot. A call to everybody is for everybody. */
function isForOthers({ mentions, quote }: Incoming): boolean {
  return mentions.others.length > 0 || quote !== undefined;
}

/** In the speaker's own words only. */
function isWokenBy({ form, text }: Incoming, wakeWords: readonly string[]): boolean {
  if (form === "card" || form === "record") return false;
  const plain = plainText(text);
  return wakeWords.some((word) => plain.includes(plainText(word)));
}
