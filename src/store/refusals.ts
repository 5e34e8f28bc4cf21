import type { Database } from "./database.ts";

/** What is refused for now in a place (a conversation key or a scene), known to every process and after a restart. */
export interface Refusals {
  find(place: string, what: string): { code?: number; until: number } | undefined;
  remember(place: string, what: string, facts: { code?: number; until: number }): Promise<void>;
  forget(place: string, what: string): Promise<void>;
}

interface RefusalsOptions {
  database: Database;
  appId: string;
  now: () => number;
}

export function createRefusals({ database, appId, now }: RefusalsOptions): Refusals {
  return {
    find(place, what) {
      const row = database.get<{ code: number | null; until: number }>(
        "SELECT code, until FROM refusal WHERE app_id = ? AND place = ? AND what = ? AND until > ?",
        [appId, place, what, now()],
      );
      return row && { until: row.until, ...(row.code === null ? {} : { code: row.code }) };
    },
    remember(place, what, { code, until }) {
      return database.write(() => {
        database.run("DELETE FROM refusal WHERE app_id = ? AND until <= ?", [appId, now()]);
        database.run("INSERT OR REPLACE INTO refusal (app_id, place, what, code, until) VALUES (?, ?, ?, ?, ?)", [
          ...[appId, place, what, code ?? null, until],
        ]);
      });
    },
    forget(place, what) {
      return database.write(() => {
        database.run("DELETE FROM refusal WHERE app_id = ? AND place = ? AND what = ?", [appId, place, what]);
      });
    },
  };
}
