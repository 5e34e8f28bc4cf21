import { ApiError, ConfigError, GatewayError, QQError, RateLimitError } from "../core/errors.ts";
import { type CloseCode, closeCode } from "../protocol/close-codes.ts";
import { gatewayLimits } from "../protocol/limits.ts";
import type { ConnectionEnd } from "./connection.ts";

/**
 * What to do next. `maskRefusal`: the mask may be wrong; with a code, the platform said so, without one it refuses to
 * identify without saying why.
 */
export type Recovery =
  | { kind: "stop"; error: QQError; keepSession: boolean }
  | {
      kind: "retry";
      delayMs: number;
      keepSession: boolean;
      renewToken: boolean;
      maskRefusal?: { code?: number };
      detail: string;
    };

type Retry = Extract<Recovery, { kind: "retry" }>;
export type AuthMode = "identify" | "resume";

/** After op 9 the platform wants a moment; the number is that of Tencent's SDK. */
const afterInvalidSessionMs = 3000;
/** A refusal that only an operator can lift (address list, rights) is not asked again and again. */
const refusedLookupMs = 30_000;
const tooManyCallsMs = 60_000;
/** The first failures of the token call are mostly over in a moment, whatever they are called. */
const quickTokenTries = 3;
const maxTokenWaitMs = 8_000;
/** A code that should end a session ends none that has worked before: it is tried on, at this pace. */
const stubbornMs = 300_000;
const reconnectJitterMs = 1000;
/** A connection that lives shorter than this counts as a flap, longer than `steady` as sound. */
const flapMs = 5000;
const steadyMs = 60_000;
const suspectAfter = 2;
/** Call-rate refusals of the platform, which do not always come with HTTP 429. */
const tooManyCalls = new Set([100_001, 100_017]);
/** Codes that mean a wrong mask. The table's `stop` for 4013 is for masks from which nothing can be given up. */
const maskCodes = new Set([4013, 4014]);

/** Delays and decisions over the ends of connections. Only READY and RESUMED (`live`) reset the backoff. */
export class RecoveryPolicy {
  readonly #random: () => number;
  readonly #now: () => number;
  #failures = 0;
  #failedResumes = 0;
  #refusedIdentifies = 0;
  #failedIdentifies = 0;
  #failedTokens = 0;
  #flaps = 0;
  #wasLive = false;
  #lastCode: { code: number; count: number } | undefined;

  constructor(options: { random: () => number; now: () => number }) {
    this.#random = options.random;
    this.#now = options.now;
  }

  live(): void {
    this.#wasLive = true;
    this.#failures = 0;
    this.#failedResumes = 0;
    this.#refusedIdentifies = 0;
    this.#failedIdentifies = 0;
    this.#failedTokens = 0;
  }

  planTokenFailure(error: unknown): Recovery {
    const step = this.planFailure(error);
    if (step.kind === "stop" || ++this.#failedTokens > quickTokenTries) return step;
    return { ...step, delayMs: Math.min(step.delayMs, maxTokenWaitMs) };
  }

  /** For a step before the connection: look-up, identify turn, address. */
  planFailure(error: unknown): Recovery {
    // Wrong settings never mend themselves, but a platform that once accepted them may err for a while.
    if (error instanceof ConfigError && !this.#wasLive) return { kind: "stop", error, keepSession: true };
    const delayMs = Math.max(this.#backoff(), pauseAfter(error));
    return { kind: "retry", delayMs, keepSession: true, renewToken: false, detail: describe(error) };
  }

  /** `startPaceMs`: how far apart the session starts of the day must be to last. */
  plan(end: ConnectionEnd, mode: AuthMode, startPaceMs = 0): Recovery {
    this.#count(end, mode);
    const step = this.#decide(end, mode);
    if (step.kind === "stop") return step;
    if (this.#failedIdentifies >= gatewayLimits.maxRefusedIdentifies)
      step.delayMs = Math.max(step.delayMs, startPaceMs);
    if (this.#failedResumes >= gatewayLimits.maxFailedResumes) step.keepSession = false;
    step.delayMs = Math.max(step.delayMs, this.#flapDelay());
    return step;
  }

  #decide(end: ConnectionEnd, mode: AuthMode): Recovery {
    switch (end.cause) {
      case "dropped":
        return retry(end.detail, { delayMs: 0 });
      case "op7":
        return retry(end.detail, {
          delayMs: end.liveAt === undefined ? this.#backoff() : Math.round(this.#random() * reconnectJitterMs),
        });
      case "op9":
        return this.#afterInvalidSession(end, mode);
      case "closed":
        return this.#afterClose(end, mode);
      case "auth_failed":
        return this.planTokenFailure(end.error);
      default:
        return retry(end.detail, { delayMs: this.#backoff() });
    }
  }

  #afterInvalidSession(end: ConnectionEnd, mode: AuthMode): Recovery {
    if (end.code !== undefined && end.code >= 4000 && end.code !== 4009) {
      const step = this.#afterClose(end, mode);
      if (step.kind === "retry") step.delayMs = Math.max(step.delayMs, afterInvalidSessionMs);
      return step;
    }
    const keepSession = end.isResumable === true && (mode === "resume" || end.liveAt !== undefined);
    const refused = end.liveAt === undefined ? `refused to ${mode}` : "invalidated the session";
    return this.#suspect(
      retry(`the platform ${refused} (op 9)`, {
        delayMs: Math.max(this.#backoff(), afterInvalidSessionMs),
        keepSession,
        renewToken: !keepSession,
      }),
    );
  }

  #afterClose(end: ConnectionEnd, mode: AuthMode): Recovery {
    const row = closeCode(end.code);
    const cause = row.code < 4000 && end.error ? `: ${describe(end.error)}` : end.detail ? ` (${end.detail})` : "";
    const detail = `${row.meaning}, close code ${row.code}${cause}`;
    if (maskCodes.has(row.code)) {
      return retry(detail, { delayMs: this.#spread(1000), keepSession: false, maskRefusal: { code: row.code } });
    }
    const isTooOften = row.maxInARow !== undefined && this.#inARow(row.code) > row.maxInARow;
    if (isTooOften && this.#wasLive) {
      return retry(detail, { delayMs: stubbornMs, keepSession: false, renewToken: true });
    }
    switch (isTooOften ? "stop" : row.action) {
      case "stop":
        return { kind: "stop", error: stopError(row, true), keepSession: false };
      case "reshard":
        return { kind: "stop", error: stopError(row, false), keepSession: false };
      case "refresh_token":
        return retry(detail, { delayMs: this.#backoff(), renewToken: true });
      case "resume":
      case "wait_resume":
        return retry(detail, { delayMs: this.#waitOf(row, end) });
      default: {
        const step = retry(detail, { delayMs: this.#backoff(), keepSession: false });
        return mode === "identify" && row.code === 4903 ? this.#suspect(step) : step;
      }
    }
  }

  /** A zero wait is for connections that worked: otherwise it would spin. */
  #waitOf(row: CloseCode, end: ConnectionEnd): number {
    if (row.waitMs === undefined || (row.waitMs === 0 && end.liveAt === undefined)) return this.#backoff();
    return row.waitMs;
  }

  #suspect(step: Retry): Retry {
    if (this.#refusedIdentifies >= suspectAfter) step.maskRefusal = {};
    if (this.#refusedIdentifies >= gatewayLimits.maxRefusedIdentifies) {
      step.delayMs = Math.max(step.delayMs, this.#spread(lastOf(gatewayLimits.backoffMs)));
    }
    return step;
  }

  #count(end: ConnectionEnd, mode: AuthMode): void {
    const livedMs = end.liveAt === undefined ? undefined : this.#now() - end.liveAt;
    const isForced = end.cause === "dropped";
    if (livedMs !== undefined) this.#flaps = livedMs < flapMs && !isForced ? this.#flaps + 1 : 0;
    if (livedMs !== undefined && livedMs >= steadyMs) this.#lastCode = undefined;
    if (end.code !== undefined) {
      const count = this.#lastCode?.code === end.code ? this.#lastCode.count + 1 : 1;
      this.#lastCode = { code: end.code, count };
    }
    if (!end.isAuthSent || livedMs !== undefined || isForced) return;
    if (mode === "identify") this.#failedIdentifies++;
    if (mode === "resume") this.#failedResumes++;
    else if (end.cause === "op9" || end.code === 4903) this.#refusedIdentifies++;
  }

  #inARow(code: number): number {
    return this.#lastCode?.code === code ? this.#lastCode.count : 0;
  }

  #backoff(): number {
    const base = gatewayLimits.backoffMs;
    const delayMs = base[Math.min(this.#failures++, base.length - 1)] ?? lastOf(base);
    return this.#spread(delayMs);
  }

  /** Three connections in a row that die right after READY are slowed down, though READY reset the backoff. */
  #flapDelay(): number {
    const base = gatewayLimits.backoffMs;
    return this.#flaps < 3 ? 0 : this.#spread(base[Math.min(this.#flaps - 3, base.length - 1)] ?? lastOf(base));
  }

  /** Full jitter: of a thousand bots that lost their connection together, no two come back together. */
  #spread(ceilingMs: number): number {
    return Math.round(ceilingMs * this.#random());
  }
}

/** Keeps session and token unless told otherwise. */
export function retry(detail: string, facts: Partial<Retry> & { delayMs: number }): Retry {
  return { kind: "retry", keepSession: true, renewToken: false, detail, ...facts };
}

/** The error with which a session ends. `isFatal` false: another set-up (more shards) would work. */
export function stopError(row: CloseCode, isFatal: boolean): GatewayError {
  return new GatewayError(`The gateway closed the connection: ${row.meaning} (close code ${row.code}).`, {
    closeCode: row.code,
    resumable: false,
    fatal: isFatal,
    remedy: row.remedy,
  });
}

function pauseAfter(error: unknown): number {
  if (error instanceof RateLimitError) return Math.max(error.retryAfterMs, tooManyCallsMs);
  if (!(error instanceof ApiError)) return 0;
  if (error.qqCode !== undefined && tooManyCalls.has(error.qqCode)) return tooManyCallsMs;
  return error.retryable || error.status >= 500 ? 0 : refusedLookupMs;
}

/** Message and remedy in one line. */
export function describe(error: unknown): string {
  if (error instanceof QQError && error.remedy) return `${error.message} ${error.remedy}`;
  return error instanceof Error ? error.message : String(error);
}

function lastOf(delays: readonly number[]): number {
  return delays.at(-1) ?? tooManyCallsMs;
}
