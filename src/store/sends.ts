import { actionOf } from "../protocol/error-codes.ts";
import { type Conversation, conversationKey, type Scene } from "../protocol/scenes.ts";
import type { Database } from "./database.ts";

export type SettledStatus = "sent" | "failed" | "unknown" | "pending_review" | "rejected";

export interface Reservation {
  key: string;
  /** 0 when the send is not a reply. */
  msgSeq: number;
  status: "reserved" | SettledStatus;
  isRepeat: boolean;
  /** What it replies to. */
  replyId?: string;
  messageId?: string;
}

export interface ReserveRequest {
  key: string;
  conversation: string;
  replyId?: string;
}

export interface SettledOutcome {
  status: SettledStatus;
  messageId?: string;
  refIdx?: string;
  auditId?: string;
  /** The platform's number, of what it refused. */
  code?: number;
}

/** What a verdict is about: a part, and the beginning of its message. */
export interface Judged {
  key: string;
  conversation: string;
  text: string;
}

/** The ledger that delivery writes before it touches the wire, and what the bot said where. */
export interface Sends {
  /** A failed one is told as such and open again from then on. */
  reserve(request: ReserveRequest): Promise<Reservation>;
  /** The reservations of a part in all its variants, which have marks behind a + in their keys. Oldest first. */
  attempts(partKey: string): Reservation[];
  /** A later outcome replaces an earlier one; "sent" stays. */
  settle(key: string, outcome: SettledOutcome): Promise<void>;
  /** Counted in this process since its start. */
  outcomes(): Partial<Record<SettledStatus, number>>;
  /** Replies that an inbound message or event has cost so far; what was refused cost none. */
  used(conversation: string, replyId: string): number;
  /** When active messages went out after `since`, oldest first: to one conversation, or to a whole scene. */
  activeTimes(query: { conversation: string } | { scene: Scene }, since: number): number[];
  /** How many wake-up messages went out there from `since` on: those with that mark in their keys. */
  wakeUps(conversation: string, since: number): number;
  /** The verdict on what waits for review; undefined when nothing waits under that id. */
  judge(auditId: string, outcome: SettledOutcome): Promise<Judged | undefined>;
  /** Newest first, recalled ones left out. */
  latest(conversation: Conversation, limit: number): { messageId: string; sentAt: number }[];
  markRecalled(conversation: Conversation, messageId: string): void;
  /** The beginning of the message of ours that people quote by this id. */
  said(conversation: string, ref: string): { text: string; at: number } | undefined;
}

interface SendRow {
  key: string;
  msg_seq: number;
  status: Reservation["status"];
  message_id: string | null;
  reply_id: string | null;
}

const selectSend = "SELECT key, msg_seq, status, message_id, reply_id FROM send WHERE app_id = ?";

function reservationOf({
  key,
  msg_seq: msgSeq,
  status,
  message_id: messageId,
  reply_id: replyId,
}: SendRow): Reservation {
  return {
    ...{ key, msgSeq, status, isRepeat: true },
    ...(replyId !== null && { replyId }),
    ...(messageId !== null && { messageId }),
  };
}

interface SendsOptions {
  database: Database;
  appId: string;
  now: () => number;
}

export function createSends(options: SendsOptions): Sends {
  return new SqliteSends(options);
}

class SqliteSends implements Sends {
  readonly #database: Database;
  readonly #appId: string;
  readonly #now: () => number;
  readonly #outcomes: Partial<Record<SettledStatus, number>> = {};

  constructor({ database, appId, now }: SendsOptions) {
    this.#database = database;
    this.#appId = appId;
    this.#now = now;
  }

  reserve({ key, conversation, replyId }: ReserveRequest): Promise<Reservation> {
    // Known to the disk before anything is sent: a reply must not go out a second time after a power cut either.
    return this.#database.write((): Reservation => {
      const earlier = this.#find(key);
      if (earlier?.status === "failed") this.#reopen(key);
      if (earlier) return earlier;
      const msgSeq = replyId === undefined ? 0 : this.#nextSeq(conversation, replyId);
      this.#database.run(
        `INSERT INTO send (app_id, key, conversation, reply_id, msg_seq, status, reserved_at)
         VALUES (?, ?, ?, ?, ?, 'reserved', ?)`,
        [this.#appId, key, conversation, replyId ?? null, msgSeq, this.#now()],
      );
      return { key, msgSeq, status: "reserved", isRepeat: false, ...(replyId === undefined ? {} : { replyId }) };
    }, "power");
  }

  #countRefused(key: string, change: 1 | -1): void {
    this.#database.run(
      `UPDATE reply SET refused = refused + ? FROM send WHERE send.app_id = ? AND send.key = ?
         AND send.status = ? AND reply.app_id = send.app_id AND reply.conversation = send.conversation
         AND reply.reply_id = send.reply_id`,
      [change, this.#appId, key, change === 1 ? "reserved" : "failed"],
    );
  }

  /** Whoever asks for a failed one sends it again: a crash in the middle must find it open. */
  #reopen(key: string): void {
    const row = this.#database.get<{ code: number | null }>("SELECT code FROM send WHERE app_id = ? AND key = ?", [
      ...[this.#appId, key],
    ]);
    if (actionOf(row?.code ?? undefined) !== "DUP") this.#countRefused(key, -1);
    const sql = "UPDATE send SET status = 'reserved', code = NULL WHERE app_id = ? AND key = ?";
    this.#database.run(sql, [this.#appId, key]);
  }

  async settle(key: string, outcome: SettledOutcome): Promise<void> {
    await this.#database.write(() => this.#settle(key, outcome));
    this.#outcomes[outcome.status] = (this.#outcomes[outcome.status] ?? 0) + 1;
  }

  outcomes(): Partial<Record<SettledStatus, number>> {
    return { ...this.#outcomes };
  }

  #settle(key: string, { status, messageId, refIdx, auditId, code }: SettledOutcome): void {
    // A number that another message has taken was refused, but that other message did cost a reply.
    if (status === "failed" && actionOf(code) !== "DUP") this.#countRefused(key, 1);
    this.#database.run(
      `UPDATE send SET status = ?, message_id = coalesce(?, message_id), ref_idx = coalesce(?, ref_idx),
         audit_id = coalesce(?, audit_id), code = ?, settled_at = ? WHERE app_id = ? AND key = ? AND status <> 'sent'`,
      [status, messageId ?? null, refIdx ?? null, auditId ?? null, code ?? null, this.#now(), this.#appId, key],
    );
  }

  judge(auditId: string, outcome: SettledOutcome): Promise<Judged | undefined> {
    return this.#database.write(() => {
      const row = this.#database.get<Judged>(
        `SELECT send.key, send.conversation, coalesce(outgoing.text, '') AS text FROM send LEFT JOIN outgoing
           ON outgoing.app_id = send.app_id AND outgoing.key = substr(send.key, 1, instr(send.key, '#') - 1)
         WHERE send.app_id = ? AND audit_id = ? AND status = 'pending_review'`,
        [this.#appId, auditId],
      );
      if (row) this.#settle(row.key, outcome);
      return row;
    });
  }

  activeTimes(query: { conversation: string } | { scene: Scene }, since: number): number[] {
    const place = "scene" in query ? "conversation GLOB ?" : "conversation = ?";
    const rows = this.#database.all<{ reserved_at: number }>(
      `SELECT reserved_at FROM send WHERE app_id = ? AND reply_id IS NULL AND reserved_at > ? AND ${place}
         AND status <> 'failed' ORDER BY reserved_at`,
      [this.#appId, since, "scene" in query ? `${query.scene}:*` : query.conversation],
    );
    return rows.map((row) => row.reserved_at);
  }

  wakeUps(conversation: string, since: number): number {
    const sql = `SELECT count(*) AS n FROM send WHERE app_id = ? AND reply_id IS NULL AND reserved_at >= ?
      AND conversation = ? AND status <> 'failed' AND key GLOB '*#*+wakeup*'`;
    return this.#database.get<{ n: number }>(sql, [this.#appId, since, conversation])?.n ?? 0;
  }

  #find(key: string): Reservation | undefined {
    const row = this.#database.get<SendRow>(`${selectSend} AND key = ?`, [this.#appId, key]);
    return row && reservationOf(row);
  }

  attempts(partKey: string): Reservation[] {
    // "," follows "+": two ranges of the index of keys.
    const sql = `${selectSend} AND (key = ? OR key >= ? AND key < ?) ORDER BY position`;
    return this.#database.all<SendRow>(sql, [this.#appId, partKey, `${partKey}+`, `${partKey},`]).map(reservationOf);
  }

  used(conversation: string, replyId: string): number {
    const sql = "SELECT last_seq - refused AS used FROM reply WHERE app_id = ? AND conversation = ? AND reply_id = ?";
    return this.#database.get<{ used: number }>(sql, [this.#appId, conversation, replyId])?.used ?? 0;
  }

  latest(conversation: Conversation, limit: number): { messageId: string; sentAt: number }[] {
    const rows = this.#database.all<{ message_id: string; settled_at: number }>(
      `SELECT message_id, settled_at FROM send
       WHERE app_id = ? AND conversation = ? AND message_id IS NOT NULL AND status = 'sent' AND recalled = 0
       ORDER BY position DESC LIMIT ?`,
      [this.#appId, conversationKey(conversation), limit],
    );
    return rows.map((row) => ({ messageId: row.message_id, sentAt: row.settled_at }));
  }

  markRecalled(conversation: Conversation, messageId: string): void {
    const sql = "UPDATE send SET recalled = 1 WHERE app_id = ? AND conversation = ? AND message_id = ?";
    this.#database.run(sql, [this.#appId, conversationKey(conversation), messageId]);
  }

  said(conversation: string, ref: string): { text: string; at: number } | undefined {
    return this.#database.get<{ text: string; at: number }>(
      `SELECT outgoing.text, outgoing.written_at AS at FROM send JOIN outgoing
         ON outgoing.app_id = send.app_id AND outgoing.key = substr(send.key, 1, instr(send.key, '#') - 1)
       WHERE send.app_id = ? AND send.conversation = ? AND send.message_id IS NOT NULL AND recalled = 0
         AND (send.message_id = ? OR send.ref_idx = ?) ORDER BY send.position DESC LIMIT 1`,
      [this.#appId, conversation, ref, ref],
    );
  }

  /** Counts up and never down: a number that failed may still have reached the platform. */
  #nextSeq(conversation: string, replyId: string): number {
    const row = this.#database.get<{ last_seq: number }>(
      `INSERT INTO reply (app_id, conversation, reply_id, last_seq, used_at) VALUES (?, ?, ?, 1, ?)
       ON CONFLICT DO UPDATE SET last_seq = last_seq + 1, used_at = excluded.used_at RETURNING last_seq`,
      [this.#appId, conversation, replyId, this.#now()],
    );
    return row?.last_seq ?? 1;
  }
}
