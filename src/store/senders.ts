import { createHash, randomInt } from "node:crypto";
import type { Database } from "./database.ts";

export interface AllowedSender {
  rule: string;
  addedAt: number;
  /** operator, or pairing: they sent the code. */
  addedBy: string;
}

/** Whom assistants may hear, beside the setting. Read at every look: other processes change it too. */
export interface Senders {
  list(): AllowedSender[];
  /** False when it was there already. */
  allow(rule: string): boolean;
  /** False when there was none. */
  remove(rule: string): boolean;
  /** A new one-time code; earlier ones end with it. */
  openPairing(): { code: string; expiresAt: number };
  /** Spends the code: true for the first message that holds it, if it was received while the code was open. */
  pair(text: string, rule: string, at: number): boolean;
}

const pairingMs = 10 * 60_000;
/** Without letters and digits that look alike. */
const letters = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";
const codeForm = /^[A-HJKMNP-Z2-9]{4}-[A-HJKMNP-Z2-9]{4}$/;

export function createSenders(options: { database: Database; appId: string; now: () => number }): Senders {
  const { database, appId, now } = options;

  function add(rule: string, addedBy: string): boolean {
    const sql = "INSERT INTO sender (app_id, rule, added_at, added_by) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
    return database.run(sql, [appId, rule, now(), addedBy]) > 0;
  }

  return {
    list() {
      const sql = "SELECT rule, added_at, added_by FROM sender WHERE app_id = ? ORDER BY added_at, rule";
      return database
        .all<{ rule: string; added_at: number; added_by: string }>(sql, [appId])
        .map(({ rule, added_at: addedAt, added_by: addedBy }) => ({ rule, addedAt, addedBy }));
    },
    allow: (rule) => add(rule, "operator"),
    remove: (rule) => database.run("DELETE FROM sender WHERE app_id = ? AND rule = ?", [appId, rule]) > 0,
    openPairing() {
      const half = () => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join("");
      const code = `${half()}-${half()}`;
      const expiresAt = now() + pairingMs;
      database.transaction(() => {
        database.run("DELETE FROM pairing WHERE app_id = ?", [appId]);
        database.run("INSERT INTO pairing (app_id, code, created_at, expires_at) VALUES (?, ?, ?, ?)", [
          ...[appId, digest(code), now()],
          expiresAt,
        ]);
      });
      return { code, expiresAt };
    },
    pair(text, rule, at) {
      const code = text.trim().toUpperCase();
      if (!codeForm.test(code)) return false;
      return database.transaction(() => {
        const spent = database.run(
          "DELETE FROM pairing WHERE app_id = ? AND code = ? AND created_at <= ? AND expires_at >= ?",
          [appId, digest(code), at, at],
        );
        if (spent > 0) add(rule, "pairing");
        return spent > 0;
      });
    },
  };
}

function digest(code: string): string {
  return createHash("sha256").update(code).digest("hex");
}
