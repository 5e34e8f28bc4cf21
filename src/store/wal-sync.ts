import { closeSync, fdatasync, openSync } from "node:fs";

/**
 * Brings what SQLite has committed to its log onto the disk, outside the event loop: SQLite's own fsync would hold
 * everything up for a millisecond each time. While one runs, later requests gather for the next.
 */
export interface WalSync {
  /** Calls back once everything committed before the call survives a power cut. */
  now(done: (failure: Error | null) => void): void;
  /** Within 100 ms; nobody waits for it. */
  soon(): void;
  close(): void;
}

const soonMs = 100;

/** `path` is that of the database; its log must be there. */
export function openWalSync(path: string): WalSync {
  // fdatasync needs a writable handle on Windows. Nothing is ever written through it.
  const file = openSync(`${path}-wal`, "r+");
  let waiting: ((failure: Error | null) => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isRunning = false;
  let isClosed = false;

  function run(): void {
    const group = waiting;
    waiting = [];
    isRunning = true;
    fdatasync(file, (failure) => {
      isRunning = false;
      for (const done of group) done(failure);
      if (waiting.length > 0) run();
      else if (isClosed) closeSync(file);
    });
  }

  const now: WalSync["now"] = (done) => {
    waiting.push(done);
    if (!isRunning) run();
  };
  return {
    now,
    soon() {
      timer ??= setTimeout(() => {
        timer = undefined;
        // A failing disk shows at the next write that waits for it.
        now(() => {});
      }, soonMs).unref();
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      if (!isRunning) closeSync(file);
    },
  };
}
