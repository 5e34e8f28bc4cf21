import { isSameToken } from "../core/access.ts";
import { claimDigest, newClaimCode } from "../protocol/claim-code.ts";
import type { Database } from "./database.ts";

/** What came of a code: it works once, in time, for one person; to them it is good again, after a crash. */
export type ClaimVerdict = "granted" | "expired" | "unknown";

/** Who claimed the bot, beside those in the settings. Read at every look: other processes change it too. */
export interface Owners {
  list(): { person: string; addedAt: number }[];
  /** False when there was none. */
  remove(person: string): boolean;
  /** A new one-time code; earlier ones end with it. */
  openClaim(): { code: string; expiresAt: number };
  /** `digest`: what stands in the place of the code, see protocol/claim-code. `at`: when it came in. */
  claim(digest: string, person: string, at: number): ClaimVerdict;
}

const claimMs = 10 * 60_000;

export function createOwners(options: { database: Database; appId: string; now: () => number }): Owners {
  const { database, appId, now } = options;

  function judge(digest: string, person: string, at: number): ClaimVerdict {
    const sql = "SELECT digest, expires_at, used_by FROM claim WHERE app_id = ?";
    const row = database.get<{ digest: string; expires_at: number; used_by: string | null }>(sql, [appId]);
    if (!row || !isSameToken(digest, row.digest)) return "unknown";
    if (row.used_by !== null) return row.used_by === person ? "granted" : "unknown";
    if (at > row.expires_at) return "expired";
    database.run("UPDATE claim SET used_by = ? WHERE app_id = ?", [person, appId]);
    database.run("INSERT INTO owner (app_id, person, added_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", [
      ...[appId, person],
      now(),
    ]);
    return "granted";
  }

  return {
    list: () =>
      database
        .all<{ person: string; added_at: number }>(
          "SELECT person, added_at FROM owner WHERE app_id = ? ORDER BY added_at, person",
          [appId],
        )
        .map(({ person, added_at: addedAt }) => ({ person, addedAt })),
    remove: (person) => database.run("DELETE FROM owner WHERE app_id = ? AND person = ?", [appId, person]) > 0,
    openClaim() {
      const [code, expiresAt] = [newClaimCode(), now() + claimMs];
      const sql =
        "INSERT INTO claim (app_id, digest, expires_at) VALUES (?, ?, ?) ON CONFLICT (app_id) DO UPDATE SET digest = excluded.digest, expires_at = excluded.expires_at, used_by = NULL";
      database.run(sql, [appId, claimDigest(code), expiresAt]);
      return { code, expiresAt };
    },
    claim: (digest, person, at) => database.transaction(() => judge(digest, person, at)),
  };
}
