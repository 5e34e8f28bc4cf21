import type { Clock } from "../core/clock.ts";

/** The platform's time: the base clock plus an offset that only tests and the page move. Never goes back by itself. */
export class PlatformClock {
  readonly #base: Clock;
  #offsetMs = 0;

  constructor(base: Clock) {
    this.#base = base;
  }

  /** Epoch ms. */
  now(): number {
    return this.#base.now() + this.#offsetMs;
  }

  /** On the base clock, which `advance` does not move. */
  after(delayMs: number, task: () => void): () => void {
    return this.#base.after(delayMs, task);
  }

  sleep(delayMs: number): Promise<void> {
    return this.#base.sleep(delayMs);
  }

  advance(ms: number): number {
    this.#offsetMs += ms;
    return this.now();
  }

  reset(): number {
    this.#offsetMs = 0;
    return this.now();
  }

  /** RFC 3339 with +08:00, whole seconds: how the platform writes times in messages. */
  timestamp(at = this.now()): string {
    return new Date(at + 8 * 3_600_000).toISOString().replace(/\.\d+Z$/, "+08:00");
  }
}
