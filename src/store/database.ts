import { DatabaseSync, type StatementSync } from "node:sqlite";
import { ConfigError } from "../core/errors.ts";
import { openWalSync, type WalSync } from "./wal-sync.ts";

export type SqlValue = null | number | string;

/**
 * A thin driver: everything the store needs from SQLite, so that another binding could take its place. Row types are the
 * caller's word: columns are named in the SQL beside them.
 */
export interface Database {
  all<Row>(sql: string, params?: readonly SqlValue[]): Row[];
  get<Row>(sql: string, params?: readonly SqlValue[]): Row | undefined;
  /** The number of changed rows. */
  run(sql: string, params?: readonly SqlValue[]): number;
  /** Several statements without parameters. */
  script(sql: string): void;
  /** Runs now, all or nothing; nested inside another one it is a savepoint. */
  transaction<T>(work: () => T): T;
  /**
   * Group commit: everything queued in one tick runs, in order, in one transaction; the promise resolves once it survives
   * what `against` names ("crash" when left out). Work that throws is undone and rejected alone; for that, work may run
   * twice: it should do nothing but read and write the database. A later write that resolved proves all earlier ones.
   * While another program holds the database, writes wait for up to 10 s, without holding up anything else.
   */
  write<T>(work: () => T, against?: Danger): Promise<T>;
  /** Commits what is queued. */
  flush(): void;
  /** Flushes and closes; later writes are rejected. */
  close(): void;
}

/**
 * "crash": the end of the process. "power": the end of the machine, for which the disk is waited for. After a power cut
 * the database is consistent and as it was 100 ms before at worst: a gateway then replays the events that it has
 * forgotten, because it has forgotten their sequence too.
 */
export type Danger = "crash" | "power";

interface Job {
  against: Danger;
  /** By the clock of `performance.now()`: from then on a held database is an error. */
  deadline: number;
  work: () => unknown;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

type Outcome = { value: unknown } | { error: unknown };

/** Longest run of jobs in one transaction, so that other callbacks get their turn. */
const batchSize = 1000;
/** How long an open, a step of migration or a last flush waits for other programs; it holds up this one meanwhile. */
const busyTimeoutMs = 10_000;
const lastFlushMs = 2_000;
/** How long one attempt of a queued write does, and after which time the next one comes. */
const attemptMs = 10;
const askAgainMs = 40;
/** A commit this short ago means load. */
const busyMs = 1;
/** Pages in the log (4 kB each) before they are carried over into the database: the same page is often written again. */
const logPages = 4_000;
/** To which the log shrinks again after a time without carrying over. */
const logBytes = 64 * 1024 * 1024;

/** Opens or creates a database; `:memory:` for tests. Throws ConfigError when the file cannot be used. */
export function openDatabase(path: string, options: { patienceMs?: number } = {}): Database {
  try {
    const handle = new DatabaseSync(path, { timeout: busyTimeoutMs });
    return new SqliteDatabase(handle, path, options.patienceMs ?? busyTimeoutMs);
  } catch (error) {
    throw storageError(error);
  }
}

class SqliteDatabase implements Database {
  readonly #handle: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #queue: Job[] = [];
  #scheduled = false;
  #committedAt = 0;
  #closed = false;
  readonly #path: string;
  readonly #hasLog: boolean;
  readonly #patienceMs: number;
  #wal: WalSync | undefined;

  constructor(handle: DatabaseSync, path: string, patienceMs: number) {
    this.#handle = handle;
    this.#path = path;
    this.#patienceMs = patienceMs;
    // In memory and on some file systems there is no log; then SQLite itself waits for the disk at each commit.
    this.#hasLog = this.get<{ journal_mode: string }>("PRAGMA journal_mode = WAL")?.journal_mode === "wal";
    this.script(`PRAGMA synchronous = ${this.#hasLog ? "NORMAL" : "FULL"}; PRAGMA wal_autocheckpoint = ${logPages};`);
    this.script(`PRAGMA journal_size_limit = ${logBytes}; PRAGMA foreign_keys = ON;`);
    this.#waitAtMost(attemptMs);
  }

  all<Row>(sql: string, params: readonly SqlValue[] = []): Row[] {
    return this.#guard(() => this.#prepare(sql).all(...params)) as Row[];
  }

  get<Row>(sql: string, params: readonly SqlValue[] = []): Row | undefined {
    return this.#guard(() => this.#prepare(sql).get(...params)) as Row | undefined;
  }

  run(sql: string, params: readonly SqlValue[] = []): number {
    return this.#guard(() => Number(this.#prepare(sql).run(...params).changes));
  }

  script(sql: string): void {
    this.#guard(() => this.#handle.exec(sql));
  }

  transaction<T>(work: () => T): T {
    if (this.#handle.isTransaction) return this.#savepoint(work);
    this.#waitAtMost(busyTimeoutMs);
    try {
      return this.#all(work);
    } finally {
      this.#waitAtMost(attemptMs);
    }
  }

  /** All or nothing. */
  #all<T>(work: () => T): T {
    this.run("BEGIN IMMEDIATE");
    try {
      const value = work();
      this.run("COMMIT");
      return value;
    } catch (error) {
      this.#rollback();
      throw error;
    }
  }

  write<T>(work: () => T, against: Danger = "crash"): Promise<T> {
    if (this.#closed) return Promise.reject(new Error("the store is closed"));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, against, deadline: performance.now() + this.#patienceMs, resolve, reject });
      this.#schedule();
    });
  }

  flush(): void {
    if (this.#queue.length === 0) return;
    this.#waitAtMost(lastFlushMs);
    for (const job of this.#queue) job.deadline = 0;
    while (this.#queue.length > 0) this.#commit(this.#queue.splice(0, batchSize));
    this.#waitAtMost(attemptMs);
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    this.#statements.clear();
    // SQLite syncs what is left when it closes.
    this.#handle.close();
    this.#wal?.close();
  }

  #schedule(delayMs = 0): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const run = () => {
      this.#scheduled = false;
      if (this.#closed) return;
      this.#commit(this.#queue.splice(0, batchSize));
      this.#committedAt = performance.now();
      if (this.#queue.length > 0) this.#schedule();
    };
    if (delayMs > 0) {
      setTimeout(run, delayMs);
      return;
    }
    // Right after a commit more writes are on their way: two more rounds of input, and they share the next one.
    const isBusy = performance.now() - this.#committedAt < busyMs;
    setImmediate(isBusy ? () => setImmediate(() => setImmediate(run)) : run);
  }

  #commit(batch: readonly Job[]): void {
    if (batch.length === 0) return;
    let outcomes: Outcome[];
    try {
      outcomes = this.#run(batch);
    } catch (error) {
      this.#putOff(batch, error);
      return;
    }
    const tell = (danger: Danger, failure: Error | null) => {
      batch.forEach((job, index) => {
        if (job.against === danger) settle(job, outcomes[index] as Outcome, failure);
      });
    };
    tell("crash", null);
    if (!this.#hasLog) {
      tell("power", null);
      return;
    }
    // The log comes into being with the first commit.
    this.#wal ??= openWalSync(this.#path);
    if (batch.some((job) => job.against === "power")) this.#wal.now((failure) => tell("power", failure));
    else this.#wal.soon();
  }

  /** While somebody else writes, the jobs go back to the head of the queue, but for those that waited long enough. */
  #putOff(batch: readonly Job[], error: unknown): void {
    const isPatient = (job: Job) => isBusy(error) && job.deadline > performance.now();
    this.#queue.unshift(...batch.filter(isPatient));
    for (const job of batch) if (!isPatient(job)) job.reject(error);
    if (this.#queue.length > 0) this.#schedule(askAgainMs);
  }

  /** All together first, which is cheap; when one of them fails, all again, each undone alone. */
  #run(batch: readonly Job[]): Outcome[] {
    try {
      return this.#all(() => batch.map((job) => ({ value: job.work() })));
    } catch (error) {
      if (isBusy(error)) throw error;
      return this.#all(() => batch.map((job) => this.#attempt(job)));
    }
  }

  #attempt(job: Job): Outcome {
    try {
      return { value: this.#savepoint(job.work) };
    } catch (error) {
      // A full disk ends the whole transaction: then nothing of this batch is true any more.
      if (!this.#handle.isTransaction) throw error;
      return { error };
    }
  }

  #savepoint<T>(work: () => T): T {
    this.run("SAVEPOINT job");
    try {
      const value = work();
      this.run("RELEASE job");
      return value;
    } catch (error) {
      if (this.#handle.isTransaction) {
        this.run("ROLLBACK TO job");
        this.run("RELEASE job");
      }
      throw error;
    }
  }

  #waitAtMost(ms: number): void {
    this.script(`PRAGMA busy_timeout = ${ms}`);
  }

  #rollback(): void {
    if (this.#handle.isTransaction) this.run("ROLLBACK");
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#handle.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storageError(error);
    }
  }
}

function settle(job: Job, outcome: Outcome, failure: Error | null): void {
  if ("error" in outcome) job.reject(outcome.error);
  else if (failure) job.reject(storageError(failure));
  else job.resolve(outcome.value as never);
}

/** SQLite's primary result codes that a person can do something about; anything else is a bug and stays as it is. */
const mendable: Record<number, { message: string; remedy: string }> = {
  5: { message: "the database is busy", remedy: "end other programs that hold the database open, then try again" },
  8: { message: "the database is read-only", remedy: "make the data folder writable, or set QQ_SKILL_HOME to another" },
  10: {
    message: "the disk failed",
    remedy: "check the disk of the data folder, or set QQ_SKILL_HOME to another folder",
  },
  11: {
    message: "the database is damaged",
    remedy: "move the database file away; a new one is made at the next start",
  },
  13: { message: "the disk is full", remedy: "free some space, or set QQ_SKILL_HOME to a folder on another disk" },
  14: {
    message: "the database cannot be opened",
    remedy: "make the data folder writable, or set QQ_SKILL_HOME to another",
  },
  26: { message: "the file is no database", remedy: "move the file away; a new database is made at the next start" },
};

function isBusy(error: unknown): boolean {
  return error instanceof ConfigError && error.retryable && error.cause instanceof Error && codeOf(error.cause) === 5;
}

/** SQLite's primary result code. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : undefined;
}

function storageError(error: unknown): unknown {
  const code = codeOf(error);
  const known = code === undefined ? undefined : mendable[code];
  if (!known) return error;
  return new ConfigError("QQ_SKILL_HOME", `the data folder cannot be used: ${known.message}`, {
    remedy: known.remedy,
    // Somebody else is done soon, or somebody makes room.
    retryable: code === 5 || code === 13,
    cause: error,
  });
}
