import type { Database } from "./database.ts";
import type { Pruning } from "./pruning.ts";

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

/** Entries kept per conversation; one append in so many clears the older ones away. */
const keptEntries = 500;
const cachedEntries = 64;
const cachedConversations = 256;
const pruneEvery = 50;

interface HistoryOptions {
  database: Database;
  appId: string;
  pruning: Pruning;
}

export function createHistory({ database, appId, pruning }: HistoryOptions): History {
  const newest = new NewestEntries(database, appId);

  function prune(conversation: string): void {
    database.run(
      `DELETE FROM history WHERE app_id = ? AND conversation = ? AND position <=
         (SELECT position FROM history WHERE app_id = ? AND conversation = ? ORDER BY position DESC LIMIT 1 OFFSET ?)`,
      [appId, conversation, appId, conversation, keptEntries],
    );
  }

  return {
    async append(conversation, entry) {
      const isNew = await database.write(() => {
        const row = database.get<{ position: number }>(
          `INSERT INTO history (app_id, conversation, key, role, speaker, text, at) VALUES (?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT DO NOTHING RETURNING position`,
          [appId, conversation, entry.key, entry.role, entry.speaker ?? null, entry.text, entry.at],
        );
        // By the number of the row: nothing has to be counted per conversation, and the busy ones come up often.
        if (row && row.position % pruneEvery === 0) prune(conversation);
        return row !== undefined;
      });
      if (!isNew) return;
      newest.add(conversation, entry);
      pruning.note();
    },
    recent: (conversation, limit) => newest.read(conversation, limit),
    async remove(conversation, key) {
      await database.write(() => {
        const sql = "DELETE FROM history WHERE app_id = ? AND conversation = ? AND key = ?";
        database.run(sql, [appId, conversation, key]);
      });
      newest.drop(conversation);
    },
    async forget(conversation) {
      await database.write(() => {
        database.run("DELETE FROM history WHERE app_id = ? AND conversation = ?", [appId, conversation]);
      });
      newest.drop(conversation);
    },
  };
}

/** Each turn reads the same forty lines again: the last ones of the busiest conversations stay in memory. */
class NewestEntries {
  readonly #database: Database;
  readonly #appId: string;
  readonly #kept = new Map<string, HistoryEntry[]>();
  #version = -1;

  constructor(database: Database, appId: string) {
    this.#database = database;
    this.#appId = appId;
  }

  read(conversation: string, limit: number): HistoryEntry[] {
    if (limit > cachedEntries) return this.#load(conversation, limit);
    this.#noticeOthers();
    const entries = this.#kept.get(conversation) ?? this.#load(conversation, cachedEntries);
    // Set anew, so that the map is in order of use.
    this.#kept.delete(conversation);
    this.#kept.set(conversation, entries);
    if (this.#kept.size > cachedConversations) this.drop(this.#kept.keys().next().value ?? "");
    return entries.slice(-limit);
  }

  add(conversation: string, entry: HistoryEntry): void {
    const entries = this.#kept.get(conversation);
    if (!entries) return;
    // Another reader may have loaded it between its commit and now.
    if (!entries.some(({ key }) => key === entry.key)) entries.push(entry);
    if (entries.length > cachedEntries) entries.shift();
  }

  drop(conversation: string): void {
    this.#kept.delete(conversation);
  }

  /** Another process that wrote to the database may have written here. */
  #noticeOthers(): void {
    const version = this.#database.get<{ data_version: number }>("PRAGMA data_version")?.data_version ?? 0;
    if (version !== this.#version) this.#kept.clear();
    this.#version = version;
  }

  #load(conversation: string, limit: number): HistoryEntry[] {
    const rows = this.#database.all<HistoryRow>(
      `SELECT key, role, speaker, text, at FROM history WHERE app_id = ? AND conversation = ?
       ORDER BY position DESC LIMIT ?`,
      [this.#appId, conversation, limit],
    );
    return rows.reverse().map(({ key, role, speaker, text, at }) => ({
      ...{ key, role, text, at },
      ...(speaker !== null && { speaker }),
    }));
  }
}
