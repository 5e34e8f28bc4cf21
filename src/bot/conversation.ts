import type { ModelMessage } from "../agent/model.ts";
import type { Incoming } from "../protocol/incoming.ts";
import type { Scene } from "../protocol/scenes.ts";
import { cutToLength } from "../protocol/text-width.ts";

/** One line of a conversation; the store's own record, held per conversation key. */
export interface HistoryEntry {
  key: string;
  role: "user" | "assistant" | "note";
  /** `name#id`: the id's end tells two people of one name apart. */
  speaker?: string;
  text: string;
  at: number;
}

/** What the bot needs of the store's history. Appending a known key changes nothing. */
export interface HistoryPort {
  append(conversation: string, entry: HistoryEntry): Promise<unknown>;
  /** The newest `limit` entries, oldest first. */
  recent(conversation: string, limit: number): HistoryEntry[];
}

export const historyLimits = { entries: 40, characters: 24_000, perEntry: 4_000 } as const;

/** Of a message that names the bot and says nothing. */
export const onlyMention = "(no text, only a mention of you)";

/** The history line of something heard. */
export function entryOf(incoming: Incoming, quoted: string | undefined): HistoryEntry {
  const { sender } = incoming;
  return {
    key: entryKey(incoming),
    role: "user",
    speaker: `${plainName(sender.name)}#${sender.id}`,
    text: wordsOf(incoming, quoted),
    at: incoming.timestampMs,
  };
}

export function entryKey(incoming: Incoming): string {
  return incoming.kind === "message" ? `msg:${incoming.messageId ?? incoming.eventId}` : `event:${incoming.eventId}`;
}

/** The key of what the bot said: it holds every id under which people may quote it. */
export function saidKey(refs: readonly string[]): string {
  return `said:${refs.join(",")}`;
}

export function isSaid(entry: HistoryEntry, ref: string): boolean {
  return entry.key.startsWith("said:") && entry.key.slice(5).split(",").includes(ref);
}

/** Text, quote, attachments and clicks as words; never empty. `quoted` fills in a quote that came without its text. */
export function wordsOf(incoming: Incoming, quoted: string | undefined): string {
  const lines: string[] = [];
  const quote = incoming.quote?.text ?? quoted;
  if (incoming.quote)
    lines.push(quote ? `(quoting: "${oneLine(quote, 500)}")` : "(quoting a message that is not at hand)");
  if (incoming.form === "card") lines.push(`(a card, not the speaker's own words: "${oneLine(incoming.text, 1_000)}")`);
  else if (incoming.form === "record")
    lines.push(`(a forwarded chat, not the speaker's own words: "${oneLine(incoming.text, 3_000)}")`);
  else if (incoming.kind === "interaction") lines.push(`(clicked a button: "${oneLine(incoming.text, 500)}")`);
  else if (incoming.text) lines.push(incoming.text);
  for (const { kind, name, url, asr } of incoming.attachments) {
    const about = [name, asr && `transcript: "${oneLine(asr, 1_000)}"`, kind === "image" && url].filter(Boolean);
    lines.push(`(${kind}${about.length > 0 ? `: ${about.join(", ")}` : ""})`);
  }
  const words = lines.join("\n") || onlyMention;
  return words.length <= historyLimits.perEntry ? words : `${cutToLength(words, historyLimits.perEntry)}… (cut)`;
}

/**
 * History and the present as model messages. In groups and channels every line begins with its speaker's tag, and the
 * further lines of a text are indented: nobody can write a line that looks like another speaker's.
 */
export function messagesOf(options: {
  scene: Scene;
  history: readonly HistoryEntry[];
  present: readonly HistoryEntry[];
  /** Said to the model about the present, below it. */
  remark?: string;
}): ModelMessage[] {
  const { scene, present } = options;
  const own = new Set(present.map((entry) => entry.key));
  const past = newest(options.history.filter((entry) => !own.has(entry.key)));
  const isShared = scene === "group" || scene === "channel";
  const tags = isShared ? tagsOf([...past, ...present]) : undefined;
  const line = (entry: HistoryEntry) => {
    if (entry.role === "note") return `(note: ${entry.text})`;
    if (!tags) return entry.text;
    return `[${tags.get(entry.speaker ?? "") ?? "?"}] ${entry.text.replace(lineBreak, "\n  ")}`;
  };
  const messages: ModelMessage[] = [];
  let heard: string[] = [];
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
  const now = present.map(line);
  messages.push({ role: "user", text: [...now, ...(options.remark ? [`(note: ${options.remark})`] : [])].join("\n") });
  return messages;
}

/** From the end backwards, as much as fits. */
function newest(entries: readonly HistoryEntry[]): HistoryEntry[] {
  let room: number = historyLimits.characters;
  let from = entries.length;
  while (from > 0) {
    room -= (entries[from - 1] as HistoryEntry).text.length;
    if (room < 0) break;
    from--;
  }
  return entries.slice(from);
}

/** Speaker -> tag. Two people of one name get the end of their id behind it. */
function tagsOf(entries: readonly HistoryEntry[]): Map<string, string> {
  const speakers = new Set(entries.flatMap((entry) => (entry.role === "user" && entry.speaker ? [entry.speaker] : [])));
  const people = [...speakers].map((speaker) => {
    const cut = speaker.lastIndexOf("#");
    return { speaker, name: speaker.slice(0, cut), id: speaker.slice(cut + 1) };
  });
  return new Map(
    people.map(({ speaker, name, id }) => {
      const isShared = people.some((other) => other.name === name && other.id !== id);
      return [speaker, isShared || name === "" ? `${name || "member"}#${id.slice(-4)}` : name];
    }),
  );
}

/** All that a model may take for the beginning of a new line. */
const lineBreak = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;
/** Joiners, marks of direction, tags and fillers: they change a name without changing how it looks. */
const invisible = /[\p{Cf}\u115f\u1160\u2800\u3164\uffa0]+/gu;

/** Names are chosen by strangers: no brackets, no line breaks, nothing invisible, no length. */
function plainName(name: string | undefined): string {
  const shown = (name ?? "").replace(invisible, "").replace(/[[\]#\s\p{Cc}]+/gu, " ");
  return [...shown.trim()].slice(0, 24).join("");
}

function oneLine(text: string, limit: number): string {
  const flat = text.replace(/\s+/g, " ").replaceAll('"', "'").trim();
  return flat.length <= limit ? flat : `${cutToLength(flat, limit)}…`;
}
