import { DatabaseSync, type StatementSync } from "node:sqlite";
import { ConfigError } from "../core/errors.ts";

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
   * Group commit: everything queued in one tick runs, in order, in one transaction; the promise resolves once it is on
   * disk. Work that throws is undone and rejected alone. A later write that resolved proves all earlier ones.
   */
  write<T>(work: () => T): Promise<T>;
  /** Commits what is queued. */
  flush(): void;
  /** Flushes and closes; later writes are rejected. */
  close(): void;
}

interface Job {
  work: () => unknown;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

type Outcome = { value: unknown } | { error: unknown };

/** Longest run of jobs in one transaction, so that other callbacks get their turn. */
const batchSize = 1000;
const busyTimeoutMs = 10_000;

/** Opens or creates a database; `:memory:` for tests. Throws ConfigError when the file cannot be used. */
export function openDatabase(path: string): Database {
  try {
    const handle = new DatabaseSync(path, { timeout: busyTimeoutMs });
    const database = new SqliteDatabase(handle);
    // FULL: a commit is on disk before anybody is told, also when the machine loses power.
    database.script("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
    return database;
  } catch (error) {
    throw storageError(error);
  }
}

class SqliteDatabase implements Database {
  readonly #handle: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #queue: Job[] = [];
  #scheduled = false;
  #closed = false;

  constructor(handle: DatabaseSync) {
    this.#handle = handle;
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

  write<T>(work: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new Error("the store is closed"));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve, reject });
      this.#schedule();
    });
  }

  flush(): void {
    while (this.#queue.length > 0) this.#commit(this.#queue.splice(0, batchSize));
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    this.#statements.clear();
    this.#handle.close();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#closed) return;
      this.#commit(this.#queue.splice(0, batchSize));
      if (this.#queue.length > 0) this.#schedule();
    });
  }

  #commit(batch: readonly Job[]): void {
    if (batch.length === 0) return;
    let outcomes: Outcome[];
    try {
      outcomes = this.transaction(() => batch.map((job) => this.#attempt(job)));
    } catch (error) {
      for (const job of batch) job.reject(error);
      return;
    }
    batch.forEach((job, index) => {
      const outcome = outcomes[index] as Outcome;
      if ("error" in outcome) job.reject(outcome.error);
      else job.resolve(outcome.value as never);
    });
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

function storageError(error: unknown): unknown {
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : undefined;
  const known = code === undefined ? undefined : mendable[code];
  if (!known) return error;
  return new ConfigError("QQ_SKILL_HOME", `the data folder cannot be used: ${known.message}`, {
    remedy: known.remedy,
    retryable: code === 5,
    cause: error,
  });
}
