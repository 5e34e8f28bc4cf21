import type { Clock } from "../core/clock.ts";
import { isRecord, type Json } from "../core/json.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { fieldsOf, textOf } from "../protocol/fields.ts";
import type { Database } from "./database.ts";
import type { Pruning } from "./pruning.ts";

/** An event as the doors hand it in. */
export interface IncomingEvent {
  id: string;
  dedupeKeys: readonly string[];
  /** Conversation key when a turn shall handle it; null when it is only kept for readers. */
  lane: string | null;
  type: string;
  receivedAt: number;
  payload: Envelope | Json;
}

export interface InboxEvent extends Envelope {
  position: number;
}

export interface InboxFacts {
  /** Events that wait for their turn, and when the oldest of them came (epoch ms). */
  pending: number;
  oldestAt?: number;
  /** Events that were given up. */
  dead: number;
  /** What came to this process since its start. */
  accepted: number;
  duplicates: number;
}

export interface Inbox {
  /**
   * Durable when it resolves; an event that shares any key with an earlier one is dropped. `also` belongs to the same
   * commit, and is left out with a duplicate.
   */
  accept(event: IncomingEvent, also?: () => void): Promise<"accepted" | "duplicate">;
  /** Called with the lane of each accepted event that wants a turn, after it is durable; returns the way out. */
  watch(listener: (lane: string) => void): () => void;
  /** Events after a position, oldest first; without one, the newest `limit`, also oldest first. */
  list(query: { after?: number; types?: readonly string[]; limit: number }): InboxEvent[];
  /** When the person of a private chat wrote last, as far as it is kept. */
  lastHeard(openid: string): number | undefined;
  /** The newest position; 0 when empty. */
  last(): number;
  facts(): InboxFacts;
  /** The newest position that is no longer kept; 0 while nothing was cleared away. */
  lost(): number;
  /** Sees events of this process at once and those of other processes within a quarter of a second. */
  wait(cursor: number, timeoutMs: number, signal?: AbortSignal): Promise<void>;
}

interface EventRow {
  position: number;
  id: string;
  type: string;
  received_at: number;
  payload: string;
}

const pollMs = 250;

interface InboxOptions {
  database: Database;
  appId: string;
  clock: Clock;
  pruning: Pruning;
}

export function createInbox(options: InboxOptions): Inbox {
  return new SqliteInbox(options);
}

class SqliteInbox implements Inbox {
  readonly #database: Database;
  readonly #appId: string;
  readonly #clock: Clock;
  readonly #pruning: Pruning;
  readonly #watchers = new Set<(lane: string) => void>();
  readonly #waiters = new Set<() => void>();
  #accepted = 0;
  #duplicates = 0;

  constructor({ database, appId, clock, pruning }: InboxOptions) {
    this.#database = database;
    this.#appId = appId;
    this.#clock = clock;
    this.#pruning = pruning;
  }

  async accept(event: IncomingEvent, also?: () => void): Promise<"accepted" | "duplicate"> {
    const isNew = await this.#database.write(() => {
      if (!this.#insert(event)) return false;
      also?.();
      return true;
    });
    if (!isNew) {
      this.#duplicates++;
      return "duplicate";
    }
    this.#accepted++;
    this.#pruning.note();
    if (event.lane !== null) for (const watcher of this.#watchers) watcher(event.lane);
    for (const wake of this.#waiters) wake();
    return "accepted";
  }

  watch(listener: (lane: string) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  list({ after, types, limit }: { after?: number; types?: readonly string[]; limit: number }): InboxEvent[] {
    const rows = this.#database.all<EventRow>(
      `SELECT position, id, type, received_at, payload FROM event
       WHERE app_id = ? AND position > ? AND (? IS NULL OR type IN (SELECT value FROM json_each(?)))
       ORDER BY position ${after === undefined ? "DESC" : "ASC"} LIMIT ?`,
      [this.#appId, after ?? 0, types ? "some" : null, JSON.stringify(types ?? []), limit],
    );
    if (after === undefined) rows.reverse();
    return rows.map((row) => ({ ...envelopeOf(row, this.#appId), position: row.position }));
  }

  lastHeard(openid: string): number | undefined {
    // Text before JSON: most rows are not theirs, and need not be parsed.
    const sql = `SELECT received_at FROM event WHERE app_id = ? AND type = 'C2C_MESSAGE_CREATE' AND instr(payload, ?) > 0
      AND json_extract(payload, '$.data.author.user_openid') = ? ORDER BY position DESC LIMIT 1`;
    return this.#database.get<{ received_at: number }>(sql, [this.#appId, openid, openid])?.received_at;
  }

  last(): number {
    const sql = "SELECT max(position) AS last FROM event WHERE app_id = ?";
    return this.#database.get<{ last: number | null }>(sql, [this.#appId])?.last ?? 0;
  }

  lost(): number {
    const sql = "SELECT position FROM inbox_lost WHERE app_id = ?";
    return this.#database.get<{ position: number }>(sql, [this.#appId])?.position ?? 0;
  }

  facts(): InboxFacts {
    const count = (what: string, state: string) =>
      this.#database.get<{ n: number; at: number | null }>(
        `SELECT count(*) AS n, ${what} AS at FROM event WHERE app_id = ? AND state = '${state}'`,
        [this.#appId],
      );
    const pending = count("min(received_at)", "pending");
    const oldestAt = pending?.at ?? undefined;
    return {
      pending: pending?.n ?? 0,
      ...(oldestAt === undefined ? {} : { oldestAt }),
      dead: count("NULL", "dead")?.n ?? 0,
      accepted: this.#accepted,
      duplicates: this.#duplicates,
    };
  }

  wait(cursor: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (this.last() > cursor) return resolve();
      const clock = this.#clock;
      const deadline = clock.now() + timeoutMs;
      let cancelPoll: () => void;
      const end = (finish: () => void) => {
        this.#waiters.delete(wake);
        signal?.removeEventListener("abort", onAbort);
        cancelPoll();
        finish();
      };
      const wake = () => end(resolve);
      const onAbort = () => end(() => reject(signal?.reason));
      const poll = () => {
        if (clock.now() >= deadline || this.last() > cursor) wake();
        else cancelPoll = clock.after(Math.min(pollMs, deadline - clock.now()), poll);
      };
      cancelPoll = clock.after(Math.min(pollMs, timeoutMs), poll);
      this.#waiters.add(wake);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** False when any of the event's keys is known. */
  #insert(event: IncomingEvent): boolean {
    const keys = [...new Set([event.id, ...event.dedupeKeys])];
    const insertKey = "INSERT INTO dedupe (app_id, key, seen_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    const added = keys.map((key) => this.#database.run(insertKey, [this.#appId, key, this.#clock.now()]));
    if (added.includes(0)) {
      const deleteKey = "DELETE FROM dedupe WHERE app_id = ? AND key = ?";
      for (const [index, key] of keys.entries())
        if (added[index] === 1) this.#database.run(deleteKey, [this.#appId, key]);
      return false;
    }
    this.#database.run(
      `INSERT INTO event (app_id, id, dedupe_keys, type, lane, received_at, payload, state)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        this.#appId,
        event.id,
        JSON.stringify(event.dedupeKeys),
        event.type,
        event.lane,
        event.receivedAt,
        JSON.stringify(event.payload),
        event.lane === null ? "stored" : "pending",
      ],
    );
    if (event.type.endsWith("MESSAGE_DELETE")) this.#emptyRecalled(event.payload);
    return true;
  }

  /** What somebody took back is not kept for readers either, and starts no turn any more: who wrote it where is left. */
  #emptyRecalled(payload: Envelope | Json): void {
    const id = textOf(fieldsOf(fieldsOf(fieldsOf(payload).data).message), "id");
    if (id === undefined) return;
    const kept = ["id", "guild_id", "channel_id", "src_guild_id", "direct_message", "author", "timestamp"];
    const fields = kept.map((name) => `'${name}', json_extract(payload, '$.data.${name}')`).join(", ");
    // Text before JSON: most rows are not it, and need not be parsed.
    this.#database.run(
      `UPDATE event SET payload = json_set(payload, '$.data', json_object(${fields}, 'recalled', json('true')))
       WHERE app_id = ? AND type IN ('MESSAGE_CREATE', 'AT_MESSAGE_CREATE', 'DIRECT_MESSAGE_CREATE')
         AND instr(payload, ?) > 0 AND json_extract(payload, '$.data.id') = ?`,
      [this.#appId, id, id],
    );
  }
}

/** Payloads are envelopes; anything else is shown inside a minimal one. */
function envelopeOf(row: EventRow, appId: string): Envelope {
  const payload = JSON.parse(row.payload) as Json;
  if (isRecord(payload) && typeof payload.type === "string" && "data" in payload) return payload as unknown as Envelope;
  return { source: "gateway", appId, id: row.id, type: row.type, receivedAt: row.received_at, data: payload };
}
