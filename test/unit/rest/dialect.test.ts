import { describe, expect, it } from "vitest";
import { ApiError, NetworkError, type QQError } from "../../../src/core/errors.ts";
import { createRestClient } from "../../../src/rest/client.ts";
import { connectDialect, decodeLogin, miniDialect } from "../../../src/rest/dialect.ts";
import { createMiniTokenSource } from "../../../src/rest/mini-token.ts";
import type { RestClient } from "../../../src/rest/request.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { networkFailure, run, scriptedFetch } from "./scripted-fetch.ts";

const secret = "top-secret-key";
const path = "/oauth2.0/token";
const call = {
  ...({ service: "connect", method: "GET", template: path, path, repeatable: false } as const),
  query: { code: "CODE-123456" },
  credentials: ["client_id", "client_secret"],
};

function client(
  script: Parameters<typeof scriptedFetch>[0],
  appKey: { value: string | undefined } = { value: secret },
) {
  const { fetch, calls } = scriptedFetch(script);
  const clock = new FakeClock();
  const logs: unknown[] = [];
  const keep = (facts: object, text: string) => void logs.push(facts, text);
  const rest: RestClient = createRestClient({
    services: {
      connect: {
        baseUrl: "https://graph.test",
        dialect: connectDialect,
        setting: "QQ_CONNECT_BASE",
        credentials: {
          client_id: { value: "101", setting: "QQ_CONNECT_APP_ID" },
          client_secret: { ...appKey, setting: "QQ_CONNECT_APP_KEY" },
        },
      },
      mini: {
        baseUrl: "https://mini.test",
        dialect: miniDialect,
        authorize: createMiniTokenSource({ rest: () => rest, clock }),
        credentials: { appid: { value: "1", setting: "A" }, secret: { value: secret, setting: "B" } },
      },
    },
    ...{ fetch, clock, random: () => 0, log: { debug: keep, info: keep, warn: keep, error: keep } },
  });
  return { rest, calls, clock, logs };
}

describe("answers of QQ login", () => {
  it("are read as JSONP, with the trailing comma of the published sample, as form text and as JSON", () => {
    expect(decodeLogin('callback( {"error":100016,"error_description":"failed", } );\n')).toMatchObject({
      error: 100_016,
    });
    expect(decodeLogin("access_token=A&expires_in=7776000&refresh_token=B")).toEqual({
      ...{ access_token: "A", expires_in: "7776000", refresh_token: "B" },
    });
    expect(decodeLogin('{"openid":"O"}')).toEqual({ openid: "O" });
    expect(decodeLogin("")).toBeUndefined();
    expect(decodeLogin("alert(document)")).toBe("document");
    expect(decodeLogin("<html>login</html>")).toBe("<html>login</html>");
  });

  it("are failures with status 200 when they carry error or ret", async () => {
    for (const body of ['callback( {"error":100020,"error_description":"code is reused error"} );', { ret: 100_020 }]) {
      const { rest, clock } = client(() => ({ body }));
      const { error } = await run(clock, rest.request(call));
      expect(error).toBeInstanceOf(ApiError);
      expect(error).toMatchObject({ qqCode: 100_020, service: "connect", retryable: false });
    }
  });

  it("never become a success when they are a page, a list or nothing", async () => {
    for (const body of ["<html>", [1], ""]) {
      const { rest, clock } = client(() => ({ body }));
      expect((await run(clock, rest.request(call))).error).toBeInstanceOf(ApiError);
    }
  });
});

describe("credentials in the query", () => {
  it("go out, and never into errors and logs, even when the platform quotes them", async () => {
    const quoted = { error: 100_009, error_description: `wrong ${secret} for CODE-123456` };
    const { rest, calls, clock, logs } = client(() => ({ body: quoted }));
    const { error } = await run(clock, rest.request(call));
    expect(calls[0]?.url).toContain(`client_secret=${secret}`);
    const text = JSON.stringify([String(error), { ...(error as QQError) }, logs]);
    expect(text).not.toContain(secret);
    expect(text).not.toContain("CODE-123456");
  });

  it("are refused by name of their setting when one is missing", async () => {
    const { rest, calls } = client(() => ({ body: {} }), { value: undefined });
    await expect(rest.request(call)).rejects.toMatchObject({ setting: "QQ_CONNECT_APP_KEY" });
    expect(calls).toHaveLength(0);
  });

  it("are not sent twice after an answer that never came: a code works once", async () => {
    const { rest, calls, clock } = client(() => networkFailure("ECONNRESET"));
    const { error } = await run(clock, rest.request(call));
    expect(error).toBeInstanceOf(NetworkError);
    expect(String(error)).not.toContain(secret);
    expect(calls).toHaveLength(1);
  });
});

describe("the mini program's calls", () => {
  const check = {
    ...({ service: "mini", method: "POST", template: "/check", path: "/check", repeatable: true } as const),
    body: {},
  };

  it("carry the token in the query, and are repeated once with a new one", async () => {
    let tokens = 0;
    const { rest, calls, clock } = client((_count, { url }) => {
      if (url.includes("getToken")) return { body: { access_token: `token-${++tokens}`, expires_in: 7200 } };
      return { body: url.includes("token-1") ? { errcode: 40_014, errmsg: "expired" } : { errCode: 0, errMsg: "ok" } };
    });
    expect((await run(clock, rest.request(check))).value).toMatchObject({ data: { errCode: 0 } });
    expect(calls.map(({ url }) => url.replace("https://mini.test", "").replace(/&secret=[^&]*/, ""))).toEqual([
      "/api/getToken?grant_type=client_credential&appid=1",
      "/check?access_token=token-1",
      "/api/getToken?grant_type=client_credential&appid=1",
      "/check?access_token=token-2",
    ]);
  });

  it("share one token call and renew it five minutes before its end", async () => {
    const { rest, calls, clock } = client((_count, { url }) => ({
      body: url.includes("getToken") ? { access_token: "token-x", expires_in: 7200 } : { errcode: 0 },
    }));
    const asked = () => calls.filter(({ url }) => url.includes("getToken")).length;
    await run(clock, Promise.all([rest.request(check), rest.request(check)]));
    expect(asked()).toBe(1);
    await clock.advance(6_899_000);
    await run(clock, rest.request(check));
    expect(asked()).toBe(1);
    await clock.advance(1_000);
    await run(clock, rest.request(check));
    expect(asked()).toBe(2);
  });

  it("tell a refusal in either spelling", async () => {
    for (const body of [
      { errcode: 87_014, errmsg: "risky" },
      { errCode: 87_014, errMsg: "risky" },
    ]) {
      const { rest, clock } = client((_count, { url }) => ({
        body: url.includes("getToken") ? { access_token: "token-x", expires_in: 7200 } : body,
      }));
      expect((await run(clock, rest.request(check))).error).toMatchObject({ qqCode: 87_014 });
    }
  });
});
