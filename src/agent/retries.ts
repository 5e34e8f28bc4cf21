import { backoffMs } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { ModelError } from "../core/errors.ts";
import type { ModelPort, ModelReply, ModelRequest, OnText } from "./model.ts";

const policy = { baseMs: 500, capMs: 8_000 };
const maxRetries = 2;
/** A person waits for the answer: longer than this is a failure to them. */
const longestWaitMs = 20_000;

/** Repeats what may pass (429, 5xx, network), twice at most; a server that asks for a long wait is not waited for. */
export async function completeWithRetries(
  by: { model: ModelPort; clock: Clock; random?: () => number; onText?: OnText },
  request: ModelRequest,
  signal: AbortSignal,
): Promise<ModelReply> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await by.model.complete(request, signal, by.onText);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const waitMs = error instanceof ModelError ? waitBefore(error, attempt, by.random) : undefined;
      if (waitMs === undefined) throw error;
      await by.clock.sleep(waitMs, signal);
    }
  }
}

function waitBefore(error: ModelError, attempt: number, random?: () => number): number | undefined {
  if (!error.retryable || attempt >= maxRetries) return undefined;
  if (error.retryAfterMs === undefined) return backoffMs(policy, attempt, random);
  return error.retryAfterMs <= longestWaitMs ? error.retryAfterMs : undefined;
}
