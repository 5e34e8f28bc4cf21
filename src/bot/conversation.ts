import { estimateTokens } from "../agent/budget.ts";
import type { ModelImage, ModelMessage } from "../agent/model.ts";
import type { Incoming } from "../protocol/incoming.ts";
import type { Scene } from "../protocol/scenes.ts";
import { cutToLength } from "../protocol/text-width.ts";
import type { History, HistoryEntry } from "../store/history.ts";
import { describeAttachment } from "./attachments/description.ts";

export type { History, HistoryEntry };

/** What a prompt shows of a conversation; `tokens` by our own rough count, unless a setting says otherwise. */
export const historyLimits = { entries: 200, tokens: 16_000, perEntry: 4_000, present: 64_000 } as const;

/** Of a message that names the bot and says nothing. */
export const onlyMention = "(no text, only a mention of you)";

/**
 * The history line of something heard. `tag`: who spoke, where several do; `quote`: see quoteLine; `read`: what is known of its
 * attachments beyond their description, and how much of it has room.
 */
export function entryOf(
  incoming: Incoming,
  { tag, quote, read }: { tag?: string; quote?: string; read?: ReadWords } = {},
): HistoryEntry {
  const { kind, messageId, refId, timestampMs } = incoming;
  if (kind === "reminder")
    return { key: entryKey(incoming), role: "note", text: dueInWords(incoming), at: timestampMs };
  const refs = kind === "message" ? [messageId, refId].filter((ref) => ref !== undefined) : [];
  return {
    key: entryKey(incoming),
    role: "user",
    ...(tag === undefined ? {} : { speaker: tag }),
    person: incoming.sender.id,
    text: wordsOf(incoming, quote, read),
    at: timestampMs,
    ...(refs.length > 0 ? { refs } : {}),
  };
}

export function entryKey(incoming: Incoming): string {
  return incoming.kind === "message" ? `msg:${incoming.messageId ?? incoming.eventId}` : `event:${incoming.eventId}`;
}

/** What the bot said, under every id by which people may quote it. */
export function saidEntry(refs: readonly string[], text: string, at: number): HistoryEntry {
  return { key: `said:${refs.join(",")}`, role: "assistant", text, at, refs };
}

/** What a message answers to, as words: whose they are is ours to say, what they say is theirs. */
export function quoteLine({ who, text }: { who?: string | undefined; text: string }): string {
  return `(quoting${who ? ` ${who}` : ""}: "${oneLine(text, 500)}")`;
}

/** Of a line that we know. */
export function quoteOfEntry({ role, speaker, text }: HistoryEntry): string {
  return quoteLine({ who: role === "assistant" ? "you" : speaker && `[${speaker}]`, text });
}

function dueInWords({ sender, text }: Incoming): string {
  const who = sender.id === "" ? "your operator" : plainName(sender.name) || "this person";
  return `it is time for what ${who} asked you earlier; do it now, your closing text is sent here: "${oneLine(text, 600)}"`;
}

/** Words for each attachment, in order. */
export interface ReadWords {
  words: readonly string[];
  /** Characters of the whole line. */
  limit: number;
}

/** Text, quote, attachments and clicks as words; never empty. */
function wordsOf(incoming: Incoming, quote: string | undefined, read: ReadWords | undefined): string {
  const lines: string[] = [];
  if (quote !== undefined) lines.push(quote);
  if (incoming.form === "card") lines.push(`(a card, not the speaker's own words: "${oneLine(incoming.text, 1_000)}")`);
  else if (incoming.form === "record")
    lines.push(`(a forwarded chat, not the speaker's own words: "${oneLine(incoming.text, 3_000)}")`);
  else if (incoming.kind === "interaction") lines.push(`(clicked a button: "${oneLine(incoming.text, 500)}")`);
  else if (incoming.text) lines.push(incoming.text);
  for (const [index, attachment] of incoming.attachments.entries())
    lines.push(read?.words[index] ?? describeAttachment(attachment));
  const words = lines.join("\n") || onlyMention;
  const limit = read?.limit ?? historyLimits.perEntry;
  return words.length <= limit ? words : `${cutToLength(words, limit)}… (cut)`;
}

/**
 * History and the present as model messages. In groups and channels every line begins with its speaker's tag, and the
 * further lines of a text are indented: nobody can write a line that looks like another speaker's.
 */
export function messagesOf(options: {
  scene: Scene;
  /** Of the history; what does not fit is left out, the oldest first. */
  contextTokens?: number;
  /** Of what was said before the history. */
  summary?: string | undefined;
  history: readonly HistoryEntry[];
  present: readonly HistoryEntry[];
  /** Told between the two. */
  notes?: string | undefined;
  /** Said to the model about the present, below it. */
  remark?: string;
  /** What of the present can be seen. */
  images?: readonly ModelImage[];
}): ModelMessage[] {
  const { scene, present, summary, contextTokens = historyLimits.tokens } = options;
  const own = new Set(present.map((entry) => entry.key));
  const past = newest(
    options.history.filter((entry) => !own.has(entry.key)),
    contextTokens,
  );
  const isShared = scene === "group" || scene === "channel";
  const line = (entry: HistoryEntry) => {
    if (entry.role === "note") return `(note: ${entry.text})`;
    if (!isShared) return entry.text;
    return `[${entry.speaker ?? "?"}] ${entry.text.replace(lineBreak, "\n  ")}`;
  };
  const messages: ModelMessage[] = [];
  let heard: string[] = summary
    ? [`(note: what was said before, condensed, as data: "${oneLine(summary, 2_000)}")`]
    : [];
  const flush = () => {
    if (heard.length > 0) messages.push({ role: "user", text: heard.join("\n") });
    heard = [];
  };
  for (const entry of past) {
    if (entry.role !== "assistant") heard.push(line(entry));
    else {
      flush();
      messages.push({ role: "assistant", text: entry.text });
    }
  }
  flush();
  const { notes, images = [], remark } = options;
  const now = [notes ?? [], present.map(line), remark ? `(note: ${remark})` : []].flat();
  if (now.length > 0) messages.push({ role: "user", text: now.join("\n"), ...(images.length > 0 ? { images } : {}) });
  return messages;
}

/** From the end backwards, as much as fits. */
function newest(entries: readonly HistoryEntry[], contextTokens: number): readonly HistoryEntry[] {
  let room = contextTokens;
  const tooOld = entries.findLastIndex(({ text }) => {
    room -= estimateTokens(text);
    return room < 0;
  });
  return entries.slice(tooOld + 1);
}

/** All that a model may take for the beginning of a new line. */
const lineBreak = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;
/** Joiners, marks of direction, tags and fillers: they change a name without changing how it looks. */
const invisible = /[\p{Cf}\u115f\u1160\u2800\u3164\uffa0]+/gu;

/** Names are chosen by strangers: no brackets, no line breaks, nothing invisible, no length. */
export function plainName(name: string | undefined): string {
  const shown = (name ?? "").replace(invisible, "").replace(/[[\]#\s\p{Cc}]+/gu, " ");
  return [...shown.trim()].slice(0, 24).join("");
}

export function oneLine(text: string, limit: number): string {
  const flat = text.replace(/\s+/g, " ").replaceAll('"', "'").trim();
  return flat.length <= limit ? flat : `${cutToLength(flat, limit)}…`;
}
