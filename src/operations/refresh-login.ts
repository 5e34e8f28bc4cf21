import { ApiError, InputError } from "../core/errors.ts";
import { loginError } from "../protocol/login-errors.ts";
import type { Login } from "../store/logins.ts";
import type { OperationContext } from "./context.ts";
import { readTokens } from "./login-answer.ts";

const pollMs = 250;
/** As long as the lock of a renewal that died. */
const longestWaitMs = 60_000;

/**
 * Renews a login: one caller at a time over all processes, the others wait for that one's result. The new refresh token
 * is on the disk before the new access token is used. Throws ApiError, InputError (nothing to renew with) or NetworkError.
 */
export async function refreshLogin(context: OperationContext, login: Login, signal?: AbortSignal): Promise<Login> {
  const { connect, clock } = context;
  const logins = connect.logins();
  const waitUntil = clock.now() + longestWaitMs;
  while (!(await logins.lock(login.ref))) {
    if (clock.now() >= waitUntil) {
      throw new InputError("token_ref", "somebody else has been renewing this login for a minute", {
        remedy: "Try again; if it stays so, have the person log in again.",
        retryable: true,
      });
    }
    await clock.sleep(pollMs, signal);
  }
  // Read behind the lock: whoever held it before us may have renewed it.
  const current = logins.find(login.ref);
  if (current && current.accessToken !== login.accessToken) {
    await logins.release(login.ref, { isSpent: false });
    return current;
  }
  if (!current?.refreshToken) {
    await logins.release(login.ref, { isSpent: false });
    throw new InputError("token_ref", "this login has no refresh token (any more)", {
      remedy: "The person has to log in again (oauth_authorize_url).",
    });
  }
  return renew(context, { ...current, refreshToken: current.refreshToken }, signal);
}

async function renew(
  context: OperationContext,
  login: Login & { refreshToken: string },
  signal?: AbortSignal,
): Promise<Login> {
  const logins = context.connect.logins();
  const path = "/oauth2.0/token";
  try {
    const { data } = await context.rest.request(
      {
        // It works once: after an unknown outcome a repeat could only fail.
        ...{ service: "connect", method: "GET", template: path, path, repeatable: false },
        credentials: ["client_id", "client_secret"],
        query: { grant_type: "refresh_token", refresh_token: login.refreshToken, fmt: "json" },
      },
      signal,
    );
    await logins.renew(login.ref, readTokens(data, context.clock.now()));
  } catch (error) {
    const code = error instanceof ApiError ? error.qqCode : undefined;
    await logins.release(login.ref, { isSpent: code !== undefined && (loginError(code)?.needsLogin ?? false) });
    throw error;
  }
  return logins.find(login.ref) ?? login;
}
