import type { Json } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import type { Database } from "./database.ts";
import type { Pruning } from "./pruning.ts";

/** One call through the gate. `input` is redacted by whoever records it. */
export interface AuditRow {
  at: number;
  caller: string;
  operation: string;
  scope: string;
  outcome: string;
  input: Json;
}

export interface Audit {
  /** Written in the background: a call never waits for its audit row. */
  record(row: AuditRow): void;
  /** Newest first. */
  recent(limit: number): AuditRow[];
}

interface AuditOptions {
  database: Database;
  appId: string;
  log: Log;
  pruning: Pruning;
}

export function createAudit({ database, appId, log, pruning }: AuditOptions): Audit {
  function insert(row: AuditRow): void {
    database.run(
      "INSERT INTO audit (app_id, at, caller, operation, scope, outcome, input) VALUES (?, ?, ?, ?, ?, ?, ?)",
      [appId, row.at, row.caller, row.operation, row.scope, row.outcome, JSON.stringify(row.input ?? null)],
    );
  }

  return {
    record(row) {
      database
        .write(() => insert(row))
        .then(() => pruning.note())
        .catch((error: unknown) => log.error({ error, operation: row.operation }, "an audit row could not be written"));
    },
    recent: (limit) =>
      database
        .all<Omit<AuditRow, "input"> & { input: string }>(
          `SELECT at, caller, operation, scope, outcome, input FROM audit WHERE app_id = ?
           ORDER BY position DESC LIMIT ?`,
          [appId, limit],
        )
        .map((row) => ({ ...row, input: JSON.parse(row.input) as Json })),
  };
}
