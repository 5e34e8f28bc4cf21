import type { Incoming } from "../protocol/incoming.ts";
import { conversationKey } from "../protocol/scenes.ts";
import type { HistoryEntry } from "./conversation.ts";
import { plainText } from "./plain-text.ts";

/** Not a platform's numbers but a judgement: what people hardly do and programs do at once. */
const windowMs = 10 * 60_000;
const equalExchanges = 3;
const fastAnswers = 5;
const typedPerSecond = 5;
const shortText = 20;
const manyAnswers = 20;
const manyMs = 5 * 60_000;
const sweepEvery = 1_000;

/** In memory: a restart forgives. */
export interface LoopWatch {
  /**
   * To be told of every message that is heard, in order. Why its speaker must be a program that answers our answers,
   * although nothing says so: where others could have spoken and nobody did, the same words to the same words
   * over and over, long texts faster than anybody types, or no end of them. A pause, or anybody else's word, ends it. The same
   * message gets the same answer again. `ours`: the newest thing that the bot said there.
   */
  see(incoming: Incoming, ours: HistoryEntry | undefined): string | undefined;
}

/** What one speaker said right behind our words, and after them: a flood that is worked off later is none. */
interface Answer {
  id: string;
  person: string;
  isReaction: boolean;
  words: string;
  to: string;
  tookMs: number;
  at: number;
}

export function createLoopWatch(): LoopWatch {
  const lanes = new Map<string, Answer[]>();
  let seen = 0;

  const sweep = (now: number) => {
    for (const [lane, answers] of lanes) if ((answers.at(-1)?.at ?? 0) <= now - windowMs) lanes.delete(lane);
  };

  return {
    see(incoming, ours) {
      if (incoming.kind !== "message") return undefined;
      const { eventId, sender, conversation, receivedAt } = incoming;
      const lane = conversationKey(conversation);
      const before = lanes.get(lane) ?? [];
      if (!before.some(({ id }) => id === eventId)) {
        if (++seen % sweepEvery === 0) sweep(receivedAt);
        const answers = before.filter(({ person, at }) => person === sender.id && at > receivedAt - windowMs);
        lanes.set(lane, [...answers, answerOf(incoming, ours)].slice(-2 * manyAnswers));
      }
      const isShared = conversation.scene === "group" || conversation.scene === "channel";
      return signOf(
        (lanes.get(lane) ?? []).filter(({ isReaction }) => isReaction),
        { isShared, now: receivedAt },
      );
    },
  };
}

function answerOf({ eventId, sender, text, receivedAt }: Incoming, ours: HistoryEntry | undefined): Answer {
  return {
    ...{ id: eventId, person: sender.id, at: receivedAt },
    isReaction: ours !== undefined && ours.at <= receivedAt && ours.at > receivedAt - windowMs,
    ...{ words: text, to: ours?.text ?? "", tookMs: receivedAt - (ours?.at ?? 0) },
  };
}

function signOf(answers: readonly Answer[], { isShared, now }: { isShared: boolean; now: number }): string | undefined {
  // In a private chat it is a person who asks the same again; the limits and budgets hold there.
  if (!isShared) return undefined;
  const last = answers.slice(-equalExchanges);
  const isEqual = areEqual(last.map(({ words }) => words)) && areEqual(last.map(({ to }) => to));
  if (last.length === equalExchanges && isEqual) return "the same words to the same words, over and over";
  if (answers.filter(isInhuman).length >= fastAnswers) return "long answers to ours, faster than anybody types";
  const recent = answers.filter(({ at }) => at > now - manyMs);
  return recent.length > manyAnswers ? "no end of answers to ours, and nobody else speaks" : undefined;
}

function isInhuman({ words, tookMs }: Answer): boolean {
  const { length } = [...words];
  return length >= shortText && length / Math.max(1, tookMs / 1_000) > typedPerSecond;
}

/** But for case, width, blanks and punctuation. */
function areEqual(texts: readonly string[]): boolean {
  const plain = texts.map((text) => plainText(text).replace(/[\s\p{P}]+/gu, ""));
  return plain.every((text) => text !== "" && text === plain[0]);
}
