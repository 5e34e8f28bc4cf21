import { describe, expect, it, onTestFinished } from "vitest";
import { openPlatform } from "../../src/cli/platform.ts";
import { loadConfig } from "../../src/config/load.ts";
import { InputError } from "../../src/core/errors.ts";
import { silentLog } from "../../src/core/log.ts";
import { findOperation } from "../../src/operations/all.ts";
import { callOperation } from "../../src/operations/call.ts";
import { permissions } from "../../src/operations/operation.ts";
import { startTestEmulator, type TestEmulator } from "../kit/emulator.ts";
import { temporaryFolder } from "../kit/processes.ts";

type Fields = Record<string, unknown>;

/** One process with its data folder, at the emulator's QQ login; there is no bot. */
function client(emulator: TestEmulator, home = temporaryFolder()) {
  const logs: unknown[] = [];
  const keep = (facts: object, text: string) => logs.push(facts, text);
  const config = loadConfig({
    env: {
      QQ_CONNECT_APP_ID: emulator.connect.appId,
      QQ_CONNECT_APP_KEY: emulator.connect.appKey,
      QQ_CONNECT_BASE: emulator.url,
      QQ_CONNECT_REDIRECT_URI: "http://127.0.0.1/callback",
      QQ_SKILL_HOME: home,
    },
  });
  const platform = openPlatform(config, { ...silentLog, debug: keep, info: keep, warn: keep, error: keep });
  onTestFinished(() => platform.close());
  const context = platform.contextFor({ kind: "cli", grants: new Set(permissions), label: "test" });
  const run = async (name: string, input: Fields = {}): Promise<Fields> => {
    const operation = findOperation(name);
    if (!operation) throw new Error(`no operation ${name}`);
    return (await callOperation(operation, context, input)) as Fields;
  };
  const agree = async (as = "alice") => {
    const { url } = await run("oauth_authorize_url");
    return emulator.act({ action: "login_allow", as, url }).callback_url as string;
  };
  return {
    ...{ run, agree, home, logs, logins: () => context.connect.logins() },
    logIn: async (as = "alice") => (await run("oauth_exchange_code", { callback_url: await agree(as) })) as Fields,
  };
}

describe("QQ login", () => {
  it("goes from the address to the profile, and no token is ever seen", async () => {
    const emulator = await startTestEmulator();
    const qq = client(emulator);
    const login = await qq.logIn();
    expect(login).toMatchObject({ client_id: emulator.connect.appId, has_refresh_token: true });
    expect(login.openid).toMatch(/^[0-9A-F]{32}$/);
    const profile = await qq.run("oauth_user_info", { token_ref: login.token_ref });
    expect(profile).toMatchObject({ nickname: "小林", gender_reliable: false, is_lost: false });
    expect(profile.avatar_url).toMatch(/^https:/);
    const kept = qq.logins().find(login.token_ref as string);
    const seen = JSON.stringify([login, profile, qq.logs, emulator.frames()]);
    for (const secret of [kept?.accessToken, kept?.refreshToken, emulator.connect.appKey]) {
      expect(secret).toBeTruthy();
      expect(seen).not.toContain(secret);
    }
  });

  it("refuses a callback whose state is unknown, missing, used or too old", async () => {
    const emulator = await startTestEmulator();
    const qq = client(emulator);
    const callback = await qq.agree();
    const forged = new URL(callback);
    forged.searchParams.set("state", "forged");
    await expect(qq.run("oauth_exchange_code", { callback_url: forged.href })).rejects.toMatchObject({
      field: "state",
    });
    forged.searchParams.delete("state");
    await expect(qq.run("oauth_exchange_code", { callback_url: forged.href })).rejects.toMatchObject({
      field: "state",
    });
    await qq.run("oauth_exchange_code", { callback_url: callback });
    await expect(qq.run("oauth_exchange_code", { callback_url: callback })).rejects.toThrow(InputError);
  });

  it("takes errors of the authorize page in both spellings", async () => {
    const qq = client(await startTestEmulator());
    for (const query of ["error=100010&error_description=bad", "code=100010&msg=bad"]) {
      const callback_url = `http://127.0.0.1/callback?${query}&state=x`;
      await expect(qq.run("oauth_exchange_code", { callback_url })).rejects.toThrow("100010 bad");
    }
  });

  it("says what a used code means, with the remedy", async () => {
    const emulator = await startTestEmulator();
    const qq = client(emulator);
    const code = new URL(await qq.agree()).searchParams.get("code");
    const other = async () => ({ code, state: (await qq.run("oauth_authorize_url")).state });
    await qq.run("oauth_exchange_code", await other());
    await expect(qq.run("oauth_exchange_code", await other())).rejects.toMatchObject({
      qqCode: 100_020,
      retryable: false,
      remedy: expect.stringContaining("log in again"),
    });
  });

  it("tells a token of another app", async () => {
    const emulator = await startTestEmulator();
    const qq = client(emulator);
    const { access_token } = emulator.act({ action: "login_foreign_token", as: "alice", client_id: "999" });
    expect(await qq.run("oauth_me", { access_token })).toMatchObject({ client_id: "999", client_id_matches: false });
  });

  it("goes on without unionid where it is not enabled, and reads lifetimes as text", async () => {
    const emulator = await startTestEmulator();
    emulator.act({ action: "login_settings", unionid: false, expires_in_as_text: true, token_life_ms: 60_000 });
    const login = await client(emulator).logIn();
    expect(login).toMatchObject({ note: expect.stringContaining("unionid") });
    expect(login.unionid).toBeUndefined();
    expect(Date.parse(login.expires_at as string) - Date.now()).toBeLessThanOrEqual(60_000);
  });

  it("renews once for all who ask at the same time, over processes, with tokens that work", async () => {
    const emulator = await startTestEmulator();
    const first = client(emulator);
    const second = client(emulator, first.home);
    const { token_ref } = await first.logIn();
    const before = first.logins().find(token_ref as string);
    await Promise.all([first, first, second].map((each) => each.run("oauth_refresh", { token_ref })));
    const after = second.logins().find(token_ref as string);
    expect(after?.accessToken).not.toBe(before?.accessToken);
    const renewals = JSON.stringify(emulator.frames()).match(/"grant_type":"refresh_token"/g);
    expect(renewals).toHaveLength(1);
    expect(await second.run("oauth_me", { token_ref })).toMatchObject({ client_id_matches: true });
    await first.run("oauth_refresh", { token_ref });
  });

  it("asks for a new login when the person took the rights back, and drops the useless refresh token", async () => {
    const emulator = await startTestEmulator();
    const qq = client(emulator);
    const { token_ref } = await qq.logIn();
    emulator.act({ action: "login_revoke", as: "alice" });
    await expect(qq.run("oauth_user_info", { token_ref })).rejects.toMatchObject({ qqCode: 100_013 });
    await expect(qq.run("oauth_refresh", { token_ref })).rejects.toMatchObject({ qqCode: 100_022 });
    await expect(qq.run("oauth_refresh", { token_ref })).rejects.toThrow("no refresh token");
    expect(await qq.run("oauth_forget", { token_ref })).toEqual({ forgotten: true });
    await expect(qq.run("oauth_me", { token_ref })).rejects.toMatchObject({ field: "token_ref" });
  });

  it("keeps codes and foreign tokens out of the audit log", async () => {
    const emulator = await startTestEmulator();
    const rows: unknown[] = [];
    const operation = findOperation("oauth_exchange_code");
    const { fakeContext } = await import("../kit/fake-context.ts");
    const fake = fakeContext();
    if (!operation) throw new Error("no operation");
    const url = `${emulator.url}/?code=CODE-1234&state=STATE-1234`;
    await callOperation(operation, fake.context, { callback_url: url }).catch((error) => rows.push(error));
    expect(JSON.stringify(fake.audit)).not.toMatch(/CODE-1234|STATE-1234/);
    expect(fake.audit).toHaveLength(1);
  });

  it("says which setting is missing", async () => {
    const emulator = await startTestEmulator();
    const platform = openPlatform(loadConfig({ env: { QQ_SKILL_HOME: temporaryFolder() } }), silentLog);
    onTestFinished(() => platform.close());
    const context = platform.contextFor({ kind: "cli", grants: new Set(permissions), label: "test" });
    const operation = findOperation("oauth_authorize_url");
    if (!operation) throw new Error("no operation");
    const redirect_uri = `${emulator.url}/callback`;
    await expect(callOperation(operation, context, { redirect_uri })).rejects.toMatchObject({
      setting: "QQ_CONNECT_APP_ID",
    });
  });
});

describe("the emulator's QQ login", () => {
  const ask = async (emulator: TestEmulator, path: string, query: Record<string, string>) =>
    (await fetch(`${emulator.url}${path}?${new URLSearchParams(query)}`, { redirect: "manual" })).text();

  it("answers as form text and JSONP unless JSON is asked for", async () => {
    const emulator = await startTestEmulator();
    const { appId: client_id, appKey: client_secret } = emulator.connect;
    const redirect_uri = "http://127.0.0.1/callback";
    const login = `${emulator.url}/oauth2.0/authorize?response_type=code&client_id=${client_id}&redirect_uri=${redirect_uri}&state=s`;
    const back = emulator.act({ action: "login_allow", as: "bob", url: login }).callback_url as string;
    const code = new URL(back).searchParams.get("code") ?? "";
    const base = { client_id, client_secret, redirect_uri };
    const token = await ask(emulator, "/oauth2.0/token", { ...base, grant_type: "authorization_code", code });
    expect(token).toMatch(/^access_token=[0-9A-F]+&expires_in=5184000&refresh_token=[0-9A-F]+$/);
    const access_token = new URLSearchParams(token).get("access_token") ?? "";
    expect(await ask(emulator, "/oauth2.0/me", { access_token })).toMatch(/^callback\( \{"client_id".*\} \);$/);
    expect(await ask(emulator, "/oauth2.0/me", { access_token: "x" })).toContain('callback( {"error":100016');
    const again = { ...base, grant_type: "authorization_code", code };
    expect(await ask(emulator, "/oauth2.0/token", again)).toContain("100020");
  });

  it("shows people to choose from, escapes what it was given, and refuses foreign callbacks", async () => {
    const emulator = await startTestEmulator();
    const query = { response_type: "code", client_id: emulator.connect.appId, state: "s", scope: "<b>x" };
    const page = await ask(emulator, "/oauth2.0/authorize", { ...query, redirect_uri: "http://localhost/callback" });
    expect(page).toContain("小林");
    expect(page).not.toContain("<b>x");
    const link = /href="([^"]*user=alice)"/.exec(page)?.[1]?.replaceAll("&#38;", "&") ?? "";
    const sent = await fetch(`${emulator.url}${link}`, { redirect: "manual" });
    expect(sent.headers.get("location")).toMatch(/^http:\/\/localhost\/callback\?code=[0-9A-Z]{32}&state=s$/);
    const foreign = await ask(emulator, "/oauth2.0/authorize", { ...query, redirect_uri: "https://example.com/cb" });
    expect(foreign).toContain("100010");
  });
});
