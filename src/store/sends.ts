import { type Conversation, conversationKey } from "../protocol/scenes.ts";
import type { Database } from "./database.ts";

export type SettledStatus = "sent" | "failed" | "unknown" | "pending_review";

export interface Reservation {
  key: string;
  /** 0 when the send is not a reply. */
  msgSeq: number;
  status: "reserved" | SettledStatus;
  isRepeat: boolean;
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
}

/** The ledger that delivery writes before it touches the wire, and what the bot said where. */
export interface Sends {
  /** A failed one is told as such and open again from then on. */
  reserve(request: ReserveRequest): Promise<Reservation>;
  /** The reservation as it stands; reserves nothing. */
  find(key: string): Reservation | undefined;
  /** A later outcome replaces an earlier one; "sent" stays. */
  settle(key: string, outcome: SettledOutcome): Promise<void>;
  used(conversation: string, replyId: string): number;
  /** Newest first, recalled ones left out. */
  latest(conversation: Conversation, limit: number): { messageId: string; sentAt: number }[];
  markRecalled(conversation: Conversation, messageId: string): void;
}

interface SendRow {
  key: string;
  msg_seq: number;
  status: Reservation["status"];
  message_id: string | null;
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

  constructor({ database, appId, now }: SendsOptions) {
    this.#database = database;
    this.#appId = appId;
    this.#now = now;
  }

  reserve({ key, conversation, replyId }: ReserveRequest): Promise<Reservation> {
    // Known to the disk before anything is sent: a reply must not go out a second time after a power cut either.
    return this.#database.write((): Reservation => {
      const earlier = this.find(key);
      if (earlier?.status === "failed") this.#reopen(key);
      if (earlier) return earlier;
      const msgSeq = replyId === undefined ? 0 : this.#nextSeq(conversation, replyId);
      this.#database.run(
        `INSERT INTO send (app_id, key, conversation, reply_id, msg_seq, status, reserved_at)
         VALUES (?, ?, ?, ?, ?, 'reserved', ?)`,
        [this.#appId, key, conversation, replyId ?? null, msgSeq, this.#now()],
      );
      return { key, msgSeq, status: "reserved", isRepeat: false };
    }, "power");
  }

  /** Whoever asks for a failed one sends it again: a crash in the middle must find it open. */
  #reopen(key: string): void {
    const sql = "UPDATE send SET status = 'reserved' WHERE app_id = ? AND key = ?";
    this.#database.run(sql, [this.#appId, key]);
  }

  settle(key: string, { status, messageId, refIdx, auditId }: SettledOutcome): Promise<void> {
    return this.#database.write(() => {
      this.#database.run(
        `UPDATE send SET status = ?, message_id = coalesce(?, message_id), ref_idx = coalesce(?, ref_idx),
           audit_id = coalesce(?, audit_id), settled_at = ? WHERE app_id = ? AND key = ? AND status <> 'sent'`,
        [status, messageId ?? null, refIdx ?? null, auditId ?? null, this.#now(), this.#appId, key],
      );
    });
  }

  find(key: string): Reservation | undefined {
    const row = this.#database.get<SendRow>(
      "SELECT key, msg_seq, status, message_id FROM send WHERE app_id = ? AND key = ?",
      [this.#appId, key],
    );
    if (!row) return undefined;
    const { msg_seq: msgSeq, status, message_id: messageId } = row;
    return { key, msgSeq, status, isRepeat: true, ...(messageId !== null && { messageId }) };
  }

  used(conversation: string, replyId: string): number {
    const sql = "SELECT last_seq FROM reply WHERE app_id = ? AND conversation = ? AND reply_id = ?";
    return this.#database.get<{ last_seq: number }>(sql, [this.#appId, conversation, replyId])?.last_seq ?? 0;
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
