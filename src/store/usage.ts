import { dayOf } from "../protocol/timestamps.ts";
import type { Database } from "./database.ts";

/** What one model call took. */
export interface UsageRow {
  /** Of the turn's step: a row that is known already changes nothing. */
  key: string;
  at: number;
  conversation: string;
  /** Who was answered. */
  person: string;
  model: string;
  inputTokens: number;
  outputTokens: number;
  cost: number;
}

export interface UsageSum {
  calls: number;
  inputTokens: number;
  outputTokens: number;
  cost: number;
}

/** A day of a person in a conversation with a model. */
export interface UsageDay extends UsageSum {
  /** Of the platform's time zone, as 2026-11-25. */
  day: string;
  conversation: string;
  person: string;
  model: string;
}

/** Tokens and money, by days of UTC+8; kept for 400 days. */
export interface Usage {
  record(row: UsageRow): Promise<void>;
  /** Of one day, of a person, of a conversation, or of all. */
  sum(day: string, of?: { person: string } | { conversation: string }): UsageSum;
  /** From this day on, oldest first. */
  days(from: string): UsageDay[];
  /** Whether this event is the one that tells the subject, once a day, that no more is left; the same after a repeat. */
  tellOnce(day: string, subject: string, eventId: string): Promise<boolean>;
}

interface UsageOptions {
  database: Database;
  appId: string;
  now: () => number;
}

const dayMs = 86_400_000;
/** Far longer than a turn can take to be repeated. */
const keysKeptMs = 3 * dayMs;
const daysKept = 400;

const sums =
  "sum(calls) AS calls, sum(input_tokens) AS inputTokens, sum(output_tokens) AS outputTokens, sum(cost) AS cost";

/** So long the sum of all is only counted along here: it is asked for before every answer, and other processes write too. */
const wholeKeptMs = 5_000;

export function createUsage({ database, appId, now }: UsageOptions): Usage {
  let whole: { day: string; sum: UsageSum; readAt: number } | undefined;

  function countAlong({ at, inputTokens, outputTokens, cost }: UsageRow): void {
    if (whole?.day !== dayOf(at)) return;
    const { sum } = whole;
    whole.sum = {
      calls: sum.calls + 1,
      inputTokens: sum.inputTokens + inputTokens,
      outputTokens: sum.outputTokens + outputTokens,
      cost: sum.cost + cost,
    };
  }

  function read(day: string, of?: { person: string } | { conversation: string }): UsageSum {
    const [where, value] = !of
      ? ["1 = ?", 1]
      : "person" in of
        ? ["person = ?", of.person]
        : ["conversation = ?", of.conversation];
    const row = database.get<{ [Name in keyof UsageSum]: number | null }>(
      `SELECT ${sums} FROM usage WHERE app_id = ? AND day = ? AND ${where}`,
      [appId, day, value],
    );
    const { calls, inputTokens, outputTokens, cost } = row ?? {};
    return { calls: calls ?? 0, inputTokens: inputTokens ?? 0, outputTokens: outputTokens ?? 0, cost: cost ?? 0 };
  }

  function forget(now: number): void {
    const sql = "DELETE FROM usage_call WHERE app_id = ? AND at < ?";
    if (database.run(sql, [appId, now - keysKeptMs]) === 0) return;
    const oldest = dayOf(now - daysKept * dayMs);
    database.run("DELETE FROM usage WHERE app_id = ? AND day < ?", [appId, oldest]);
    database.run("DELETE FROM usage_told WHERE app_id = ? AND day < ?", [appId, oldest]);
  }

  return {
    record: (row) =>
      database.write(() => {
        const sql = "INSERT OR IGNORE INTO usage_call (app_id, key, at) VALUES (?, ?, ?)";
        if (database.run(sql, [appId, row.key, row.at]) === 0) return;
        database.run(
          `INSERT INTO usage (app_id, day, conversation, person, model, calls, input_tokens, output_tokens, cost)
           VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?)
           ON CONFLICT DO UPDATE SET calls = calls + 1, input_tokens = input_tokens + excluded.input_tokens,
             output_tokens = output_tokens + excluded.output_tokens, cost = cost + excluded.cost`,
          [
            ...[appId, dayOf(row.at), row.conversation, row.person, row.model],
            ...[row.inputTokens, row.outputTokens, row.cost],
          ],
        );
        countAlong(row);
        forget(row.at);
      }),
    sum(day, of) {
      if (of) return read(day, of);
      if (whole?.day !== day || now() - whole.readAt > wholeKeptMs) whole = { day, sum: read(day), readAt: now() };
      return whole.sum;
    },
    days: (from) =>
      database
        .all<UsageDay>(
          `SELECT day, conversation, person, model, calls, input_tokens AS inputTokens, output_tokens AS outputTokens, cost
           FROM usage WHERE app_id = ? AND day >= ? ORDER BY day, conversation, person, model`,
          [appId, from],
        )
        .map((row) => ({ ...row })),
    tellOnce: (day, subject, eventId) =>
      database.write(() => {
        const sql = "INSERT OR IGNORE INTO usage_told (app_id, day, subject, event_id) VALUES (?, ?, ?, ?)";
        database.run(sql, [appId, day, subject, eventId]);
        const told = database.get<{ event_id: string }>(
          "SELECT event_id FROM usage_told WHERE app_id = ? AND day = ? AND subject = ?",
          [appId, day, subject],
        );
        return told?.event_id === eventId;
      }),
  };
}
