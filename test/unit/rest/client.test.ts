import { describe, expect, it } from "vitest";
import { ApiError, ConfigError, InputError, NetworkError, RateLimitError } from "../../../src/core/errors.ts";
import { createRestClient, type RestClientOptions } from "../../../src/rest/client.ts";
import type { RestRequest } from "../../../src/rest/request.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { countingTokens, networkFailure, run, scriptedFetch } from "./scripted-fetch.ts";

const send: RestRequest = {
  service: "bot",
  method: "POST",
  template: "/v2/groups/{group_openid}/messages",
  path: "/v2/groups/SECRETGROUP/messages",
  body: { content: "hi" },
};
const read: RestRequest = { service: "bot", method: "GET", template: "/users/@me", path: "/users/@me" };

function setUp(script: Parameters<typeof scriptedFetch>[0], more: Partial<RestClientOptions> = {}) {
  const clock = new FakeClock();
  const wire = scriptedFetch(script);
  const tokens = countingTokens();
  const client = createRestClient({
    services: { bot: { baseUrl: "https://api.test/", authorize: tokens } },
    ...{ fetch: wire.fetch, clock, userAgent: "qq-skill/test", random: () => 0.5, ...more },
  });
  const call = (request: RestRequest, signal?: AbortSignal) => run(clock, client.request(request, signal));
  return { clock, calls: wire.calls, tokens, client, call };
}

const failing = (status: number, body: unknown = {}, headers: Record<string, string> = {}) =>
  setUp(() => ({ status, body, headers }));

describe("a request", () => {
  it("has the base joined once, the query without gaps, the token and JSON", async () => {
    const { call, calls } = setUp(() => ({ body: { id: "1" }, headers: { "X-Tps-trace-ID": "t-1" } }));
    const { value } = await call({ ...send, query: { limit: 5, after: undefined, q: "a b" } });
    expect(calls[0]).toMatchObject({
      url: "https://api.test/v2/groups/SECRETGROUP/messages?limit=5&q=a+b",
      init: {
        method: "POST",
        body: '{"content":"hi"}',
        headers: { authorization: "QQBot token-1", "content-type": "application/json", "user-agent": "qq-skill/test" },
      },
    });
    expect(value).toEqual({ status: 200, data: { id: "1" }, traceId: "t-1", retried: false });
  });

  it.each([".", ".."])("never leaves its route for another one: an id %j is refused before the wire", async (id) => {
    const { call, calls } = setUp(() => ({}));
    const template = "/channels/{channel_id}/messages/{message_id}";
    const { error } = await call({ ...send, method: "DELETE", template, path: `/channels/1/messages/${id}` });
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ field: "message_id" });
    expect(calls).toEqual([]);
  });

  it("goes as a form without a content type of ours", async () => {
    const { call, calls } = setUp(() => ({}));
    const form = new FormData();
    await call({ ...send, form });
    expect(calls[0]?.init.body).toBe(form);
    expect(calls[0]?.init.headers).not.toHaveProperty("content-type");
  });

  it("uploads bytes as file_data with the type of the content", async () => {
    const { call, calls } = setUp(() => ({ body: { file_info: "F" } }));
    const bytes = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
    const template = "/v2/groups/{group_openid}/files";
    await call({ ...send, template, body: { srv_send_msg: false }, file: { name: "voice.mp3", bytes } });
    expect(JSON.parse(String(calls[0]?.init.body))).toEqual({
      ...{ srv_send_msg: false, file_name: "voice.mp3", file_type: 1 },
      file_data: Buffer.from(bytes).toString("base64"),
    });
    const { error } = await call({ ...send, template, body: { file_type: 1, url: "file:///etc/passwd" } });
    expect(error).toBeInstanceOf(InputError);
  });

  it("needs a configured service", async () => {
    const { call } = setUp(() => ({}));
    expect((await call({ ...read, service: "mini" })).error).toBeInstanceOf(ConfigError);
  });
});

describe("an answer", () => {
  it.each([
    ["nothing", "", undefined],
    ["a bare list", "[1]", [1]],
    ["code 0", '{"code":0,"message":"ok"}', { code: 0, message: "ok" }],
    ["a number beyond 2^53", '{"id":12345678901234567890}', { id: "12345678901234567890" }],
    ["plain text", "ok", "ok"],
  ])("may be %s", async (_, body, data) => {
    const { value } = await setUp(() => ({ body })).call(read);
    expect(value).toMatchObject({ status: 200 });
    expect(value?.data).toEqual(data);
  });

  it("is a result when the platform reviews the message first", async () => {
    const body = {
      code: 304023,
      message: "push message is waiting for audit now",
      data: { message_audit: { audit_id: "a" } },
    };
    const { value } = await setUp(() => ({ status: 202, body })).call(send);
    expect(value).toMatchObject({ status: 202, audit: { code: 304023, auditId: "a" } });
  });

  it("is an error in both envelopes, with our meaning, its words, the remedy and the trace id", async () => {
    const v2 = await failing(400, { err_code: 40034105, code: 1, message: "主动消息失败", trace_id: "tr" }).call(send);
    expect(v2.error).toBeInstanceOf(ApiError);
    expect(v2.error).toMatchObject({
      qqCode: 40034105,
      status: 400,
      traceId: "tr",
      method: "POST",
      path: send.template,
    });
    expect((v2.error as ApiError).message).toContain("主动消息失败");
    expect((v2.error as ApiError).remedy).toContain("reply to a message");
    const v1 = await failing(403, { code: 304003, message: "url not allowed" }, { "x-tps-trace-id": "h" }).call(send);
    expect(v1.error).toMatchObject({ qqCode: 304003, traceId: "h" });
  });

  it("says how many there may be where the platform tells", async () => {
    const { error } = await failing(400, { err_code: 40030013, message: "too many", limit: 20 }).call(read);
    expect(error).toMatchObject({ message: expect.stringContaining("limit 20") });
  });

  it("is an error although the status says 200", async () => {
    const { error } = await failing(200, { code: 304046, message: "no" }).call(send);
    expect(error).toMatchObject({ qqCode: 304046, status: 200 });
  });

  it("names the address when a web page answers", async () => {
    const page = await failing(200, "<html>welcome to the hotel</html>").call(send);
    expect(page.error).toMatchObject({ status: 200, remedy: expect.stringContaining("QQ_BOT_API_BASE") });
    const { error, tookMs } = await failing(502, "<html>bad gateway</html>").call(send);
    expect(error).toMatchObject({ status: 502, qqCode: undefined, retryable: true });
    expect(tookMs).toBe(0);
  });

  it("never puts ids or tokens into an error", async () => {
    const { error } = await failing(400, { code: 1, message: "bad header QQBot abcdef123456" }).call(send);
    expect(JSON.stringify([String(error), error])).not.toMatch(/SECRETGROUP|abcdef123456|token-1/);
  });
});

describe("the token", () => {
  it.each([
    [401, undefined],
    [401, 11244],
    [500, 11243],
    [400, 11241],
  ])("is renewed once after %i with code %s, also for calls that may not be repeated", async (status, code) => {
    const { call, calls, tokens } = setUp((count) => (count === 1 ? { status, body: { code } } : {}));
    const { value } = await call(send);
    expect(value).toMatchObject({ status: 200, retried: false });
    expect(tokens.renewed).toEqual(["token-1"]);
    expect(calls.map((made) => made.init.headers?.authorization)).toEqual(["QQBot token-1", "QQBot token-2"]);
  });

  it("is not renewed a second time", async () => {
    const { call, calls } = failing(401, { code: 11244 });
    expect((await call(read)).error).toMatchObject({ qqCode: 11244 });
    expect(calls).toHaveLength(2);
  });

  it("is not renewed for what a token cannot mend", async () => {
    const { call, tokens } = failing(401, { code: 11298, message: "接口访问源IP不在白名单" });
    expect((await call(read)).error).toMatchObject({ qqCode: 11298, remedy: expect.stringContaining("IP") });
    expect(tokens.renewed).toEqual([]);
  });

  it("is asked for again when that call fails for a moment", async () => {
    let asked = 0;
    const get = async () => {
      asked += 1;
      if (asked === 1) throw new NetworkError("no access token", { phase: "connect", attempts: 1 });
      return "t";
    };
    const authorize = { ...countingTokens(), get };
    const { call, calls } = setUp(() => ({}), { services: { bot: { baseUrl: "https://api.test", authorize } } });
    expect((await call(send)).value).toMatchObject({ status: 200 });
    expect([asked, calls.length]).toEqual([2, 1]);
  });
});

describe("trying again", () => {
  const repeatable = { ...send, repeatable: true };

  it("happens for reads and repeatable sends, three times, with growing waits", async () => {
    for (const request of [read, repeatable]) {
      const { call, calls } = setUp((count) => (count <= 3 ? networkFailure("ECONNRESET") : {}));
      const { value, tookMs } = await call(request);
      expect(value).toMatchObject({ status: 200, retried: true });
      expect(calls).toHaveLength(4);
      expect(tookMs).toBeGreaterThanOrEqual(150 + 300 + 600);
    }
  });

  it("ends after three more attempts with the number of attempts", async () => {
    const { call, calls } = failing(503);
    expect((await call(read)).error).toMatchObject({ status: 503 });
    expect(calls).toHaveLength(4);
    const dead = setUp(() => networkFailure("ECONNRESET"));
    expect((await dead.call(read)).error).toMatchObject({ phase: "response", attempts: 4 });
  });

  it("never follows an unknown outcome of a call that may not be repeated", async () => {
    const lost = setUp(() => networkFailure("UND_ERR_SOCKET"));
    expect((await lost.call(send)).error).toMatchObject({ phase: "response", attempts: 1 });
    const { call, calls } = failing(500, { code: 50055001 });
    await call(send);
    expect([lost.calls.length, calls.length]).toEqual([1, 1]);
  });

  it("always follows a connection that was never made", async () => {
    for (const code of ["ECONNREFUSED", "ENOTFOUND", "UND_ERR_CONNECT_TIMEOUT"]) {
      const { call, calls } = setUp((count) => (count === 1 ? networkFailure(code) : {}));
      expect((await call(send)).value).toMatchObject({ status: 200, retried: false });
      expect(calls).toHaveLength(2);
    }
  });

  it("keeps an earlier doubt when the last attempt could not connect", async () => {
    const { call } = setUp((count) => networkFailure(count === 1 ? "ECONNRESET" : "ECONNREFUSED"));
    expect((await call(repeatable)).error).toMatchObject({ phase: "response" });
  });

  it("marks a duplicate that speaks of its own earlier attempt", async () => {
    const twice = setUp((count) =>
      count === 1 ? networkFailure("ECONNRESET") : { status: 400, body: { err_code: 40054005 } },
    );
    expect((await twice.call(repeatable)).error).toMatchObject({ qqCode: 40054005, retried: true });
    const first = await failing(400, { err_code: 40054005 }).call(repeatable);
    expect(first.error).toMatchObject({ qqCode: 40054005, retried: false });
  });

  it("follows the platform's own advice to try once more, also for a send: its checks failed before it acted", async () => {
    const { call, calls } = failing(500, { code: 11242 });
    await call(send);
    expect(calls).toHaveLength(2);
  });

  it("does not follow a refusal that will stay", async () => {
    const { call, calls } = failing(400, { err_code: 40034006 });
    await call(repeatable);
    expect(calls).toHaveLength(1);
  });

  it("ends with the caller's abort, during a wait and during a call", async () => {
    const abort = new AbortController();
    const waiting = setUp(() => networkFailure("ECONNREFUSED"), { random: () => 0.999 });
    const call = waiting.call(read, abort.signal);
    abort.abort(new Error("enough"));
    expect((await call).error).toMatchObject({ message: "enough" });
    const later = new AbortController();
    const silent = setUp(() => "silence");
    const pending = silent.call(read, later.signal);
    later.abort(new Error("enough"));
    const { error, tookMs } = await pending;
    expect(error).toMatchObject({ message: "enough" });
    expect(tookMs).toBeLessThan(1_000);
    expect(silent.clock.pending).toBe(0);
  });
});

describe("no answer", () => {
  it("ends at the timeout and says that the send may have taken effect", async () => {
    const { call, clock } = setUp(() => "silence", { timeoutMs: 5_000 });
    const { error, tookMs } = await call(send);
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ phase: "response", message: expect.stringContaining("may have taken effect") });
    expect(tookMs).toBeLessThan(5_200);
    expect(clock.pending).toBe(0);
  });

  it("names host and setting when the host cannot be reached", async () => {
    const { error } = await setUp(() => networkFailure("ENOTFOUND")).call(read);
    expect(error).toMatchObject({
      ...{ phase: "connect", attempts: 4, message: expect.stringContaining("api.test") },
      remedy: expect.stringContaining("QQ_BOT_API_BASE"),
    });
  });

  it("is cut short by close()", async () => {
    const { call, client } = setUp(() => "silence");
    const pending = call(read);
    await client.close();
    expect(await pending).toMatchObject({ error: { phase: "response" } });
  });
});

describe("rate limits", () => {
  it("waits as long as a short 429 says, in seconds or by date, for everybody on that route", async () => {
    const clockStart = new FakeClock().now();
    for (const after of ["2", new Date(clockStart + 2_000).toUTCString()]) {
      const { call, calls, client } = setUp((count) =>
        count === 1 ? { status: 429, body: "<html>slow</html>", headers: { "Retry-After": after } } : {},
      );
      const first = call(send);
      const { value, tookMs } = await first;
      expect(value).toMatchObject({ status: 200 });
      expect(tookMs).toBeGreaterThanOrEqual(2_000);
      expect(tookMs).toBeLessThan(2_200);
      expect(calls).toHaveLength(2);
      await client.close();
    }
  });

  it("hands a long 429 back, and holds the next caller until then", async () => {
    const { call, clock } = setUp((count) => (count === 1 ? { status: 429, headers: { "retry-after": "30" } } : {}), {
      pacing: "off",
    });
    const { error } = await call(send);
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({
      retryAfterMs: 30_000,
      retryable: true,
      bucket: "POST /v2/groups/{group_openid}/messages",
    });
    expect((await call(send)).tookMs).toBeGreaterThanOrEqual(29_900);
    expect((await call(read)).tookMs).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it("is what a used-up quota is reported as, without another try", async () => {
    const { call, calls } = failing(400, { err_code: 40034100, message: "limit" });
    expect((await call({ ...send, repeatable: true })).error).toBeInstanceOf(RateLimitError);
    expect(calls).toHaveLength(1);
  });
});
