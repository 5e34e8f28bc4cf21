import { orAborted } from "../core/abort.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { ConfigError, NetworkError, QQError, RateLimitError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { type Log, silentLog } from "../core/log.ts";
import { timeouts, tokenLimits } from "../protocol/limits.ts";
import { codeOf, decodeBody, isCut, refusal } from "./answer.ts";
import { failureOf } from "./failure.ts";
import type { Fetch } from "./http.ts";
import type { TokenSource, TokenStatus } from "./request.ts";

export interface TokenOptions {
  /** Full address of the token call. */
  url: string;
  appId: string;
  secret: string;
  fetch: Fetch;
  clock?: Clock;
  log?: Log;
  timeoutMs?: number;
}

interface Token {
  value: string;
  expiresAt: number;
  /** When to ask again: the platform gives a new token only in the last 60 s of the old one. */
  refreshAt: number;
}

/** How long the platform is left alone after it refused or gave a token that is nearly over. */
const restMs = 5_000;
const route = { service: "bot", method: "POST", path: "/app/getAppAccessToken" } as const;

/**
 * The app's access token. A token is asked for when less than 60 s of the known one remain (asking earlier returns the
 * same one), by one call for all who wait; the life that counts is the remaining one that the platform names. get()
 * throws ConfigError, ApiError, RateLimitError or NetworkError, but answers with the old token while that still lives.
 */
export function createTokenSource(options: TokenOptions): TokenSource {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? silentLog;
  let token: Token | undefined;
  let flight: Promise<Token> | undefined;
  let pause: { until: number; error: RateLimitError } | undefined;

  const load = async (): Promise<Token> => {
    if (pause && clock.now() < pause.until) throw pause.error;
    try {
      const fresh = await askForToken(options, clock);
      log.debug({ expiresAt: fresh.expiresAt }, "access token received");
      token = fresh;
      return fresh;
    } catch (error) {
      if (error instanceof RateLimitError) pause = { until: clock.now() + error.retryAfterMs, error };
      throw error;
    }
  };
  const share = (signal?: AbortSignal): Promise<Token> => {
    if (!flight) {
      flight = load();
      // Also takes the error of a flight that all have left; those who stay get it from their own branch.
      const land = () => {
        flight = undefined;
      };
      flight.then(land, land);
    }
    // The caller's own wait ends with its signal; what it waits for goes on for the others.
    return orAborted(flight, signal);
  };

  return {
    async get(signal) {
      signal?.throwIfAborted();
      if (token && clock.now() < token.refreshAt) return token.value;
      try {
        return (await share(signal)).value;
      } catch (error) {
        if (signal?.aborted || !token || clock.now() >= token.expiresAt) throw error;
        token.refreshAt = clock.now() + restMs;
        log.warn({ error }, "no new access token yet; the old one still lives");
        return token.value;
      }
    },
    async renew(stale, signal) {
      signal?.throwIfAborted();
      if (token && token.value !== stale && clock.now() < token.expiresAt) return token.value;
      if (token) token.refreshAt = 0;
      return (await share(signal)).value;
    },
    status: () => statusOf(token, clock.now()),
  };
}

/** Stands in while the credentials are not set: everything that needs none still works. */
export function missingCredentials(missing: readonly string[] = ["QQ_BOT_APP_ID", "QQ_BOT_APP_SECRET"]): TokenSource {
  const refuse = async (): Promise<never> => {
    throw new ConfigError(missing[0] ?? "QQ_BOT_APP_ID", `the bot's credentials are not set: ${missing.join(", ")}`, {
      remedy: "Set QQ_BOT_APP_ID and QQ_BOT_APP_SECRET, or run `qq-skill init`; without an account, use the emulator.",
    });
  };
  return { get: refuse, renew: refuse, status: () => ({ state: "none" }) };
}

async function askForToken(options: TokenOptions, clock: Clock): Promise<Token> {
  const timeoutMs = options.timeoutMs ?? timeouts.tokenMs;
  const body = JSON.stringify({ appId: options.appId.trim(), clientSecret: options.secret.trim() });
  const abort = new AbortController();
  const cancel = clock.after(timeoutMs, () => abort.abort());
  try {
    const response = await options.fetch(options.url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body,
      signal: abort.signal,
    });
    const traceId = response.headers.get("x-tps-trace-id") ?? undefined;
    const data = decodeBody(await response.text());
    if (response.status >= 500 && codeOf(data) === undefined) throw unavailable(`HTTP ${response.status}`, undefined);
    return readToken(data, { status: response.status, traceId, now: clock.now() });
  } catch (error) {
    if (error instanceof QQError) throw error;
    throw unavailable(failureOf(error, { timedOut: abort.signal.aborted, timeoutMs }).reason, error);
  } finally {
    cancel();
  }
}

/** Always of phase "connect": whatever needed the token was not sent. */
function unavailable(reason: string, cause: unknown): NetworkError {
  return new NetworkError(`no access token: ${reason}`, {
    ...{ phase: "connect", attempts: 1, cause },
    remedy: "Check the network and the proxy, and QQ_BOT_TOKEN_URL if it is set.",
  });
}

/** Failures arrive with HTTP 200 too, so that the token's presence decides, then `code`. */
function readToken(data: unknown, answer: { status: number; traceId: string | undefined; now: number }): Token {
  const { status, traceId, now } = answer;
  if (isCut(data)) throw unavailable("the answer broke off", undefined);
  const value = isRecord(data) ? data.access_token : undefined;
  if (isRecord(data) && typeof value === "string" && value !== "") {
    const seconds = Number(data.expires_in);
    const lifeMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : tokenLimits.lifeMs;
    return {
      value,
      expiresAt: now + lifeMs,
      refreshAt: now + Math.max(lifeMs - tokenLimits.renewBeforeMs, Math.min(restMs, lifeMs)),
    };
  }
  throw refusal({ ...route, status, traceId, data, code: codeOf(data), retryAfterMs: restMs });
}

function statusOf(token: Token | undefined, now: number): TokenStatus {
  if (!token) return { state: "none" };
  const remainingSeconds = Math.max(0, Math.floor((token.expiresAt - now) / 1000));
  return { state: now < token.expiresAt ? "valid" : "expired", expiresAt: token.expiresAt, remainingSeconds };
}
