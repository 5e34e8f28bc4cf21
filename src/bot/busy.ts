import type { Incoming } from "../protocol/incoming.ts";

/**
 * What happens to messages that arrive while a turn runs. queue: each gets its own turn; merge: one turn for what its
 * speaker sent since; latest: one turn for all, answering the newest.
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
