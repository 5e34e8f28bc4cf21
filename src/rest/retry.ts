import { type BackoffPolicy, backoffMs } from "../core/backoff.ts";
import { ApiError, NetworkError, type QQError, RateLimitError } from "../core/errors.ts";
import { actionOf as botActionOf } from "../protocol/error-codes.ts";
import type { ErrorAction } from "../protocol/error-codes-data.ts";

type ActionOf = (code: number | undefined, status: number) => ErrorAction;

const policy: BackoffPolicy = { baseMs: 300, capMs: 5_000 };
const maxRetries = 3;
/** A refusal for longer than this goes back to the caller, who knows better what to do meanwhile. */
const longestWaitMs = 10_000;

export interface Attempts {
  /** Retries so far, without the one for a fresh token. */
  retries: number;
  renewed: boolean;
  repeatable: boolean;
  random: () => number;
  /** What a code of this service asks for; the bot API's table when left out. */
  actionOf?: ActionOf;
}

export type NextStep = { kind: "again"; afterMs: number } | { kind: "renew" } | { kind: "stop" };

/** The outcome of that attempt is open: no answer after it was sent, or a failure on the platform's side. */
export function isUnknownOutcome(error: QQError, actionOf: ActionOf = botActionOf): boolean {
  if (error instanceof NetworkError) return error.phase === "response";
  if (!(error instanceof ApiError) || error.status < 500) return false;
  return actionOf(error.qqCode, error.status) !== "TOKEN" && !isDoorCheck(error.qqCode);
}

/**
 * What follows a failed attempt. Always safe: when nothing was sent (`wasSent` false), when the platform refused before
 * it acted (429, a failed check at its door), with a fresh token. Everything else is repeated only if it may be.
 */
export function nextStep(error: QQError, attempts: Attempts & { wasSent: boolean }): NextStep {
  const stop: NextStep = { kind: "stop" };
  const { actionOf = botActionOf } = attempts;
  const code = error instanceof ApiError ? error.qqCode : undefined;
  const action = error instanceof ApiError ? actionOf(code, error.status) : undefined;
  if (attempts.wasSent && action === "TOKEN") return attempts.renewed ? stop : { kind: "renew" };
  if (attempts.retries >= maxRetries) return stop;
  const again: NextStep = { kind: "again", afterMs: backoffMs(policy, attempts.retries, attempts.random) };
  if (error instanceof RateLimitError) {
    const waits = error.retryAfterMs <= longestWaitMs && (error.status === 429 || !attempts.wasSent);
    return waits ? { kind: "again", afterMs: error.retryAfterMs } : stop;
  }
  if (!attempts.wasSent) return error.retryable ? again : stop;
  if (action === "RETRY1") {
    return attempts.retries === 0 && (attempts.repeatable || isDoorCheck(code)) ? again : stop;
  }
  return attempts.repeatable && (isUnknownOutcome(error, actionOf) || action === "RETRY") ? again : stop;
}

/** 112xx: token, privilege and admin checks that fail inside the platform come before the call itself. */
function isDoorCheck(code: number | undefined): boolean {
  return code !== undefined && code >= 11_240 && code < 11_300;
}
