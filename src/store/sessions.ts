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

export function createSessions({ database, appId }: { database: Database; appId: string }): Sessions {
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
