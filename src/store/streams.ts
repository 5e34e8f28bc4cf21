import type { Database } from "./database.ts";

/** A message that grows while it is written, as far as it may have come. */
export interface StreamRow {
  /** The answer that it shows; a long one takes several streams. */
  messageKey: string;
  /** From 1 within the answer. */
  number: number;
  conversation: string;
  /** saying: its last frame is on the way. said: ended, and its source is part of the answer. aside: ended otherwise. */
  state: "open" | "saying" | "said" | "aside";
  /** Empty until the platform has answered the first frame. */
  streamId: string;
  refIdx?: string;
  msgSeq: number;
  replyId: string;
  /** Number of the newest frame that may have been sent. */
  index: number;
  /** All text in that frame, and the beginning of the answer that it stands for. */
  content: string;
  source: string;
  /** The same of the newest frame that was accepted. */
  shown: { content: string; source: string };
}

/** Written before every frame, so that the next process can close what this one leaves open. */
export interface Streams {
  write(row: StreamRow): Promise<void>;
  /** Of one answer, in order. */
  of(messageKey: string): StreamRow[];
  /** Not ended yet. */
  open(): StreamRow[];
}

export function createStreams(options: { database: Database; appId: string; now: () => number }): Streams {
  const { database, appId, now } = options;
  const rows = (where: string, ...params: string[]) =>
    database
      .all<{ facts: string }>(`SELECT facts FROM stream WHERE app_id = ? AND ${where} ORDER BY number`, [
        ...[appId, ...params],
      ])
      .map(({ facts }) => JSON.parse(facts) as StreamRow);
  return {
    write(row) {
      return database.write(() => {
        database.run(
          `INSERT OR REPLACE INTO stream (app_id, message_key, number, is_open, facts, written_at)
           VALUES (?, ?, ?, ?, ?, ?)`,
          [appId, row.messageKey, row.number, isOpen(row) ? 1 : 0, JSON.stringify(row), now()],
        );
      });
    },
    of: (messageKey) => rows("message_key = ?", messageKey),
    open: () => rows("is_open = 1"),
  };
}

function isOpen({ state }: StreamRow): boolean {
  return state === "open" || state === "saying";
}
