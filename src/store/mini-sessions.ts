import { randomBytes } from "node:crypto";
import type { Database } from "./database.ts";

/** Session keys of people in the mini program. They never leave the machine; `ref` stands for one. */
export interface MiniSessions {
  /** An earlier key of this person stays valid under its own ref. */
  keep(session: { openid: string; sessionKey: string }): Promise<string>;
  find(ref: string): { openid: string; sessionKey: string } | undefined;
}

/** The platform does not publish how long a key lives; each login may end it. */
const keptMs = 30 * 24 * 3_600_000;

interface MiniSessionsOptions {
  database: Database;
  /** AppID of the mini program, not of the bot. */
  appId: string;
  now: () => number;
  random?: () => string;
}

export function createMiniSessions({ database, appId, now, random = randomText }: MiniSessionsOptions): MiniSessions {
  return {
    async keep({ openid, sessionKey }) {
      const ref = `session_${random()}`;
      await database.write(() => {
        database.run("DELETE FROM mini_session WHERE app_id = ? AND saved_at < ?", [appId, now() - keptMs]);
        database.run("INSERT INTO mini_session (app_id, ref, openid, session_key, saved_at) VALUES (?, ?, ?, ?, ?)", [
          ...[appId, ref, openid, sessionKey, now()],
        ]);
      });
      return ref;
    },
    find(ref) {
      const row = database.get<{ openid: string; session_key: string }>(
        "SELECT openid, session_key FROM mini_session WHERE app_id = ? AND ref = ?",
        [appId, ref],
      );
      return row && { openid: row.openid, sessionKey: row.session_key };
    },
  };
}

function randomText(): string {
  return randomBytes(24).toString("base64url");
}
