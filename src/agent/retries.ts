import { orAborted } from "../core/abort.ts";
import { backoffMs } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { ModelError } from "../core/errors.ts";
import { withDeadline } from "./deadline.ts";
import type { ModelPort, ModelReply, ModelRequest, OnText } from "./model.ts";

const policy = { baseMs: 500, capMs: 8_000 };
const maxRetries = 2;
/** A person waits for the answer: longer than this is a failure to them. */
const longestWaitMs = 20_000;
/** So long a model that failed is not asked first, where there is another. */
const restMs = 60_000;

/** Which models failed lately; one for all runs of a process. */
export interface ModelHealth {
  failed(model: ModelPort): void;
  answered(model: ModelPort): void;
  isResting(model: ModelPort): boolean;
}

export function createModelHealth(clock: Clock): ModelHealth {
  const restsUntil = new WeakMap<ModelPort, number>();
  return {
    failed: (model) => void restsUntil.set(model, clock.now() + restMs),
    answered: (model) => void restsUntil.delete(model),
    isResting: (model) => (restsUntil.get(model) ?? 0) > clock.now(),
  };
}

export interface Asking {
  /** The first is preferred; each that fails gives way to the next. */
  models: readonly ModelPort[];
  health?: ModelHealth;
  clock: Clock;
  random?: () => number;
  onText?: OnText;
  /** A model failed and the next is asked. Must not throw. */
  onFailure?: (model: ModelPort, error: unknown) => void;
}

/**
 * The answer of the first model that gives one within `limitMs`, of which each has its share; "late" when the time is over.
 * Throws the last model's ModelError, or the signal's reason.
 */
export async function completeWithFallback(
  by: Asking,
  request: ModelRequest,
  { limitMs, signal }: { limitMs: number; signal: AbortSignal },
): Promise<{ model: ModelPort; reply: ModelReply } | "late"> {
  const endsAt = by.clock.now() + limitMs;
  const isTired = (model: ModelPort) => (by.health?.isResting(model) ? 1 : 0);
  const order = by.models.toSorted((a, b) => isTired(a) - isTired(b));
  for (const [index, model] of order.entries()) {
    const share = withDeadline(by.clock, Math.max(1, (endsAt - by.clock.now()) / (order.length - index)), signal);
    try {
      // A model that does not listen must not keep a turn that was stopped.
      const reply = await orAborted(completeWithRetries({ ...by, model }, request, share.signal), signal);
      by.health?.answered(model);
      return { model, reply };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const isLast = index === order.length - 1;
      if (share.isOver() || error instanceof ModelError) by.health?.failed(model);
      if (share.isOver() && isLast) return "late";
      if (isLast || !(share.isOver() || error instanceof ModelError)) throw error;
      by.onFailure?.(model, error);
    } finally {
      share.clear();
    }
  }
  throw new Error("there is no model to ask");
}

/** Repeats what may pass (429, 5xx, network), twice at most; a server that asks for a long wait is not waited for. */
async function completeWithRetries(
  by: Asking & { model: ModelPort },
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
