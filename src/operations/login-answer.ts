import { ApiError, InputError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import type { OperationContext } from "./context.ts";

/** A success carries a code of letters and digits; old pages report errors as a number in `code` beside `msg`. */
export function readCallback(input: {
  callback_url?: string | undefined;
  code?: string | undefined;
  state?: string | undefined;
}) {
  if ((input.callback_url === undefined) === (input.code === undefined))
    throw new InputError("callback_url", "exactly one of callback_url and code is needed");
  const query = input.callback_url === undefined ? undefined : URL.parse(input.callback_url)?.searchParams;
  if (input.callback_url !== undefined && !query) throw new InputError("callback_url", "callback_url is no address");
  const refusal = query?.get("error") ?? (query?.has("msg") ? query.get("code") : undefined);
  if (query && refusal) {
    const words = (query.get("error_description") ?? query.get("msg") ?? "").slice(0, 200);
    throw new InputError("callback_url", `QQ refused the login: ${refusal} ${words}`.trim(), {
      remedy: "oauth_explain_error tells what the number means.",
    });
  }
  const code = input.code ?? query?.get("code");
  const state = query?.get("state") ?? input.state;
  if (!code) throw new InputError("callback_url", "there is no code in it");
  if (!state) throw new InputError("state", "state is needed: a login without it may be somebody else's");
  if (input.state !== undefined && input.state !== state)
    throw new InputError("state", "state is not the one in callback_url");
  return { code, state };
}

/** Throws ApiError when there is no token in the answer. Lifetimes come as text or as number. */
export function readTokens(data: unknown, now: number) {
  const fields = isRecord(data) ? data : {};
  const accessToken = fields.access_token;
  const seconds = Number(fields.expires_in);
  if (typeof accessToken !== "string" || accessToken === "" || !Number.isFinite(seconds))
    throw noUse("/oauth2.0/token");
  const refreshToken = fields.refresh_token;
  return {
    accessToken,
    expiresAt: now + seconds * 1000,
    ...(typeof refreshToken === "string" && refreshToken !== "" ? { refreshToken } : {}),
  };
}

export async function whoIs(
  { rest }: OperationContext,
  accessToken: string,
  { withUnionid, signal }: { withUnionid: boolean; signal: AbortSignal | undefined },
): Promise<{ clientId: string; openid: string; unionid?: string; note?: string }> {
  const path = "/oauth2.0/me";
  const ask = (unionid: boolean) =>
    rest.request(
      {
        ...{ service: "connect", method: "GET", template: path, path, repeatable: true },
        query: { access_token: accessToken, fmt: "json", ...(unionid ? { unionid: 1 } : {}) },
      },
      signal,
    );
  let note: string | undefined;
  const { data } = await ask(withUnionid).catch((error: unknown) => {
    if (!withUnionid || !(error instanceof ApiError) || error.qqCode !== 100048) throw error;
    note = "unionid is not enabled for this app";
    return ask(false);
  });
  const fields = isRecord(data) ? data : {};
  const { client_id: clientId, openid } = fields;
  // `unioid`: how old copies of the page spell it.
  const unionid = fields.unionid ?? fields.unioid;
  if ((typeof clientId !== "string" && typeof clientId !== "number") || typeof openid !== "string") throw noUse(path);
  return {
    clientId: String(clientId),
    openid,
    ...(typeof unionid === "string" && unionid !== "" ? { unionid } : {}),
    ...(note === undefined ? {} : { note }),
  };
}

function noUse(path: string): ApiError {
  return new ApiError(`GET ${path}: the answer lacks what it is for`, {
    ...{ service: "connect", method: "GET", path, status: 200 },
    remedy: "Check QQ_CONNECT_BASE and the proxy.",
  });
}

export function foreignToken(field: string): InputError {
  return new InputError(field, "the token belongs to another app", { remedy: "Do not accept this login." });
}

const avatarFields = ["figureurl_qq", "figureurl_qq_2", "figureurl_2", "figureurl_1", "figureurl_qq_1", "figureurl"];

export function profileOf(raw: Record<string, unknown>) {
  const avatars = Object.fromEntries(
    avatarFields
      .map((name): [string, unknown] => [name, raw[name]])
      .filter((pair): pair is [string, string] => typeof pair[1] === "string" && pair[1] !== "")
      .map(([name, url]) => [name, url.replace(/^http:/, "https:")]),
  );
  const largest = Object.values(avatars)[0];
  return {
    nickname: typeof raw.nickname === "string" ? raw.nickname : "",
    ...(largest === undefined ? {} : { avatar_url: largest }),
    avatars,
    ...(typeof raw.gender === "string" ? { gender_raw: raw.gender } : {}),
    gender_reliable: false,
    is_lost: Number(raw.is_lost) === 1,
    raw,
  };
}
