import { isMessageType, isSyntheticId } from "../protocol/dedupe.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { eventSpec } from "../protocol/events.ts";
import { fieldsOf, textOf } from "../protocol/fields.ts";
import { conversationOf } from "../protocol/place.ts";
import { conversationKey } from "../protocol/scenes.ts";
import type { ReplyTarget } from "./message.ts";

const keptConversations = 10_000;
const keptIds = 2_000;

/** What can be replied to, as far as this process has heard: the newest of each conversation, and what is no use any more. */
export class Targets {
  readonly #newest = new Map<string, ReplyTarget>();
  readonly #recalled = new Set<string>();
  readonly #spent = new Set<string>();

  /** The conversation that can be answered better from now on; undefined when the event changes nothing. */
  note(envelope: Envelope): string | undefined {
    const conversation = conversationOf(envelope);
    const target = conversation && targetOf(envelope);
    if (!target) return undefined;
    const key = conversationKey(conversation);
    const known = this.#newest.get(key);
    if (known && known.receivedAt > target.receivedAt) return undefined;
    this.#newest.delete(key);
    this.#newest.set(key, target);
    forgetOldest(this.#newest, keptConversations);
    return key;
  }

  newest(conversation: string): ReplyTarget | undefined {
    return this.#newest.get(conversation);
  }

  recall(messageId: string): void {
    this.#recalled.add(messageId);
    forgetOldest(this.#recalled, keptIds);
  }

  isRecalled(target: ReplyTarget | undefined): boolean {
    return target?.msgId !== undefined && this.#recalled.has(target.msgId);
  }

  /** The platform says that it is too old or has had its replies, whatever we counted. */
  spend(target: ReplyTarget): void {
    this.#spent.add(idOf(target));
    forgetOldest(this.#spent, keptIds);
  }

  isSpent(target: ReplyTarget): boolean {
    return this.#spent.has(idOf(target));
  }
}

/** The id under which the ledger counts the replies to a message or event. */
export function idOf({ msgId, eventId }: ReplyTarget): string {
  return msgId ?? eventId ?? "";
}

/** The other way round: outer ids of events begin with their type. */
export function targetNamed(id: string): ReplyTarget {
  return /^[A-Z][A-Z0-9_]*:/.test(id) ? { eventId: id, receivedAt: 0 } : { msgId: id, receivedAt: 0 };
}

function targetOf({ id, type, receivedAt, data }: Envelope): ReplyTarget | undefined {
  if (isMessageType(type)) {
    const message = fieldsOf(data);
    const msgId = textOf(message, "id");
    // Bots' messages are not answered, and of a text channel only those that mention the bot can be (304028).
    if (msgId === undefined || fieldsOf(message.author).bot === true || type === "MESSAGE_CREATE") return undefined;
    return { msgId, receivedAt };
  }
  return eventSpec(type)?.replyWith === "event_id" && !isSyntheticId(id) ? { eventId: id, receivedAt } : undefined;
}

function forgetOldest(kept: Map<string, unknown> | Set<string>, limit: number): void {
  if (kept.size <= limit) return;
  for (const key of kept.keys()) {
    kept.delete(key);
    return;
  }
}
