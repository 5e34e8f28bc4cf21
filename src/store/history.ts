import type { Database } from "./database.ts";

/** One line of a conversation as the model may read it later. */
export interface HistoryEntry {
  /** Unique in its conversation: appending the same key again changes nothing. */
  key: string;
  role: "user" | "assistant" | "note";
  speaker?: string;
  text: string;
  /** Epoch ms. */
  at: number;
}

/** What was said, per conversation key (`group:<openid>`); conversations never see each other's lines. */
export interface History {
  append(conversation: string, entry: HistoryEntry): Promise<void>;
  /** The newest `limit` entries, oldest first. */
  recent(conversation: string, limit: number): HistoryEntry[];
  remove(conversation: string, key: string): Promise<void>;
  forget(conversation: string): Promise<void>;
}

interface HistoryRow {
  key: string;
  role: HistoryEntry["role"];
  speaker: string | null;
  text: string;
  at: number;
}

/** Entries kept per conversation, and after how many appends the older ones are cleared away. */
const keptEntries = 500;
const pruneEvery = 100;

export function createHistory(database: Database, appId: string): History {
  const appended = new Map<string, number>();

  function prune(conversation: string): void {
    database.run(
      `DELETE FROM history WHERE app_id = ? AND conversation = ? AND position <=
         (SELECT position FROM history WHERE app_id = ? AND conversation = ? ORDER BY position DESC LIMIT 1 OFFSET ?)`,
      [appId, conversation, appId, conversation, keptEntries],
    );
  }

  return {
    append: (conversation, entry) =>
      database.write(() => {
        database.run(
          `INSERT INTO history (app_id, conversation, key, role, speaker, text, at) VALUES (?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT DO NOTHING`,
          [appId, conversation, entry.key, entry.role, entry.speaker ?? null, entry.text, entry.at],
        );
        const count = (appended.get(conversation) ?? 0) + 1;
        appended.set(conversation, count % pruneEvery);
        if (count === pruneEvery) prune(conversation);
      }),
    recent: (conversation, limit) =>
      database
        .all<HistoryRow>(
          `SELECT key, role, speaker, text, at FROM history WHERE app_id = ? AND conversation = ?
           ORDER BY position DESC LIMIT ?`,
          [appId, conversation, limit],
        )
        .reverse()
        .map((row) => ({
          key: row.key,
          role: row.role,
          ...(row.speaker !== null && { speaker: row.speaker }),
          text: row.text,
          at: row.at,
        })),
    remove: (conversation, key) =>
      database.write(() => {
        database.run("DELETE FROM history WHERE app_id = ? AND conversation = ? AND key = ?", [
          appId,
          conversation,
          key,
        ]);
      }),
    forget: (conversation) =>
      database.write(() => {
        database.run("DELETE FROM history WHERE app_id = ? AND conversation = ?", [appId, conversation]);
      }),
  };
}
