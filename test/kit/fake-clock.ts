import type { Clock } from "../../src/core/clock.ts";

interface Timer {
  at: number;
  task: () => void;
}

/** Time that moves only when the test says so. Timers run in order of their due time. */
export class FakeClock implements Clock {
  #now: number;
  #timers = new Set<Timer>();
  readonly #settled: () => Promise<void>;

  /** `settled`: resolves when what one timer set off has come to rest, before the next may run. */
  constructor(now = Date.UTC(2026, 10, 20, 12, 0, 0), settled = settle) {
    this.#now = now;
    this.#settled = settled;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { at: this.#now + delayMs, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const cancel = this.after(delayMs, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      const onAbort = () => {
        cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** How many timers wait: for asserting that nothing was left behind. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time and runs what falls due, letting promises settle between timers. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await this.#settled();
      const next = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.task();
    }
    this.#now = end;
    await this.#settled();
  }
}

/** Lets queued promise callbacks and immediates run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}
