import { createHash, randomInt } from "node:crypto";
import { isSameToken } from "../core/access.ts";
import type { Database } from "./database.ts";
import { createPendingCalls, type PendingCalls } from "./pending-calls.ts";

/** What came of a code: it works once, in time, for the one subject that it was given for. */
export type Verdict = "granted" | "expired" | "used" | "unknown";

/** Approvals that are waited for. Shared by all processes on the data folder, and kept over restarts. */
export interface Approvals {
  /** Returns the code that grants `subject` once until `expiresAt` (epoch ms); only its digest is kept. */
  open(approval: { subject: string; expiresAt: number }): Promise<string>;
  use(approval: { subject: string; code: string }): Promise<Verdict>;
  /** Those that are given in a chat, by name. */
  calls: PendingCalls;
}

interface ApprovalRow {
  position: number;
  code_digest: string;
  expires_at: number;
  used: number;
}

const keptRows = 1_000;
/** So long the answer to an old code can tell why it is refused. */
const keptMs = 24 * 3_600_000;

/** Without the signs that look like others: people may have to read a code aloud. */
const alphabet = "ABCDEFGHJKMNPQRSTVWXYZ23456789";
const codeLength = 10;

interface ApprovalsOptions {
  database: Database;
  appId: string;
  now: () => number;
}

export function createApprovals({ database, appId, now }: ApprovalsOptions): Approvals {
  function prune(): void {
    database.run("DELETE FROM approval WHERE app_id = ? AND expires_at < ?", [appId, now() - keptMs]);
    database.run(
      `DELETE FROM approval WHERE app_id = ? AND position <=
         (SELECT position FROM approval WHERE app_id = ? ORDER BY position DESC LIMIT 1 OFFSET ?)`,
      [appId, appId, keptRows - 1],
    );
  }

  function judge(subject: string, code: string): Verdict {
    const digest = digestOf(code);
    const rows = database.all<ApprovalRow>(
      "SELECT position, code_digest, expires_at, used FROM approval WHERE app_id = ? AND subject = ?",
      [appId, subject],
    );
    const row = rows.find((candidate) => isSameToken(candidate.code_digest, digest));
    if (!row) return "unknown";
    if (row.used === 1) return "used";
    if (row.expires_at <= now()) return "expired";
    database.run("UPDATE approval SET used = 1 WHERE position = ?", [row.position]);
    return "granted";
  }

  return {
    async open({ subject, expiresAt }) {
      const code = Array.from({ length: codeLength }, () => alphabet[randomInt(alphabet.length)]).join("");
      await database.write(() => {
        prune();
        database.run("INSERT INTO approval (app_id, subject, code_digest, expires_at) VALUES (?, ?, ?, ?)", [
          appId,
          subject,
          digestOf(code),
          expiresAt,
        ]);
      });
      return code;
    },
    // One transaction: of two processes that use the same code at once, one is granted it.
    use: ({ subject, code }) => database.write(() => judge(subject, code), "power"),
    calls: createPendingCalls({ database, appId, now, prune }),
  };
}

function digestOf(code: string): string {
  return createHash("sha256").update(code.trim().toUpperCase()).digest("hex");
}
