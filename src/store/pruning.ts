import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Database, SqlValue } from "./database.ts";

/** Forgets what is old or too much, a slice at a time beside other writes. */
export interface Pruning {
  /** Something was written. A round runs after so many of these, and after so much time. */
  note(): void;
}

export interface PruningOptions {
  database: Database;
  appId: string;
  clock: Clock;
  log: Log;
  /** How long history, events and audit are kept. */
  keepDays: number;
  /** Used bytes of the file above which the oldest go, whatever their age. */
  maxBytes?: number | undefined;
}

interface Cut {
  appId: string;
  now: number;
  keepMs: number;
  /** The file is over its limit. */
  isFull: boolean;
}

interface Rule {
  /** Deletes at most `slice` rows. */
  sql: string;
  params: (cut: Cut) => SqlValue[];
}

const dayMs = 86_400_000;
const slice = 500;
const roundEvery = 500;
const roundMs = 10 * 60_000;
const defaultMaxBytes = 512 * 1024 * 1024;

/** Rows kept beyond which the oldest go. */
const kept = { events: 5_000, dead: 1_000, audit: 10_000, keys: 20_000 };
/**
 * A key is known for at least this long, or while it is among the newest `kept.keys`, whichever is longer. Over the
 * file's limit only those are kept: what comes again comes within seconds or, after a resume, minutes.
 */
const keysMs = dayMs;
/** Far beyond every reply window and every redelivery; over the file's limit still beyond every window and quota. */
const sendsMs = 7 * dayMs;
const sendsAtLeastMs = dayMs;

function sendsCut({ now, keepMs, isFull }: Cut): number {
  return now - (isFull ? sendsAtLeastMs : Math.min(sendsMs, keepMs));
}

/**
 * Before all others: in a flood keys and sends are most of the file, and what people said must not make room for them.
 * What is held goes when its time is over.
 */
const bookkeeping: readonly Rule[] = [
  {
    sql: `DELETE FROM dedupe WHERE app_id = ? AND key IN (SELECT key FROM dedupe WHERE app_id = ? AND seen_at < ? AND seen_at <
            (SELECT seen_at FROM dedupe WHERE app_id = ? ORDER BY seen_at DESC LIMIT 1 OFFSET ${kept.keys})
          ORDER BY seen_at LIMIT ${slice})`,
    params: ({ appId, now, isFull }) => [appId, appId, isFull ? now : now - keysMs, appId],
  },
  {
    sql: `DELETE FROM send WHERE position IN
            (SELECT position FROM send WHERE app_id = ? AND reserved_at < ? ORDER BY reserved_at LIMIT ${slice})`,
    params: (cut) => [cut.appId, sendsCut(cut)],
  },
  {
    sql: `DELETE FROM outgoing WHERE position IN
            (SELECT position FROM outgoing WHERE app_id = ? AND written_at < ? AND (state <> 'held' OR held_until < ?)
            ORDER BY written_at LIMIT ${slice})`,
    params: (cut) => [cut.appId, sendsCut(cut), cut.now],
  },
  {
    sql: `DELETE FROM stream WHERE app_id = ? AND (message_key, number) IN
            (SELECT message_key, number FROM stream WHERE app_id = ? AND written_at < ? ORDER BY written_at LIMIT ${slice})`,
    params: (cut) => [cut.appId, cut.appId, sendsCut(cut)],
  },
  {
    sql: `DELETE FROM reply WHERE app_id = ? AND (conversation, reply_id) IN
            (SELECT conversation, reply_id FROM reply WHERE app_id = ? AND used_at < ? ORDER BY used_at LIMIT ${slice})`,
    params: (cut) => [cut.appId, cut.appId, sendsCut(cut)],
  },
];

/**
 * What is never pruned: events that wait for their turn. Rows of the first three come in order of time, so that looking at
 * the oldest slice is enough.
 */
const rules: readonly Rule[] = [
  oldest("event", "received_at", "state NOT IN ('pending', 'dead')", kept.events),
  oldest("event", "received_at", "state = 'dead'", kept.dead),
  oldest("audit", "at", "1", kept.audit),
  oldest("history", "at", "1", null),
  {
    sql: "DELETE FROM summary WHERE app_id = ? AND since < ?",
    params: ({ appId, now, keepMs }) => [appId, now - keepMs],
  },
  {
    sql: `DELETE FROM speaker WHERE app_id = ? AND id IN
            (SELECT id FROM speaker WHERE app_id = ? AND seen_at < ? ORDER BY seen_at LIMIT ${slice}) AND seen_at < ?`,
    params: ({ appId, now, keepMs }) => [appId, appId, now - keepMs, now - keepMs],
  },
];

function oldest(table: string, time: string, which: string, count: number | null): Rule {
  const tooMany =
    count === null
      ? ""
      : ` OR position <= (SELECT position FROM ${table} WHERE app_id = ? AND ${which}
            ORDER BY position DESC LIMIT 1 OFFSET ${count})`;
  return {
    sql: `DELETE FROM ${table} WHERE position IN (SELECT position FROM
            (SELECT position, ${time} FROM ${table} WHERE app_id = ? AND ${which} ORDER BY position LIMIT ${slice})
          WHERE ? OR ${time} < ?${tooMany})`,
    params: ({ appId, now, keepMs, isFull }) => [
      appId,
      isFull ? 1 : 0,
      now - keepMs,
      ...(count === null ? [] : [appId]),
    ],
  };
}

export function createPruning(options: PruningOptions): Pruning {
  const { database, appId, clock, log, maxBytes = defaultMaxBytes } = options;
  const keepMs = options.keepDays * dayMs;
  let noted = 0;
  let roundAt = 0;
  let isRunning = false;

  const isFull = () => usedBytes(database) > maxBytes;

  async function apply({ sql, params }: Rule): Promise<void> {
    let deleted: number;
    do {
      deleted = await database.write(() =>
        database.run(sql, params({ appId, now: clock.now(), keepMs, isFull: isFull() })),
      );
    } while (deleted >= slice);
  }

  /** The first slices of all share one commit, but when there is no room: then the bookkeeping may make enough of it. */
  async function clear(): Promise<void> {
    if (isFull()) await Promise.all(bookkeeping.map(apply));
    await Promise.all([...bookkeeping, ...rules].map(apply));
  }

  function round(): void {
    isRunning = true;
    noted = 0;
    roundAt = clock.now();
    clear()
      .catch((error: unknown) => log.warn({ error }, "what is old could not be cleared away; tried again later"))
      .finally(() => {
        isRunning = false;
        if (noted >= roundEvery) round();
      });
  }

  return {
    note() {
      noted++;
      if (!isRunning && (noted >= roundEvery || clock.now() - roundAt >= roundMs)) round();
    },
  };
}

/** Without the pages that are free for new rows: a file never shrinks by itself. */
function usedBytes(database: Database): number {
  const read = (name: string) => database.get<Record<string, number>>(`PRAGMA ${name}`)?.[name] ?? 0;
  return (read("page_count") - read("freelist_count")) * read("page_size");
}
