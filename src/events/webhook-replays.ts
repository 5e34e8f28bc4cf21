import type { Clock } from "../core/clock.ts";

/**
 * Remembers by event id what was taken, so that a repeat, wanted (the platform asks again) or not (somebody recorded it),
 * costs nothing. One that could not be taken is forgotten: its repeat is the next chance. Bounded in time and number;
 * the inbox knows longer.
 */
export class WebhookReplays {
  readonly #clock: Clock;
  readonly #lifeMs: number;
  readonly #limit: number;
  /** In order of arrival. */
  readonly #known = new Map<string, { at: number; taken: Promise<void> }>();

  constructor({ clock, lifeMs, limit }: { clock: Clock; lifeMs: number; limit: number }) {
    this.#clock = clock;
    this.#lifeMs = lifeMs;
    this.#limit = limit;
  }

  /** `take` for the first of an id; a repeat shares its outcome, also while it is under way. */
  once(id: string, take: () => Promise<void>): { taken: Promise<void>; isRepeat: boolean } {
    this.#forgetOld();
    const known = this.#known.get(id);
    if (known) return { taken: known.taken, isRepeat: true };
    const taken = take().catch((error: unknown) => {
      this.#known.delete(id);
      throw error;
    });
    this.#known.set(id, { at: this.#clock.now(), taken });
    return { taken, isRepeat: false };
  }

  #forgetOld(): void {
    const oldest = this.#clock.now() - this.#lifeMs;
    for (const [id, { at }] of this.#known) {
      if (at >= oldest && this.#known.size < this.#limit) return;
      this.#known.delete(id);
    }
  }
}
