import type { Database } from "./database.ts";

/** What resuming a gateway session needs. */
export interface SavedSession {
  sessionId: string;
  /** The highest sequence below which every event is in the inbox. */
  seq: number;
  intents: number;
  shard: [number, number];
  savedAt: number;
}

export interface RefusedIntents {
  mask: number;
  askedAt: number;
}

export interface Sessions {
  load(shard: readonly [number, number]): Promise<SavedSession | undefined>;
  save(session: SavedSession): Promise<void>;
  clear(shard: readonly [number, number]): Promise<void>;
  /** Of the session that was saved last, with any shard count. */
  newest(): Promise<Pick<SavedSession, "shard" | "savedAt"> | undefined>;
  /** When the caller may identify: all processes on this file take turns, `spacingMs` apart. Epoch ms. */
  takeTurn(spacingMs: number): Promise<number>;
  /** Intents that the platform refused this bot, as a mask, and when it was last asked for them. */
  loadRefusedIntents(): Promise<RefusedIntents | undefined>;
  saveRefusedIntents(refused: RefusedIntents): Promise<void>;
}

interface SessionRow {
  session_id: string;
  seq: number;
  intents: number;
  saved_at: number;
}

const longestQueueMs = 2 * 3_600_000;

export function createSessions({
  database,
  appId,
  now,
}: {
  database: Database;
  appId: string;
  now: () => number;
}): Sessions {
  return {
    async load([id, count]) {
      const row = database.get<SessionRow>(
        `SELECT session_id, seq, intents, saved_at FROM gateway_session
         WHERE app_id = ? AND shard_id = ? AND shard_count = ?`,
        [appId, id, count],
      );
      return (
        row && {
          sessionId: row.session_id,
          seq: row.seq,
          intents: row.intents,
          shard: [id, count],
          savedAt: row.saved_at,
        }
      );
    },
    save: ({ sessionId, seq, intents, shard, savedAt }) =>
      database.write(() => {
        database.run(
          `INSERT OR REPLACE INTO gateway_session
             (app_id, shard_id, shard_count, session_id, seq, intents, saved_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
          [appId, shard[0], shard[1], sessionId, seq, intents, savedAt],
        );
      }),
    clear: ([id, count]) =>
      database.write(() => {
        database.run("DELETE FROM gateway_session WHERE app_id = ? AND shard_id = ? AND shard_count = ?", [
          appId,
          id,
          count,
        ]);
      }),
    async newest() {
      const row = database.get<{ shard_id: number; shard_count: number; saved_at: number }>(
        `SELECT shard_id, shard_count, saved_at FROM gateway_session WHERE app_id = ?
         ORDER BY saved_at DESC, shard_count DESC LIMIT 1`,
        [appId],
      );
      return row && { shard: [row.shard_id, row.shard_count], savedAt: row.saved_at };
    },
    takeTurn: (spacingMs) =>
      database.write(() => {
        const sql = "SELECT free_at FROM identify_turn WHERE app_id = ?";
        const freeAt = database.get<{ free_at: number }>(sql, [appId])?.free_at ?? 0;
        // Turns lie some seconds ahead; one further away was taken before the clock was set back.
        const turn = freeAt > now() + longestQueueMs ? now() : Math.max(now(), freeAt);
        database.run("INSERT OR REPLACE INTO identify_turn (app_id, free_at) VALUES (?, ?)", [appId, turn + spacingMs]);
        return turn;
      }),
    async loadRefusedIntents() {
      const sql = "SELECT mask, saved_at AS askedAt FROM refused_intents WHERE app_id = ?";
      return database.get<RefusedIntents>(sql, [appId]);
    },
    saveRefusedIntents: ({ mask, askedAt }) =>
      database.write(() => {
        database.run("INSERT OR REPLACE INTO refused_intents (app_id, mask, saved_at) VALUES (?, ?, ?)", [
          appId,
          mask,
          askedAt,
        ]);
      }),
  };
}
