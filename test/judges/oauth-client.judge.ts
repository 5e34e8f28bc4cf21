import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import { startEmulator } from "../../src/emulator/emulator.ts";

/**
 * A general OAuth client runs QQ login. It keeps to the standards and QQ does not: each step below makes one of QQ's
 * ways standard between the two. With all of them the flow runs through; without one, the client says what is wrong.
 */
const steps = ["get", "tokenType", "refusal"] as const;
type Step = (typeof steps)[number];

const emulator = await startEmulator({ port: 0 });
const { url, connect } = emulator;
// Some answers of the platform say it as text; this client takes both.
emulator.act({ action: "login_settings", expires_in_as_text: true });
const redirectUri = "http://127.0.0.1:8080/callback";
const server: oauth.AuthorizationServer = {
  issuer: url,
  authorization_endpoint: `${url}/oauth2.0/authorize`,
  token_endpoint: `${url}/oauth2.0/token?fmt=json`,
  userinfo_endpoint: `${url}/user/get_user_info`,
};
const client: oauth.Client = { client_id: connect.appId };
const secret = oauth.ClientSecretPost(connect.appKey);

await everyStepIsNeeded();
const tokens = await login(steps);
assert.equal(tokens.expires_in, 60 * 86_400);
await refusals();
await refreshing(tokens);
await callbacks();
await people(tokens);
process.stdout.write(`  the flow runs through with ${steps.length} steps between, and not with one less\n`);
await emulator.close();
process.exit(0);

async function everyStepIsNeeded(): Promise<void> {
  const complaints: Record<Exclude<Step, "refusal">, RegExp> = {
    get: /unexpected HTTP status code/,
    tokenType: /"token_type" property must be a string/,
  };
  for (const [missing, complaint] of Object.entries(complaints)) {
    await assert.rejects(login(steps.filter((step) => step !== missing)), complaint, `without ${missing}`);
  }
  // Answers are form text until JSON is asked for. Their type is text/html even then: this client reads JSON before it
  // looks at the type.
  const form = { ...server, token_endpoint: `${url}/oauth2.0/token` };
  await assert.rejects(exchange({ server: form, callback: await agree() }), /content-type must be application\/json/);
}

/** A refusal has status 200 and a number for `error`: to the client it is an answer without a token. */
async function refusals(): Promise<void> {
  const without = steps.filter((step) => step !== "refusal");
  const callback = await agree();
  await exchange({ callback });
  await assert.rejects(exchange({ callback, with: without }), /"access_token" property must be a string/);
  await refuses(exchange({ callback }), "100020");
  await refuses(exchange({ callback: await agree(), redirectUri: "http://127.0.0.1:8080/other" }), "100010");
  await refuses(exchange({ callback: await agree(), secret: oauth.ClientSecretPost("wrong") }), "100009");
  // QQ documents no basic authentication: app and secret are missing then.
  await refuses(exchange({ callback: await agree(), secret: oauth.ClientSecretBasic(connect.appKey) }), "100001");
  const late = await agree();
  emulator.advance(10 * 60_000);
  await refuses(exchange({ callback: late }), "100019");
}

/** Each refresh token works once. */
async function refreshing({ refresh_token: given = "", access_token }: oauth.TokenEndpointResponse): Promise<void> {
  const refresh = async (token: string) => {
    const answer = await oauth.refreshTokenGrantRequest(server, client, secret, token, through(steps));
    return oauth.processRefreshTokenResponse(server, client, answer);
  };
  const renewed = await refresh(given);
  assert.notEqual(renewed.access_token, access_token);
  assert.notEqual(renewed.refresh_token, given);
  await refuses(refresh(given), "100021");
  await refresh(renewed.refresh_token ?? "");
}

/** What comes back through the browser: the client tells a foreign state; nobody is sent back who cancels. */
async function callbacks(): Promise<void> {
  const callback = await agree();
  assert.throws(() => oauth.validateAuthResponse(server, client, callback.url, "another"), /unexpected "state"/);
  const shown = await (await fetch(authorizeUrl("s"))).text();
  assert.doesNotMatch(shown, /access_denied/);
  const unknown = authorizeUrl("s");
  unknown.searchParams.set("client_id", "1");
  const page = await fetch(unknown, { redirect: "manual" });
  assert.equal(page.status, 200);
  assert.match(await page.text(), /100008/);
  // QQ documents no PKCE: whoever has the secret needs no verifier.
  await exchange({ callback: await agree(), verifier: oauth.generateRandomCodeVerifier() });
}

/** Who logged in: tokens go into the address, and nothing that comes back has the standard's names. */
async function people({ access_token: token }: oauth.TokenEndpointResponse): Promise<void> {
  const ask = async (path: string, query: Record<string, string>) => {
    const address = new URL(`${url}${path}?${new URLSearchParams(query)}`);
    return (await oauth.protectedResourceRequest(token, "GET", address, undefined, undefined, through(steps))).text();
  };
  const read = async (path: string, query: Record<string, string>) =>
    JSON.parse(await ask(path, query)) as Record<string, string>;
  const header = await read("/oauth2.0/me", { fmt: "json" });
  assert.equal(header.error, "100007", "a token in the Authorization header is not seen");
  assert.match(await ask("/oauth2.0/me", { access_token: token }), /^callback\( \{.*\} \);$/);
  const me = await read("/oauth2.0/me", { access_token: token, fmt: "json", unionid: "1" });
  assert.equal(me.client_id, connect.appId);
  const foreign = emulator.act({ action: "login_foreign_token", as: "alice", client_id: "1" });
  const other = await read("/oauth2.0/me", { access_token: String(foreign.access_token), fmt: "json" });
  assert.equal(other.client_id, "1", "a token of another app tells only by its client_id");

  const own = { access_token: token, oauth_consumer_key: connect.appId, openid: me.openid ?? "" };
  assert.equal((await read("/user/get_user_info", own)).nickname, "小林");
  const info = `${server.userinfo_endpoint}?${new URLSearchParams(own)}`;
  const asked = await oauth.userInfoRequest({ ...server, userinfo_endpoint: info }, client, token, through(steps));
  await assert.rejects(
    oauth.processUserInfoResponse(server, client, oauth.skipSubjectCheck, asked),
    /"sub" property must be a string/,
  );
}

interface Callback {
  url: URL;
  state: string;
}

function authorizeUrl(state: string): URL {
  const address = new URL(server.authorization_endpoint ?? "");
  const query = {
    response_type: "code",
    client_id: connect.appId,
    redirect_uri: redirectUri,
    state,
    scope: "get_user_info",
  };
  address.search = String(new URLSearchParams(query));
  return address;
}

/** Alice agrees on the page, as a browser does it. */
async function agree(): Promise<Callback> {
  const state = oauth.generateRandomState();
  const page = await (await fetch(authorizeUrl(state))).text();
  const link = /href="([^"]*user=alice[^"]*)"/.exec(page)?.[1]?.replaceAll("&#38;", "&") ?? "";
  const back = await fetch(`${url}${link}`, { redirect: "manual" });
  assert.equal(back.status, 302);
  return { url: new URL(back.headers.get("location") ?? ""), state };
}

interface Exchange {
  callback: Callback;
  with?: readonly Step[];
  server?: oauth.AuthorizationServer;
  redirectUri?: string;
  secret?: oauth.ClientAuth;
  verifier?: string;
}

async function exchange(wanted: Exchange): Promise<oauth.TokenEndpointResponse> {
  const to = wanted.server ?? server;
  const parameters = oauth.validateAuthResponse(to, client, wanted.callback.url, wanted.callback.state);
  const answer = await oauth.authorizationCodeGrantRequest(
    to,
    client,
    wanted.secret ?? secret,
    parameters,
    wanted.redirectUri ?? redirectUri,
    wanted.verifier ?? oauth.nopkce,
    { ...through(wanted.with ?? steps), additionalParameters: { need_openid: "1" } },
  );
  return oauth.processAuthorizationCodeResponse(to, client, answer);
}

async function login(withSteps: readonly Step[]): Promise<oauth.TokenEndpointResponse> {
  return exchange({ callback: await agree(), with: withSteps });
}

async function refuses(answer: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(answer, (error) => error instanceof oauth.ResponseBodyError && error.error === code);
}

/** The client's own way to put something between: plain HTTP on this machine, and the steps. */
function through(wanted: readonly Step[]) {
  const bridge = async (
    address: string,
    init: oauth.CustomFetchOptions<string, oauth.ProtectedResourceRequestBody | undefined>,
  ) => {
    const isForm = init.method === "POST" && wanted.includes("get");
    const target = new URL(address);
    for (const [name, value] of isForm ? new URLSearchParams(String(init.body)) : [])
      target.searchParams.set(name, value);
    const request = isForm ? { method: "GET" } : (init as RequestInit);
    return standard(await fetch(target, request), wanted);
  };
  return { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: bridge as never };
}

async function standard(answer: Response, wanted: readonly Step[]): Promise<Response> {
  const text = await answer.text();
  let { status } = answer;
  let type = answer.headers.get("content-type") ?? "";
  let body = text;
  if (text.startsWith("{") && status === 200) {
    const fields = JSON.parse(text) as Record<string, unknown>;
    if ("access_token" in fields && wanted.includes("tokenType")) fields.token_type = "bearer";
    if ("error" in fields && wanted.includes("refusal")) {
      fields.error = String(fields.error);
      status = 400;
      type = "application/json";
    }
    body = JSON.stringify(fields);
  }
  return new Response(body, { status, headers: { "content-type": type } });
}
