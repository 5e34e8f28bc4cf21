import type { Clock } from "../core/clock.ts";

export interface RateLimit {
  /** What may come at once. */
  burst: number;
  perSecond: number;
}

export interface Rate {
  /** Takes one; otherwise the seconds to wait, at least 1. */
  take(key: string): { waitS: number } | undefined;
}

const keptKeys = 10_000;

/** A token bucket for each key. Full buckets are forgotten when there are many. */
export function createRate({ burst, perSecond }: RateLimit, clock: Clock): Rate {
  const buckets = new Map<string, { left: number; at: number }>();
  const refilled = ({ left, at }: { left: number; at: number }, now: number) =>
    Math.min(burst, left + (Math.max(0, now - at) / 1000) * perSecond);

  function sweep(now: number): void {
    for (const [key, bucket] of buckets) if (refilled(bucket, now) >= burst) buckets.delete(key);
    // Ten thousand that are all in use: the oldest is forgiven rather than memory given to whoever asks.
    if (buckets.size >= keptKeys) buckets.delete(buckets.keys().next().value as string);
  }

  return {
    take(key) {
      const now = clock.now();
      if (!buckets.has(key) && buckets.size >= keptKeys) sweep(now);
      const left = refilled(buckets.get(key) ?? { left: burst, at: now }, now);
      if (left < 1) return { waitS: Math.max(1, Math.ceil((1 - left) / perSecond)) };
      buckets.set(key, { left: left - 1, at: now });
      return undefined;
    },
  };
}
