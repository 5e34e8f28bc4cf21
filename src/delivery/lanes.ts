import { orAborted } from "../core/abort.ts";

/**
 * One thing at a time in each conversation, in the order of asking; conversations do not wait for each other. So parts and
 * messages keep their order, and a flood in one place takes one turn at the platform's rates, like everybody else.
 */
export class Lanes {
  readonly #tails = new Map<string, Promise<void>>();

  /** Rejects at once when aborted while it waits; work that has begun hears of it by the same signal. */
  run<T>(lane: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#tails.get(lane) ?? Promise.resolve();
    const mine = before.then(() => {
      signal?.throwIfAborted();
      return work();
    });
    const tail = mine.then(
      () => {},
      () => {},
    );
    this.#tails.set(lane, tail);
    void tail.then(() => {
      if (this.#tails.get(lane) === tail) this.#tails.delete(lane);
    });
    return orAborted(mine, signal);
  }
}
