export interface BackoffPolicy {
  baseMs: number;
  capMs: number;
}

/** Full jitter: a random wait below min(cap, base * 2^attempt); `attempt` counts from 0, `random` is in [0, 1). */
export function backoffMs(policy: BackoffPolicy, attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(random() * ceiling);
}
