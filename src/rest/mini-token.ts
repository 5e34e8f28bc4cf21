import { type Clock, systemClock } from "../core/clock.ts";
import { ApiError, ConfigError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import type { RestClient, TokenSource } from "./request.ts";

/** The platform asks for one central cache: a new token soon ends the one before. Renewed this long before its end. */
const renewBeforeMs = 300_000;
const path = "/api/getToken";

/**
 * The mini program's access token: one call for all who wait. Throws ConfigError, ApiError or NetworkError; answers
 * with the old token while that still lives.
 */
export function createMiniTokenSource(options: { rest: () => RestClient; clock?: Clock }): TokenSource {
  const clock = options.clock ?? systemClock;
  let token: { value: string; expiresAt: number; refreshAt: number } | undefined;
  let flight: Promise<string> | undefined;

  const ask = async (): Promise<string> => {
    const request = {
      service: "mini",
      method: "GET",
      template: path,
      path,
      repeatable: true,
      anonymous: true,
    } as const;
    const query = { grant_type: "client_credential" };
    const { data, status } = await options.rest().request({ ...request, query, credentials: ["appid", "secret"] });
    const value = isRecord(data) ? data.access_token : undefined;
    if (!isRecord(data) || typeof value !== "string" || value === "") {
      throw new ApiError(`GET ${path}: no access token in the answer`, {
        ...{ service: "mini", method: "GET", path, status },
        remedy: "Check QQ_MINI_BASE and the proxy.",
      });
    }
    const seconds = Number(data.expires_in);
    const lifeMs = (Number.isFinite(seconds) && seconds > 0 ? seconds : 7200) * 1000;
    const expiresAt = clock.now() + lifeMs;
    token = { value, expiresAt, refreshAt: expiresAt - Math.min(renewBeforeMs, lifeMs / 2) };
    return value;
  };
  const share = (): Promise<string> => {
    flight ??= ask().finally(() => {
      flight = undefined;
    });
    return flight;
  };
  return {
    async get(signal) {
      signal?.throwIfAborted();
      if (token && clock.now() < token.refreshAt) return token.value;
      try {
        return await share();
      } catch (error) {
        if (error instanceof ConfigError || !token || clock.now() >= token.expiresAt) throw error;
        return token.value;
      }
    },
    async renew(stale, signal) {
      signal?.throwIfAborted();
      if (token && token.value !== stale && clock.now() < token.expiresAt) return token.value;
      return share();
    },
    status() {
      if (!token) return { state: "none" };
      const { expiresAt } = token;
      const remainingSeconds = Math.max(0, Math.floor((expiresAt - clock.now()) / 1000));
      return { state: clock.now() < expiresAt ? "valid" : "expired", expiresAt, remainingSeconds };
    },
  };
}
