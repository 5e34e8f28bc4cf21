import type { Json } from "../core/json.ts";
import type { Database, SqlValue } from "./database.ts";
import type { Reservation } from "./sends.ts";

export interface PlannedMessage {
  key: string;
  conversation: string;
  replyId?: string;
  receivedAt?: number;
  /** The beginning of it, for people who read the outbox. */
  text: string;
  parts: number;
}

export interface HeldMessage {
  key: string;
  conversation: string;
  heldUntil: number;
  message: Json;
}

export interface OutgoingPart {
  key: string;
  msgSeq: number;
  replyId?: string;
  status: Reservation["status"];
  code?: number;
  messageId?: string;
  /** By which it can be quoted. */
  refIdx?: string;
  auditId?: string;
  reservedAt: number;
  settledAt?: number;
}

export interface OutgoingMessageRow extends PlannedMessage {
  state: "open" | "held" | "cancelled" | "expired";
  note?: string;
  heldUntil?: number;
  writtenAt: number;
  /** Every attempt in order; a part that was tried in another form has several. */
  attempts: OutgoingPart[];
}

/** The messages behind the parts: what was planned, what waits, and what came of it. */
export interface Outgoing {
  /** A message that is planned again keeps its first row. */
  plan(message: PlannedMessage): Promise<void>;
  /**
   * Keeps it whole until somebody closes it. Survives the end of the machine: its caller was told that it waits. Resolves
   * to the end of the wait, which a message that is held already keeps.
   */
  hold(key: string, facts: { message: Json; heldUntil: number; note: string }): Promise<number>;
  /** It is held no longer. */
  release(key: string): Promise<void>;
  /** Oldest first; of one conversation, or all. */
  held(conversation?: string): HeldMessage[];
  isHeld(key: string): boolean;
  close(key: string, state: "open" | "cancelled" | "expired", note: string): Promise<void>;
  /** Newest first. */
  list(limit: number): OutgoingMessageRow[];
}

interface Row {
  key: string;
  conversation: string;
  reply_id: string | null;
  received_at: number | null;
  text: string;
  parts: number;
  state: OutgoingMessageRow["state"];
  note: string | null;
  message: string | null;
  held_until: number | null;
  written_at: number;
}

interface AttemptRow {
  key: string;
  msg_seq: number;
  reply_id: string | null;
  status: Reservation["status"];
  code: number | null;
  message_id: string | null;
  ref_idx: string | null;
  audit_id: string | null;
  reserved_at: number;
  settled_at: number | null;
}

export function createOutgoing(options: { database: Database; appId: string; now: () => number }): Outgoing {
  const { database, appId, now } = options;
  const all = (tail: string, params: readonly SqlValue[]) =>
    database.all<Row>(`SELECT * FROM outgoing WHERE app_id = ? ${tail}`, [appId, ...params]);
  return {
    plan({ key, conversation, replyId, receivedAt, text, parts }) {
      return database.write(() => {
        database.run(
          `INSERT INTO outgoing (app_id, key, conversation, reply_id, received_at, text, parts, state, written_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, 'open', ?)
           ON CONFLICT DO NOTHING`,
          [appId, key, conversation, replyId ?? null, receivedAt ?? null, text, parts, now()],
        );
      });
    },
    hold(key, { message, heldUntil, note }) {
      const sql = `UPDATE outgoing SET state = 'held', message = ?, held_until = coalesce(held_until, ?), note = ?
        WHERE app_id = ? AND key = ? RETURNING held_until`;
      const params = [JSON.stringify(message), heldUntil, note, appId, key];
      return database.write(() => database.get<{ held_until: number }>(sql, params)?.held_until ?? heldUntil, "power");
    },
    release(key) {
      const sql = `UPDATE outgoing SET state = 'open', message = NULL, held_until = NULL, note = NULL
        WHERE app_id = ? AND key = ? AND state = 'held'`;
      return database.write(() => {
        database.run(sql, [appId, key]);
      });
    },
    isHeld: (key) => all("AND key = ? AND state = 'held'", [key]).length > 0,
    held: (conversation) =>
      all(`AND state = 'held' AND ? IN ('', conversation) ORDER BY position`, [conversation ?? ""]).map((row) => ({
        key: row.key,
        conversation: row.conversation,
        heldUntil: row.held_until ?? 0,
        message: JSON.parse(row.message ?? "null") as Json,
      })),
    close(key, state, note) {
      const sql = `UPDATE outgoing SET state = ?, note = ?, message = NULL, held_until = NULL WHERE app_id = ? AND key = ?`;
      return database.write(() => {
        database.run(sql, [state, note, appId, key]);
      });
    },
    list: (limit) =>
      all("ORDER BY position DESC LIMIT ?", [limit]).map((row) => ({
        ...{ key: row.key, conversation: row.conversation, text: row.text, parts: row.parts, state: row.state },
        writtenAt: row.written_at,
        ...(row.reply_id === null ? {} : { replyId: row.reply_id }),
        ...(row.received_at === null ? {} : { receivedAt: row.received_at }),
        ...(row.note === null ? {} : { note: row.note }),
        ...(row.held_until === null ? {} : { heldUntil: row.held_until }),
        attempts: attemptsOf(database, appId, row.key),
      })),
  };
}

function attemptsOf(database: Database, appId: string, key: string): OutgoingPart[] {
  // "$" follows "#": all keys that begin with the message's key and "#", by the index.
  const rows = database.all<AttemptRow>(
    `SELECT key, msg_seq, reply_id, status, code, message_id, ref_idx, audit_id, reserved_at, settled_at FROM send
     WHERE app_id = ? AND key >= ? AND key < ? ORDER BY position`,
    [appId, `${key}#`, `${key}$`],
  );
  return rows.map((row) => ({
    ...{ key: row.key, msgSeq: row.msg_seq, status: row.status, reservedAt: row.reserved_at },
    ...(row.reply_id === null ? {} : { replyId: row.reply_id }),
    ...(row.code === null ? {} : { code: row.code }),
    ...(row.message_id === null ? {} : { messageId: row.message_id }),
    ...(row.ref_idx === null ? {} : { refIdx: row.ref_idx }),
    ...(row.audit_id === null ? {} : { auditId: row.audit_id }),
    ...(row.settled_at === null ? {} : { settledAt: row.settled_at }),
  }));
}
