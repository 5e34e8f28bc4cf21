/** How many messages a minute are answered. */
export interface Limits {
  perPersonPerMinute: number;
  perGroupPerMinute: number;
}

/** notice: over the limit, and the first to hear of it within the minute. */
export type Verdict = "admit" | "notice" | "drop";

export interface Limiter {
  /** The same event gets the same verdict again. `group` is null in private scenes. */
  check(event: { id: string; person: string; group: string | null; at: number; limits: Limits }): Verdict;
}

interface Window {
  admitted: number[];
  noticedAt: number;
}

const minuteMs = 60_000;
const rememberedVerdicts = 10_000;
const sweepEvery = 1_000;

/** Sliding minute by time of receipt, in memory: a restart forgives. */
export function createLimiter(): Limiter {
  const windows = new Map<string, Window>();
  const verdicts = new Map<string, Verdict>();
  let checks = 0;

  const windowOf = (key: string, at: number): Window => {
    const window = windows.get(key) ?? { admitted: [], noticedAt: Number.NEGATIVE_INFINITY };
    windows.set(key, window);
    while (window.admitted[0] !== undefined && window.admitted[0] <= at - minuteMs) window.admitted.shift();
    return window;
  };

  const sweep = (at: number) => {
    for (const [key, window] of windows) {
      const last = Math.max(window.admitted.at(-1) ?? 0, window.noticedAt);
      if (last <= at - minuteMs) windows.delete(key);
    }
  };

  const judge = (event: Parameters<Limiter["check"]>[0]): Verdict => {
    const person = windowOf(`person:${event.person}`, event.at);
    const group = event.group === null ? undefined : windowOf(`group:${event.group}`, event.at);
    const full =
      person.admitted.length >= event.limits.perPersonPerMinute
        ? person
        : group && group.admitted.length >= event.limits.perGroupPerMinute
          ? group
          : undefined;
    if (!full) {
      person.admitted.push(event.at);
      group?.admitted.push(event.at);
      return "admit";
    }
    if (full.noticedAt > event.at - minuteMs) return "drop";
    full.noticedAt = event.at;
    return "notice";
  };

  return {
    check(event) {
      const known = verdicts.get(event.id);
      if (known) return known;
      if (++checks % sweepEvery === 0) sweep(event.at);
      const verdict = judge(event);
      verdicts.set(event.id, verdict);
      if (verdicts.size > rememberedVerdicts) verdicts.delete(verdicts.keys().next().value as string);
      return verdict;
    },
  };
}
