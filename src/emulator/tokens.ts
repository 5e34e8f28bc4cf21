import { tokenLimits } from "../protocol/limits.ts";
import { secret } from "./identity.ts";
import type { PlatformClock } from "./platform-clock.ts";

interface Token {
  value: string;
  expiresAt: number;
}

/**
 * Access tokens of the one app. Asking again gives the same token until a minute before its end; then a new one, while
 * the old one lives on for the rest of its time.
 */
export class Tokens {
  readonly #clock: PlatformClock;
  readonly #lifeMs: () => number;
  #tokens: Token[] = [];

  constructor(clock: PlatformClock, lifeMs: () => number) {
    this.#clock = clock;
    this.#lifeMs = lifeMs;
  }

  issue(): { value: string; expiresInSeconds: number } {
    const now = this.#clock.now();
    this.#tokens = this.#tokens.filter((token) => token.expiresAt > now);
    let newest = this.#tokens.at(-1);
    if (!newest || newest.expiresAt - now <= tokenLimits.renewBeforeMs) {
      newest = { value: secret(48), expiresAt: now + this.#lifeMs() };
      this.#tokens.push(newest);
    }
    return { value: newest.value, expiresInSeconds: Math.ceil((newest.expiresAt - now) / 1000) };
  }

  isValid(value: string): boolean {
    const now = this.#clock.now();
    return this.#tokens.some((token) => token.value === value && token.expiresAt > now);
  }

  /** Ends it before its time; nothing happens to one that is unknown. */
  expire(value: string): void {
    this.#tokens = this.#tokens.filter((token) => token.value !== value);
  }

  /** After the clock went back: no token may live longer than a new one would. */
  clamp(): void {
    const latest = this.#clock.now() + this.#lifeMs();
    for (const token of this.#tokens) token.expiresAt = Math.min(token.expiresAt, latest);
  }

  values(): string[] {
    return this.#tokens.map((token) => token.value);
  }
}
