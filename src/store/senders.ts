import { createHash, randomInt } from "node:crypto";
import type { Database } from "./database.ts";

export interface AllowedSender {
  rule: string;
  addedAt: number;
  /** operator, or pairing: they sent the code. */
  addedBy: string;
}

/** Whom assistants may hear and who may talk with the bot, beside the settings. Read at every look: other processes change it too. */
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
  /** The code with which somebody waits to be let in, for a day. `isNew`: this event made it. */
  introduce(rule: string, event: string): { code: string; isNew: boolean };
  /** Oldest first. */
  waiting(): { rule: string; code: string }[];
  /** Lets in whoever waits with this code: the rule, or undefined when nobody does. */
  admit(code: string): string | undefined;
}

const pairingMs = 10 * 60_000;
const introductionMs = 24 * 3_600_000;
/** Strangers make these rows: the oldest give way. */
const mostWaiting = 200;
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
    remove(rule) {
      return database.transaction(() => {
        // Whoever speaks again after it gets a new code.
        database.run("DELETE FROM introduction WHERE app_id = ? AND rule = ?", [appId, rule]);
        return database.run("DELETE FROM sender WHERE app_id = ? AND rule = ?", [appId, rule]) > 0;
      });
    },
    openPairing() {
      const code = newCode();
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
    introduce(rule, event) {
      return database.transaction(() => {
        database.run("DELETE FROM introduction WHERE app_id = ? AND expires_at <= ?", [appId, now()]);
        const known = database.get<{ code: string; event: string }>(
          "SELECT code, event FROM introduction WHERE app_id = ? AND rule = ?",
          [appId, rule],
        );
        if (known) return { code: known.code, isNew: known.event === event };
        database.run(
          `DELETE FROM introduction WHERE app_id = ? AND rule IN
             (SELECT rule FROM introduction WHERE app_id = ? ORDER BY expires_at DESC LIMIT -1 OFFSET ?)`,
          [appId, appId, mostWaiting - 1],
        );
        const code = newCode();
        database.run("INSERT INTO introduction (app_id, rule, code, event, expires_at) VALUES (?, ?, ?, ?, ?)", [
          ...[appId, rule, code, event],
          now() + introductionMs,
        ]);
        return { code, isNew: true };
      });
    },
    waiting: () =>
      database.all<{ rule: string; code: string }>(
        `SELECT rule, code FROM introduction WHERE app_id = ? AND expires_at > ?
           AND rule NOT IN (SELECT rule FROM sender WHERE app_id = ?) ORDER BY expires_at`,
        [appId, now(), appId],
      ),
    admit(code) {
      return database.transaction(() => {
        const found = database.get<{ rule: string }>(
          "SELECT rule FROM introduction WHERE app_id = ? AND code = ? AND expires_at > ?",
          [appId, code.trim().toUpperCase(), now()],
        );
        // The row stays: the same word after a crash finds the same rule.
        if (found) add(found.rule, "pairing");
        return found?.rule;
      });
    },
  };
}

function newCode(): string {
  const half = () => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join("");
  return `${half()}-${half()}`;
}

function digest(code: string): string {
  return createHash("sha256").update(code).digest("hex");
}
