import type { Clock } from "./clock.ts";

/** Waits for the work, but not longer. Sleeps instead of an `after` timer: the process must stay alive until the limit, with nothing else left to wait for. */
export async function within(work: Promise<unknown>, limitMs: number, clock: Clock): Promise<void> {
  const done = new AbortController();
  const limit = clock.sleep(limitMs, done.signal).catch(() => undefined);
  try {
    await Promise.race([work, limit]);
  } finally {
    done.abort();
  }
}
