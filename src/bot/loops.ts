import type { Incoming } from "../protocol/incoming.ts";
import { entryKey, type HistoryEntry } from "./conversation.ts";
import { plainText } from "./plain-text.ts";

/** Not a platform's numbers but a judgement: what people hardly do and programs do at once. */
const windowMs = 10 * 60_000;
const equalExchanges = 3;
const fastAnswers = 5;
const typedPerSecond = 5;
const shortText = 20;
const manyAnswers = 20;
const manyMs = 5 * 60_000;
/** The platform tells whole seconds only. */
const blurMs = 1_000;

/** How far back one has to look. */
export const loopLines = 2 * manyAnswers + 2;

/**
 * Why the speaker must be a program that answers our answers, although nothing says so: the same words to the same words
 * over and over; or, where others could have spoken and nobody did, long texts faster than anybody types, or no end of
 * them. `history` ends before or with the message. A pause, or anybody else's word, ends it.
 */
export function loopIn(history: readonly HistoryEntry[], incoming: Incoming): string | undefined {
  if (incoming.kind !== "message") return undefined;
  const { sender, conversation, text, timestampMs: now } = incoming;
  const own = entryKey(incoming);
  const before = history.filter(({ key, at, role }) => key !== own && role !== "note" && at > now - windowMs);
  const stranger = before.findLastIndex(({ role, person }) => role === "user" && person !== sender.id);
  const answers = answersIn([...before.slice(stranger + 1), { role: "user", text, at: now }]);
  const last = answers.slice(-equalExchanges);
  if (last.length === equalExchanges && areAlike(last.map(({ words }) => words)) && areAlike(last.map(({ to }) => to)))
    return "the same words to the same words, over and over";
  if (conversation.scene !== "group" && conversation.scene !== "channel") return undefined;
  if (answers.filter(isInhuman).length >= fastAnswers) return "long answers to ours, faster than anybody types";
  const recent = answers.filter(({ at }) => at > now - manyMs);
  return recent.length > manyAnswers ? "no end of answers to ours, and nobody else speaks" : undefined;
}

interface Answer {
  words: string;
  /** Our words before it. */
  to: string;
  tookMs: number;
  at: number;
}

/** What was said right behind our own words, and after them: a flood that we work off later is none. */
function answersIn(lines: readonly Pick<HistoryEntry, "role" | "text" | "at">[]): Answer[] {
  return lines.flatMap((line, index) => {
    const ours = lines[index - 1];
    if (line.role !== "user" || ours?.role !== "assistant" || line.at < ours.at - blurMs) return [];
    return [{ words: line.text, to: ours.text, tookMs: line.at - ours.at, at: line.at }];
  });
}

function isInhuman({ words, tookMs }: Answer): boolean {
  const { length } = [...words];
  return length >= shortText && length / Math.max(1, tookMs / 1_000) > typedPerSecond;
}

function areAlike(texts: readonly string[]): boolean {
  const [first = "", ...others] = texts.map((text) => plainText(text).replace(/[\s\p{P}\d]+/gu, ""));
  return others.every((other) => likeness(first, other) >= 0.9);
}

/** Dice's coefficient of the pairs of neighbouring signs. */
function likeness(one: string, other: string): number {
  if (one === other) return 1;
  const [ones, others] = [pairsOf(one), pairsOf(other)];
  const shared = [...ones].filter((pair) => others.has(pair)).length;
  return (2 * shared) / Math.max(1, ones.size + others.size);
}

function pairsOf(text: string): Set<string> {
  return new Set([...text].slice(1).map((sign, index) => `${[...text][index]}${sign}`));
}
