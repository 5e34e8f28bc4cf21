import { describe, expect, it } from "vitest";
import { ApiError, ConfigError, NetworkError, RateLimitError } from "../../../src/core/errors.ts";
import { createTokenSource, missingCredentials } from "../../../src/rest/token.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { networkFailure, type Reply, run, scriptedFetch } from "./scripted-fetch.ts";

function setUp(script: (count: number) => Reply | Error | "silence") {
  const clock = new FakeClock();
  const { fetch, calls } = scriptedFetch(script);
  const url = "https://api.test/app/getAppAccessToken";
  const source = createTokenSource({ url, appId: " 102 ", secret: "s3cr3t-value", fetch, clock });
  return { clock, calls, source, get: (signal?: AbortSignal) => run(clock, source.get(signal)) };
}

const granted = (count: number, expires: unknown = "7200"): Reply => ({
  body: { access_token: `token-${count}`, expires_in: expires },
});

describe("get", () => {
  it("asks once for all who wait, with the AppID trimmed", async () => {
    const { source, calls } = setUp((count) => granted(count));
    expect(await Promise.all([source.get(), source.get(), source.get()])).toEqual(["token-1", "token-1", "token-1"]);
    expect(await source.get()).toBe("token-1");
    expect(calls).toHaveLength(1);
    expect(JSON.parse(String(calls[0]?.init.body))).toEqual({ appId: "102", clientSecret: "s3cr3t-value" });
  });

  it.each(["7200", 7200])("keeps the token until 60 s of the life that was named (%j) remain", async (expires) => {
    const { clock, source } = setUp((count) => granted(count, expires));
    await source.get();
    await clock.advance(7_140_000 - 1);
    expect(await source.get()).toBe("token-1");
    await clock.advance(1);
    expect(await source.get()).toBe("token-2");
  });

  it("counts the remaining life, not the full one, and does not storm the platform near its end", async () => {
    const { clock, source, calls } = setUp((count) => granted(count < 3 ? 1 : 2, count < 3 ? "30" : "7200"));
    expect(await source.get()).toBe("token-1");
    for (let n = 0; n < 50; n++) await source.get();
    expect(calls).toHaveLength(1);
    await clock.advance(31_000);
    expect(source.status()).toMatchObject({ state: "expired" });
    await source.get();
    await clock.advance(6_000);
    expect(await source.get()).toBe("token-2");
  });

  it("asks anew after expires_in 0", async () => {
    const { source } = setUp((count) => granted(count, 0));
    expect([await source.get(), await source.get()]).toEqual(["token-1", "token-2"]);
  });

  it("answers with the old token while that still lives, and leaves the platform alone for a moment", async () => {
    const { clock, source, calls } = setUp((count) => (count === 1 ? granted(1) : networkFailure("ECONNRESET")));
    await source.get();
    await clock.advance(7_150_000);
    expect([await source.get(), await source.get()]).toEqual(["token-1", "token-1"]);
    expect(calls).toHaveLength(2);
    await clock.advance(60_000);
    await expect(source.get()).rejects.toBeInstanceOf(NetworkError);
  });

  it("lets one caller leave without disturbing the others", async () => {
    const { source, calls } = setUp((count) => granted(count));
    const abort = new AbortController();
    const leaving = source.get(abort.signal);
    const staying = source.get();
    abort.abort(new Error("left"));
    await expect(leaving).rejects.toThrow("left");
    expect(await staying).toBe("token-1");
    expect(calls).toHaveLength(1);
  });
});

describe("failures", () => {
  it.each([
    [100016, "QQ_BOT_APP_SECRET"],
    [100007, "QQ_BOT_APP_ID"],
    [10004, "QQ_BOT_APP_ID"],
  ])("explains %i although it comes with status 200", async (code, setting) => {
    const { get } = setUp(() => ({ body: { code, message: "invalid" }, headers: { "x-tps-trace-id": "t" } }));
    const { error } = await get();
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ qqCode: code, status: 200, traceId: "t", remedy: expect.stringContaining(setting) });
    expect(JSON.stringify([String(error), error])).not.toContain("s3cr3t-value");
  });

  it("waits after 100001 instead of asking again", async () => {
    const { clock, source, calls } = setUp((count) => (count === 1 ? { body: { code: 100001 } } : granted(count)));
    await expect(source.get()).rejects.toBeInstanceOf(RateLimitError);
    await expect(source.get()).rejects.toBeInstanceOf(RateLimitError);
    expect(calls).toHaveLength(1);
    await clock.advance(5_000);
    expect(await source.get()).toBe("token-2");
  });

  it.each<[string, Reply | Error | "silence"]>([
    ["silence", "silence"],
    ["a dead host", networkFailure("ENOTFOUND")],
    ["a page with 502", { status: 502, body: "<html></html>" }],
  ])("is a NetworkError of a call that was never sent after %s", async (_, reply) => {
    const { error, tookMs } = await setUp(() => reply).get();
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ phase: "connect", remedy: expect.stringContaining("QQ_BOT_TOKEN_URL") });
    expect(tookMs).toBeLessThan(10_200);
  });

  it("does not stick: the next call starts anew", async () => {
    const { source } = setUp((count) => (count === 1 ? networkFailure("ECONNRESET") : granted(count)));
    await expect(source.get()).rejects.toBeInstanceOf(NetworkError);
    expect(await source.get()).toBe("token-2");
  });
});

describe("renew", () => {
  it("replaces the refused token once, however many ask", async () => {
    const { source, calls } = setUp((count) => granted(count));
    const stale = await source.get();
    expect(await Promise.all([source.renew(stale), source.renew(stale)])).toEqual(["token-2", "token-2"]);
    expect(await source.renew(stale)).toBe("token-2");
    expect(calls).toHaveLength(2);
  });
});

describe("status", () => {
  it("tells life in seconds", async () => {
    const { clock, source } = setUp((count) => granted(count, "100"));
    expect(source.status()).toEqual({ state: "none" });
    await source.get();
    await clock.advance(40_000);
    expect(source.status()).toMatchObject({ state: "valid", remainingSeconds: 60 });
  });
});

describe("missingCredentials", () => {
  it("names what to set, at the first use only", async () => {
    const source = missingCredentials(["QQ_BOT_APP_SECRET"]);
    expect(source.status()).toEqual({ state: "none" });
    await expect(source.get()).rejects.toBeInstanceOf(ConfigError);
    await expect(source.get()).rejects.toMatchObject({
      setting: "QQ_BOT_APP_SECRET",
      remedy: expect.stringMatching(/QQ_BOT_APP_ID and QQ_BOT_APP_SECRET.*emulator/),
    });
  });
});
