import { InputError } from "../core/errors.ts";
import { conversationKey, parseConversationKey } from "../protocol/scenes.ts";
import type { OperationContext, Senders } from "./context.ts";
import { type EventRow, toEventRow, toFactRow } from "./event-row.ts";
import { judge, type ReadEvent, readEvent, type Verdict } from "./sender-gate.ts";
import { mayHearOf, readTargetsSetting } from "./targets.ts";

export interface Query {
  types?: readonly string[] | undefined;
  /** `group:ID`. */
  conversation?: string | undefined;
  /** Id of the person. */
  sender?: string | undefined;
  limit: number;
}

/** A piece of the inbox as the caller may see it. */
export interface Heard {
  events: EventRow[];
  /** Behind everything that was looked at, shown or not. */
  cursor: number;
  hasMore: boolean;
  /** How many events of whom were kept back, by the rule or the setting that would let them in. */
  withheld: ReadonlyMap<string, number>;
}

/** Events that one call looks through at most: what the filters leave out costs time too. */
const longestLook = 2_000;
const batch = 200;
const elsewhere: Verdict = { kind: "withheld", rule: readTargetsSetting };
const everybody: Senders = { rules: () => new Set(["*"]), pair: () => false };

/** After a cursor, oldest first. Throws InputError for a cursor that is ahead, or behind what is kept. */
export function hearAfter(context: OperationContext, from: number, query: Query): Heard {
  const { inbox } = context;
  const last = inbox.last();
  checkCursor(from, { last, lost: inbox.lost() });
  const found = collect(context, query);
  let [cursor, looked] = [from, 0];
  for (;;) {
    const events = inbox.list({ after: cursor, ...typesOf(query), limit: batch });
    for (const event of events) {
      found.take(readEvent(event));
      cursor = event.position;
      if (found.isFull()) return found.result(cursor, cursor < last);
    }
    looked += events.length;
    // The cursor also passes what the types leave out.
    if (events.length < batch) return found.result(Math.max(last, cursor), false);
    if (looked >= longestLook) return found.result(cursor, true);
  }
}

/** The newest ones, oldest first. */
export function hearNewest(context: OperationContext, query: Query): Heard {
  const last = context.inbox.last();
  const found = collect(context, query);
  const look = found.showsAll ? query.limit : longestLook / 2;
  const events = context.inbox.list({ ...typesOf(query), limit: look }).reverse();
  for (const event of events) {
    found.take(readEvent(event));
    if (found.isFull()) break;
  }
  const { events: newestFirst, ...rest } = found.result(Math.max(last, events[0]?.position ?? 0), false);
  return { ...rest, events: newestFirst.reverse() };
}

function collect(context: OperationContext, query: Query) {
  // The operator's own command line and the bot's owner see everything; assistants act on what they read.
  const senders = context.caller.kind === "assistant" ? context.senders : everybody;
  const rows: EventRow[] = [];
  const withheld = new Map<string, number>();
  return {
    take(read: ReadEvent) {
      if (!matches(read, query)) return;
      // Judged in any case: a pairing code counts wherever it comes in.
      const judged = judge(read, senders);
      const verdict = mayHearOf(context.caller, placesOf(read)) ? judged : elsewhere;
      if (verdict.kind === "withheld") withheld.set(verdict.rule, (withheld.get(verdict.rule) ?? 0) + 1);
      else rows.push(verdict.kind === "open" ? toEventRow(read) : toFactRow(read));
    },
    showsAll:
      senders.rules().has("*") &&
      (context.caller.targets?.read ?? []).length === 0 &&
      query.conversation === undefined &&
      query.sender === undefined,
    isFull: () => rows.length >= query.limit,
    result: (cursor: number, hasMore: boolean): Heard => ({ events: rows, cursor, hasMore, withheld }),
  };
}

function placesOf({ place, guildId }: ReadEvent): string[] {
  return [...(place ? [conversationKey(place)] : []), ...(guildId === undefined ? [] : [`guild:${guildId}`])];
}

function matches({ place, incoming }: ReadEvent, { conversation, sender }: Query): boolean {
  if (conversation !== undefined && (!place || conversationKey(place) !== conversation)) return false;
  return sender === undefined || incoming?.sender.id === sender;
}

function typesOf({ types }: Query): { types?: readonly string[] } {
  return types === undefined ? {} : { types };
}

export function isConversation(text: string): boolean {
  return parseConversationKey(text) !== undefined;
}

function checkCursor(cursor: number, { last, lost }: { last: number; lost: number }): void {
  if (cursor > last) {
    throw new InputError("cursor", `cursor ${cursor} is ahead of the newest event (${last})`, {
      expected: `at most ${last}`,
      remedy: `Go on with cursor ${last}.`,
    });
  }
  if (cursor < lost) {
    throw new InputError("cursor", `cursor ${cursor} has expired: events up to ${lost} are no longer kept`, {
      expected: `at least ${lost}`,
      remedy: `Go on with cursor ${lost}; what came before it is gone.`,
    });
  }
}
