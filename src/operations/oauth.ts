import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { loginError, loginErrors } from "../protocol/login-errors.ts";
import { foreignToken, profileOf, readCallback, readTokens, whoIs } from "./login-answer.ts";
import { findLogin, loginAppId } from "./login-app.ts";
import { defineAction } from "./operation.ts";
import { refreshLogin } from "./refresh-login.ts";

const wiki = (page: string) => `https://wiki.connect.qq.com/${encodeURIComponent(page)}`;
const tokenDocs = wiki("使用authorization_code获取access_token");

const tokenRef = z
  .string()
  .regex(/^login_[\w-]{8,64}$/)
  .describe("Handle of a stored login (token_ref)");
const redirectUri = z
  .url({ protocol: /^https?$/ })
  .max(1024)
  .describe("Registered callback, byte for byte; default QQ_CONNECT_REDIRECT_URI");
const scopes = z
  .array(z.string().regex(/^[a-z_]{1,64}$/))
  .min(1)
  .max(20)
  .describe("API names; the platform's current list has only get_user_info");

export const oauthAuthorizeUrl = defineAction({
  name: "oauth_authorize_url",
  title: "Address of the QQ login page (登录授权地址)",
  summary:
    "Address to open in a top-level browser window (no iframe) for QQ login, with a state that works once within 10 minutes. A person who cancels is not sent back.",
  toolset: "oauth",
  permission: "read",
  idempotent: false,
  scope: "bot",
  method: "GET",
  path: "/oauth2.0/authorize",
  input: z.strictObject({
    redirect_uri: redirectUri.optional(),
    scope: scopes.default(["get_user_info"]),
    display: z.enum(["pc", "mobile"]).default("pc").describe("Which page: pc or mobile"),
    flow: z
      .enum(["code", "implicit"])
      .default("code")
      .describe("code for servers; implicit gives the browser a token in the fragment, without refresh"),
  }),
  output: z.looseObject({
    url: z.string(),
    state: z.string().describe("Must come back unchanged"),
    redirect_uri: z.string(),
    expires_at: z.string().describe("ISO 8601"),
  }),
  docs: tokenDocs,
  async run({ connect }, input) {
    const clientId = loginAppId(connect);
    const redirect = input.redirect_uri ?? connect.redirectUri;
    if (redirect === undefined)
      throw new InputError("redirect_uri", "redirect_uri is needed: QQ_CONNECT_REDIRECT_URI is not set");
    const { state, expiresAt } = await connect.logins().begin({ redirectUri: redirect });
    const query = new URLSearchParams({
      response_type: input.flow === "code" ? "code" : "token",
      client_id: clientId,
      redirect_uri: redirect,
      state,
      scope: input.scope.join(","),
      ...(input.display === "mobile" ? { display: "mobile" } : {}),
    });
    return {
      url: `${connect.base}/oauth2.0/authorize?${query}`,
      state,
      redirect_uri: redirect,
      expires_at: new Date(expiresAt).toISOString(),
    };
  },
});

export const oauthExchangeCode = defineAction({
  name: "oauth_exchange_code",
  title: "Finish a QQ login (用授权码换取登录)",
  summary:
    "Turns the code of the callback into a stored login: checks the state, gets token, openid and unionid, and checks that they are of this app. A code works once within 10 minutes.",
  toolset: "oauth",
  permission: "manage",
  scope: "bot",
  confidential: ["code", "callback_url", "state"],
  method: "GET",
  path: "/oauth2.0/token",
  input: z.strictObject({
    callback_url: z.string().min(1).max(4096).optional().describe("The whole address that the browser was sent to"),
    code: z.string().min(1).max(512).optional().describe("Or its code alone, with state"),
    state: z.string().min(1).max(512).optional().describe("The state that came back with the code"),
  }),
  output: z.looseObject({
    token_ref: z.string().describe("For oauth_me, oauth_user_info, oauth_refresh"),
    openid: z.string().describe("Of this person for this app only"),
    unionid: z.string().optional(),
    client_id: z.string(),
    expires_at: z.string().describe("ISO 8601"),
    has_refresh_token: z.boolean(),
    note: z.string().optional(),
  }),
  docs: tokenDocs,
  async run(context, input, signal) {
    const { connect, rest, clock } = context;
    const clientId = loginAppId(connect);
    const { code, state } = readCallback(input);
    const begun = await connect.logins().finish(state);
    if (!begun) {
      throw new InputError("state", "this state is unknown, was used before or is older than 10 minutes", {
        remedy: "Start again with oauth_authorize_url; if nobody here started this login, do not go on.",
      });
    }
    const path = "/oauth2.0/token";
    const { data } = await rest.request(
      {
        // A code works once: after an unknown outcome a repeat could only fail.
        ...{ service: "connect", method: "GET", template: path, path, repeatable: false },
        credentials: ["client_id", "client_secret"],
        query: {
          grant_type: "authorization_code",
          code,
          redirect_uri: begun.redirectUri,
          fmt: "json",
          need_openid: 1,
        },
      },
      signal,
    );
    const tokens = readTokens(data, clock.now());
    const { note, ...person } = await whoIs(context, tokens.accessToken, { withUnionid: true, signal });
    if (person.clientId !== clientId) throw foreignToken("code");
    const { openid, unionid } = person;
    const ref = await connect.logins().keep({ ...tokens, openid, ...(unionid === undefined ? {} : { unionid }) });
    return {
      ...{ token_ref: ref, openid, client_id: clientId },
      ...(unionid === undefined ? {} : { unionid }),
      expires_at: new Date(tokens.expiresAt).toISOString(),
      has_refresh_token: tokens.refreshToken !== undefined,
      ...(note === undefined ? {} : { note }),
    };
  },
});

export const oauthRefresh = defineAction({
  name: "oauth_refresh",
  title: "Renew a QQ login (刷新登录)",
  summary:
    "Renews the access token of a stored login. A refresh token works once, so that one caller at a time renews and the new tokens are stored before anything else; whoever waits gets the result.",
  toolset: "oauth",
  permission: "manage",
  scope: "bot",
  input: z.strictObject({ token_ref: tokenRef }),
  output: z.looseObject({
    token_ref: z.string(),
    expires_at: z.string().describe("ISO 8601"),
    has_refresh_token: z.boolean(),
  }),
  docs: tokenDocs,
  async run(context, input, signal) {
    const login = await refreshLogin(context, findLogin(context.connect, input.token_ref), signal);
    return {
      token_ref: login.ref,
      expires_at: new Date(login.expiresAt).toISOString(),
      has_refresh_token: login.refreshToken !== undefined,
    };
  },
});

export const oauthMe = defineAction({
  name: "oauth_me",
  title: "Whose QQ login this is (获取 OpenID)",
  summary:
    "openid (and unionid) behind a login; also the check of a token that came from a client: only client_id_matches true means that it is of this app.",
  toolset: "oauth",
  permission: "read",
  scope: "bot",
  confidential: ["access_token"],
  method: "GET",
  path: "/oauth2.0/me",
  input: z.strictObject({
    token_ref: tokenRef.optional(),
    access_token: z.string().min(1).max(1024).optional().describe("Or a token that a client sent"),
    with_unionid: z.boolean().default(true).describe("Also ask for the unionid"),
  }),
  output: z.looseObject({
    client_id: z.string(),
    openid: z.string(),
    unionid: z.string().optional(),
    client_id_matches: z.boolean().describe("false: a token of another app, do not accept it"),
    note: z.string().optional(),
  }),
  docs: wiki("获取用户openid_oauth2-0"),
  async run(context, input, signal) {
    if ((input.token_ref === undefined) === (input.access_token === undefined))
      throw new InputError("token_ref", "exactly one of token_ref and access_token is needed");
    const token = input.access_token ?? findLogin(context.connect, input.token_ref ?? "").accessToken;
    const person = await whoIs(context, token, { withUnionid: input.with_unionid, signal });
    return {
      client_id: person.clientId,
      openid: person.openid,
      ...(person.unionid === undefined ? {} : { unionid: person.unionid }),
      client_id_matches: person.clientId === loginAppId(context.connect),
      ...(person.note === undefined ? {} : { note: person.note }),
    };
  },
});

export const oauthUserInfo = defineAction({
  name: "oauth_user_info",
  title: "Profile of a logged-in person (登录用户资料)",
  summary:
    "Nickname and avatars of the person behind a login. The platform says 男 when it does not know the gender; names may be empty or hold HTML.",
  toolset: "oauth",
  permission: "read",
  scope: "bot",
  method: "GET",
  path: "/user/get_user_info",
  input: z.strictObject({ token_ref: tokenRef }),
  output: z.looseObject({
    openid: z.string(),
    nickname: z.string(),
    avatar_url: z.string().optional().describe("The largest, https"),
    avatars: z.looseObject({}).describe("All of them by the platform's field names, https"),
    gender_raw: z.string().optional(),
    gender_reliable: z.boolean().describe("Always false"),
    is_lost: z.boolean().describe("true: partial data, do not keep it"),
    raw: z.looseObject({}),
  }),
  docs: wiki("get_user_info"),
  async run(context, input, signal) {
    const login = findLogin(context.connect, input.token_ref);
    const path = "/user/get_user_info";
    const { data } = await context.rest.request(
      {
        ...{ service: "connect", method: "GET", template: path, path, repeatable: true },
        query: {
          access_token: login.accessToken,
          oauth_consumer_key: loginAppId(context.connect),
          openid: login.openid,
          fmt: "json",
        },
      },
      signal,
    );
    return { openid: login.openid, ...profileOf(isRecord(data) ? data : {}) };
  },
});

export const oauthForget = defineAction({
  name: "oauth_forget",
  title: "Forget a QQ login (清除登录)",
  summary:
    "Deletes a stored login here. The platform has no call to end it there: the person does that in QQ (设置, 隐私, 授权管理).",
  toolset: "oauth",
  permission: "destroy",
  undo: "the person logs in again.",
  scope: "bot",
  input: z.strictObject({ token_ref: tokenRef }),
  output: z.looseObject({ forgotten: z.boolean().describe("false: there was none") }),
  docs: wiki("概念和术语"),
  run: async ({ connect }, input) => ({ forgotten: await connect.logins().forget(input.token_ref) }),
});

export const oauthExplainError = defineAction({
  name: "oauth_explain_error",
  title: "Explain a QQ login error (登录错误说明)",
  summary:
    "What a number in error or ret of QQ login means and what to do. Without a call; other services have other tables.",
  toolset: "oauth",
  permission: "read",
  scope: "bot",
  input: z.strictObject({
    code: z.int().min(-1_000_000).max(10_000_000).describe("error of authorize, token and me; ret of the user calls"),
  }),
  output: z.looseObject({
    code: z.number(),
    is_known: z.boolean(),
    meaning: z.string(),
    fix: z.string(),
    retryable: z.boolean(),
    needs_login: z.boolean().describe("The person has to log in again"),
  }),
  docs: wiki("公共返回码说明"),
  async run(_context, { code }) {
    const known = loginError(code);
    if (!known) {
      const codes = loginErrors.filter(({ isLegacy }) => !isLegacy).map((row) => row.code);
      return {
        ...{ code, is_known: false, meaning: "not in the platform's tables", retryable: false, needs_login: false },
        fix: `Known codes run from ${Math.min(...codes)} to ${Math.max(...codes)}; error_description says more.`,
      };
    }
    const { meaning, remedy: fix, action, needsLogin } = known;
    const retryable = action === "RETRY" || action === "RETRY1" || action === "WAIT";
    return { code, is_known: true, meaning, fix, retryable, needs_login: needsLogin };
  },
});
