import { InputError } from "../core/errors.ts";
import type { OperationContext } from "../operations/context.ts";
import type { EventRow } from "../operations/event-row.ts";
import { type Heard, hearAfter } from "../operations/hearing.ts";

/** New events as the context's caller may see them, from now on, in order; an empty list: some were missed. */
export type Listener = (events: readonly EventRow[]) => void;

const waitMs = 60_000;
const pageSize = 100;
/** After the store failed. */
const againMs = 1_000;

/**
 * Follows the inbox through the sender gate until the returned function is called. Throws what stands in the way from
 * the start, such as missing credentials; later failures are logged and outlasted.
 */
export function followInbox(context: OperationContext, listener: Listener): () => void {
  const { inbox, clock, log } = context;
  const stop = new AbortController();
  let cursor = inbox.last();

  /** undefined: the machine slept, and what came meanwhile is no longer kept. */
  function hear(): Heard | undefined {
    try {
      return hearAfter(context, cursor, { limit: pageSize });
    } catch (error) {
      if (error instanceof InputError) return undefined;
      throw error;
    }
  }

  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await inbox.wait(cursor, waitMs, stop.signal);
        if (inbox.last() <= cursor) continue;
        const heard = hear();
        cursor = heard?.cursor ?? inbox.last();
        if (!heard || heard.events.length > 0) listener(heard?.events ?? []);
      } catch (error) {
        if (stop.signal.aborted) return;
        log.warn({ error }, "the inbox cannot be followed for the moment");
        await clock.sleep(againMs, stop.signal).catch(() => undefined);
      }
    }
  }

  void follow();
  return () => stop.abort();
}
