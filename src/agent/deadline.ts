import type { Clock } from "../core/clock.ts";

export interface Deadline {
  signal: AbortSignal;
  /** True when it was the time, not the outer signal, that ended it. */
  isOver(): boolean;
  clear(): void;
}

/** A signal that fires after `limitMs` on the given clock or with the outer one. Call `clear` when done. */
export function withDeadline(clock: Clock, limitMs: number, outer: AbortSignal): Deadline {
  const controller = new AbortController();
  let over = false;
  const onAbort = () => controller.abort(outer.reason);
  if (outer.aborted) onAbort();
  else outer.addEventListener("abort", onAbort, { once: true });
  const cancel = clock.after(limitMs, () => {
    over = true;
    controller.abort(new DOMException("The time of this turn is over.", "TimeoutError"));
  });
  return {
    signal: controller.signal,
    isOver: () => over,
    clear() {
      cancel();
      outer.removeEventListener("abort", onAbort);
    },
  };
}
