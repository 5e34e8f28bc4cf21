import { orAborted } from "../core/abort.ts";
import type { Clock } from "../core/clock.ts";
import { NetworkError } from "../core/errors.ts";

/** Rejects with a NetworkError when `run` takes longer than `ms`, and with the signal's reason when that fires first. */
export async function beforeDeadline<T>(
  limit: { ms: number; what: string; clock: Clock },
  run: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const timeout = new AbortController();
  const cancel = limit.clock.after(limit.ms, () =>
    timeout.abort(new NetworkError(`${limit.what} took too long.`, { phase: "response", attempts: 1 })),
  );
  const either = AbortSignal.any([signal, timeout.signal]);
  try {
    return await orAborted(run(either), either);
  } finally {
    cancel();
  }
}
