import type { Incoming } from "../protocol/incoming.ts";
import { phraseFor } from "./phrases.ts";

/**
 * What happens to messages that arrive while a turn runs. queue: each gets its own turn; merge: one turn for what its
 * speaker sent since, and whoever speaks while its tools work joins it; latest: one turn for all, answering the newest.
 */
export type BusyPolicy = "queue" | "merge" | "latest";

/** Which of the waiting events join the turn that starts now, oldest first. Interactions always get their own turn. */
export function joining(policy: BusyPolicy, first: Incoming, waiting: readonly Incoming[]): Incoming[] {
  if (policy === "queue" || first.kind === "interaction") return [];
  const messages = waiting.filter((candidate) => candidate.kind === "message");
  return policy === "latest" ? messages : messages.filter((candidate) => candidate.sender.id === first.sender.id);
}

/** Told to the model where it speaks although nobody asked it. */
export const unaskedRemark = "nobody asked you: you join in by yourself, so be short, or say nothing at all.";

/** Told to the model when one answer has to do for several messages. */
export function remarkOn(policy: BusyPolicy, count: number): string | undefined {
  if (count < 2) return undefined;
  return policy === "latest"
    ? `${count} messages came while you were busy; answer the last one, the earlier ones get no answer of their own.`
    : `these ${count} messages came one after the other; answer them together.`;
}

/** Said to people below the answer, where others have been passed over for it. */
export function asideOn(policy: BusyPolicy, heard: readonly Incoming[]): string {
  const last = heard.at(-1);
  const passedOver = heard.filter(({ sender }) => sender.id !== last?.sender.id).length;
  if (policy !== "latest" || !last || passedOver === 0) return "";
  const chinese = `（刚才在忙，前面还有 ${passedOver} 条消息没有单独回复）`;
  const english = `(I was busy: ${passedOver} earlier message(s) got no answer of their own)`;
  return `\n\n${phraseFor(last.text, { chinese, english })}`;
}

/** Told to the model about what came while its tools worked; `right` is what the turn has left where that is less now. */
export function meanwhileRemark(count: number, right: string | undefined): string {
  const came = count === 1 ? "this came while you worked" : `these ${count} messages came while you worked`;
  const less = right === undefined ? "" : ` From here on this turn has the right "${right}": some tools are gone.`;
  return `${came}; your reply is for all of it.${less}`;
}
