import { computed, effect, signal } from "@preact/signals";
import { type Problem, type Speaking, say } from "./api.ts";
import { clockOffsetMs, here, keyOf, resets, threads } from "./state.ts";

/** A message on its way: shown at the end of its conversation until the feed shows it as sent. */
export interface Outgoing {
  key: number;
  message: Speaking;
  at: number;
  /** Known when the platform has it. */
  messageId?: string;
  problem?: Problem;
}

const outgoing = signal<readonly Outgoing[]>([]);
/** Ids of messages that the platform stored without telling the bot. */
export const untold = signal<ReadonlySet<string>>(new Set());

/** Those of the open conversation. */
export const waiting = computed(() => {
  const chat = here.value;
  return chat ? outgoing.value.filter((entry) => keyOf(entry.message) === keyOf(chat) && !isShown(entry)) : [];
});

/** The feed shows a message, often before the call that sent it is answered. */
function isShown({ message, messageId }: Outgoing): boolean {
  return threads.value.get(keyOf(message))?.some(({ id }) => id === messageId) === true;
}

effect(() => {
  const left = outgoing.value.filter((entry) => !isShown(entry));
  if (left.length < outgoing.value.length) outgoing.value = left;
});
effect(() => {
  if (resets.value > 0) outgoing.value = [];
});

let lastKey = 0;
/** How long a sent message is shown as waiting when the feed never shows it. */
const patienceMs = 3000;

export async function send(message: Speaking): Promise<void> {
  const entry: Outgoing = { key: ++lastKey, message, at: Date.now() + clockOffsetMs.value };
  outgoing.value = [...outgoing.value, entry];
  const answer = await say(message);
  if (!answer.ok) return replace({ ...entry, problem: answer.problem });
  const messageId = answer.value.message_id;
  if (answer.value.event_id === null) untold.value = new Set(untold.value).add(messageId);
  replace({ ...entry, messageId });
  setTimeout(() => drop(entry), patienceMs);
}

export function drop({ key }: Outgoing): void {
  outgoing.value = outgoing.value.filter((one) => one.key !== key);
}

export function retry(entry: Outgoing): Promise<void> {
  drop(entry);
  return send(entry.message);
}

function replace(entry: Outgoing): void {
  outgoing.value = outgoing.value.map((one) => (one.key === entry.key ? entry : one));
}
