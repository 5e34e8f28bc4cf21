import { orAborted } from "../core/abort.ts";
import type { Clock } from "../core/clock.ts";

/**
 * Whether a message that is sent now will be shown. While a bot's gateway session is down, and for a moment after it came
 * back, the platform takes messages with HTTP 200 and shows nothing.
 */
export interface SendGate {
  isOpen(): boolean;
  /** Resolves when it is open; rejects with the signal's reason. Whoever waits looks at its reply window afterwards. */
  opened(signal?: AbortSignal): Promise<void>;
}

/** For processes that own no session: nothing is known against sending. */
export const openGate: SendGate = { isOpen: () => true, opened: (signal) => orAborted(Promise.resolve(), signal) };

export interface SettlingGate extends SendGate {
  /** `none`: this process owns no session, or no longer; `live`: READY or RESUMED came and the socket is up. */
  follow(session: "none" | "down" | "live"): void;
}

/** Open without a session, and from `settleMs` after the moment that the session became live until it is down. */
export function createSettlingGate({ clock, settleMs }: { clock: Clock; settleMs: number }): SettlingGate {
  let session: "none" | "down" | "live" = "none";
  let isOpen = true;
  let cancelSettle = () => {};
  let waiting = Promise.withResolvers<void>();

  function open(): void {
    isOpen = true;
    waiting.resolve();
  }

  function close(): void {
    if (isOpen) waiting = Promise.withResolvers<void>();
    isOpen = false;
  }

  return {
    isOpen: () => isOpen,
    opened: (signal) => orAborted(isOpen ? Promise.resolve() : waiting.promise, signal),
    follow(next) {
      if (next === session) return;
      session = next;
      cancelSettle();
      if (next === "none") return open();
      close();
      if (next === "live") cancelSettle = clock.after(settleMs, open);
    },
  };
}
