import { request } from "node:http";
import { connect } from "node:net";
import { describe, expect, it, vi } from "vitest";
import type { DeskCall } from "../../../src/mcp/desk.ts";
import { settle } from "../../kit/fake-clock.ts";
import { framesOf, hello, RawClient, startHttp } from "../../kit/mcp-http.ts";

const done = (text: string) => ({ content: [{ type: "text" as const, text }], structuredContent: { text } });
const token = "a-token-of-many-characters";
const list = { jsonrpc: "2.0", id: 7, method: "tools/list" };

/** `fetch` does not let a caller choose the Host header. */
function statusWith(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const usual = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const sent = request(url, { method: "POST", headers: { ...usual, ...headers } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.once("error", reject);
    sent.end(JSON.stringify(hello));
  });
}

/** Calls that are answered when the test says so. */
function heldCalls() {
  const held = new Map<string, { answer(): void; call: DeskCall }>();
  return {
    held,
    desk: {
      call: (call: DeskCall) =>
        new Promise<ReturnType<typeof done>>((resolve) => {
          const name = String((call.input as { name?: string }).name);
          held.set(name, { call, answer: () => resolve(done(name)) });
        }),
    },
  };
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 5 });

describe("several clients", () => {
  it("each get their own answers, whatever the ids and the order", async () => {
    const { held, desk } = heldCalls();
    const { client } = await startHttp(desk);
    const [first, second] = [await client().connect(), await client().connect()];
    expect(first.session).not.toBe(second.session);
    const asked = [first.call(5, "qq_x", { name: "first" }), second.call(5, "qq_x", { name: "second" })];
    await until(() => expect(held.size).toBe(2));
    held.get("second")?.answer();
    held.get("first")?.answer();
    const answers = await Promise.all(asked);
    expect(answers.map((frames) => frames.map(({ data }) => data.result?.structuredContent))).toEqual([
      [{ text: "first" }],
      [{ text: "second" }],
    ]);
  });

  it("get progress and cancellation of their own calls only", async () => {
    const { held, desk } = heldCalls();
    const { client, clock } = await startHttp(desk);
    const [first, second] = [await client().connect(), await client().connect()];
    const ofFirst = first.call(5, "qq_x", { name: "first" });
    const ofSecond = second.call(5, "qq_x", { name: "second" });
    await until(() => expect(held.size).toBe(2));
    await clock.advance(10_000);
    const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 5 } };
    expect((await first.post(cancel)).status).toBe(202);
    await until(() => expect(held.get("first")?.call.signal.aborted).toBe(true));
    expect(held.get("second")?.call.signal.aborted).toBe(false);
    held.get("second")?.answer();
    const frames = await ofSecond;
    expect(frames.map(({ data }) => data.method ?? data.id)).toEqual(["notifications/progress", 5]);
    await first.send({ method: "DELETE" });
    expect((await ofFirst).map(({ data }) => data.method ?? data.id)).toEqual(["notifications/progress"]);
  });

  it("are a bounded number; one that was quiet makes room, one that listens does not", async () => {
    const { client, clock } = await startHttp({}, { limits: { sessions: 2 } });
    const [quiet, listening] = [await client().connect(), await client().connect()];
    const stream = await listening.send({ method: "GET" }, { accept: "text/event-stream" });
    expect((await client().post(hello)).status).toBe(503);
    await clock.advance(60_000);
    const late = await client().connect();
    expect((await quiet.post(list)).status).toBe(404);
    expect((await listening.post(list)).status).toBe(200);
    await late.send({ method: "DELETE" });
    await stream.body?.cancel();
  });

  it("expire when they are gone for half an hour, not while they listen", async () => {
    const { client, clock } = await startHttp();
    const [gone, listening] = [await client().connect(), await client().connect()];
    const stream = await listening.send({ method: "GET" }, { accept: "text/event-stream" });
    await clock.advance(29 * 60_000);
    expect((await gone.post(list)).status).toBe(200);
    await clock.advance(32 * 60_000);
    expect((await gone.post(list)).status).toBe(404);
    expect((await listening.post(list)).status).toBe(200);
    await stream.body?.cancel();
  });
});

describe("a session", () => {
  it("begins with a handshake and ends with DELETE", async () => {
    const { client } = await startHttp();
    const one = await client().connect();
    expect((await one.send({ method: "DELETE" })).status).toBe(200);
    const { status, text } = await one.post(list);
    expect({ status, code: JSON.parse(text).error.code }).toEqual({ status: 404, code: -32001 });
    expect((await client().post(list)).status).toBe(400);
    expect((await client().send({ method: "GET" })).status).toBe(400);
    expect((await one.send({ method: "PUT" })).status).toBe(404);
    const elsewhere = new RawClient(one.url.replace("/mcp", "/other"));
    expect((await elsewhere.post(hello)).status).toBe(404);
  });

  it.each([
    ["", 400],
    ["[]", 400],
    ["{", 400],
    [JSON.stringify({ jsonrpc: "1.0", id: 1, method: "ping" }), 400],
    [JSON.stringify([hello, hello]), 400],
    ["x".repeat(4 * 1024 * 1024 + 1), 413],
  ])("refuses a body like %.30s and lives on", async (body, status) => {
    const { client } = await startHttp();
    const one = await client().connect();
    expect((await one.post(body)).status).toBe(body === "[]" ? 202 : status);
    expect((await one.post(list)).status).toBe(200);
    if (body !== "[]") expect((await client().post(body)).status).toBe(status);
  });

  it("stops reading a body of unknown length at the limit", async () => {
    const { client } = await startHttp({}, { limits: { bodyBytes: 1_000 } });
    const one = await client().connect();
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode(" ".repeat(500)));
      },
    });
    const response = await one.send({ method: "POST", body, duplex: "half" } as RequestInit).catch(() => undefined);
    // Refused while it still sends: some clients see the answer, some only the closed connection.
    expect(response?.status ?? 413).toBe(413);
    expect((await one.post(list)).status).toBe(200);
  });
});

describe("resumption", () => {
  async function broken() {
    const { held, desk } = heldCalls();
    const fixture = await startHttp(desk);
    const one = await fixture.client().connect();
    const abort = new AbortController();
    const message = { jsonrpc: "2.0", id: 9, method: "tools/call", params: { name: "qq_x", arguments: { name: "x" } } };
    const response = await one.send({ method: "POST", body: JSON.stringify(message), signal: abort.signal });
    const reader = response.body?.getReader();
    const primer = new TextDecoder().decode((await reader?.read())?.value);
    await until(() => expect(held.size).toBe(1));
    abort.abort();
    await reader?.closed.catch(() => {});
    return { ...fixture, one, held, primer, id: /^id: (.+)$/m.exec(primer)?.[1] ?? "" };
  }
  const resume = (client: RawClient, id: string) =>
    client.send({ method: "GET" }, { accept: "text/event-stream", "last-event-id": id });

  it("gives an answer to who lost the connection meanwhile", async () => {
    const { one, held, primer, id } = await broken();
    expect(primer).toMatch(/^retry: 1000$/m);
    expect(held.get("x")?.call.signal.aborted).toBe(false);
    held.get("x")?.answer();
    await settle();
    const response = await resume(one, id);
    const reader = response.body?.getReader();
    const [frame] = framesOf(new TextDecoder().decode((await reader?.read())?.value));
    expect(frame?.data).toMatchObject({ id: 9, result: { structuredContent: { text: "x" } } });
    await reader?.cancel();
  });

  it("gives nothing to another client, nor for an event that never was", async () => {
    const { one, client, held, id } = await broken();
    held.get("x")?.answer();
    const other = await client().connect();
    expect((await resume(other, id)).status).toBe(400);
    expect((await resume(one, "1")).status).toBe(400);
  });
});

describe("who may come in", () => {
  it.each([
    [{ host: "evil.example" }, 403],
    [{ host: "evil.example:80", origin: "http://evil.example:80" }, 403],
    [{ host: "127.0.0.1.evil.example" }, 403],
    [{ origin: "https://evil.example" }, 403],
    [{ origin: "null" }, 403],
    [{ origin: "file://" }, 403],
    [{ host: "localhost:1234" }, 200],
    [{ host: "[::1]" }, 200],
    [{ origin: "http://localhost:5173" }, 200],
    [{ origin: "http://127.0.0.1" }, 200],
  ])("on loopback: %j is answered with %i", async (headers, status) => {
    const { server } = await startHttp();
    expect(await statusWith(server.url, headers)).toBe(status);
  });

  it("off loopback: nobody without the token, and only pages of the same name", async () => {
    await expect(startHttp({}, { host: "0.0.0.0" })).rejects.toThrow(/QQ_MCP_TOKEN is not set/);
    const { server } = await startHttp({}, { host: "0.0.0.0", token });
    const authorization = `Bearer ${token}`;
    const url = server.url.replace("0.0.0.0", "127.0.0.1");
    expect(await statusWith(url, {})).toBe(401);
    expect(await statusWith(url, { authorization, host: "mcp.example" })).toBe(200);
    expect(await statusWith(url, { authorization, host: "mcp.example", origin: "https://mcp.example" })).toBe(200);
    expect(await statusWith(url, { authorization, host: "mcp.example", origin: "https://evil.example" })).toBe(403);
  });

  it("a token that is set is asked for at every request, also inside a session", async () => {
    const { client } = await startHttp({}, { token });
    const one = await client({ authorization: `bearer ${token}` }).connect();
    for (const authorization of ["", "Bearer", `Bearer ${token}x`, `Basic ${token}`, token]) {
      const refused = await one.post(list, { authorization });
      expect(refused.status, authorization).toBe(401);
      expect(refused.headers.get("www-authenticate")).toBe("Bearer");
      expect(refused.text).not.toContain(token);
    }
    expect((await one.post(list)).status).toBe(200);
  });

  it("too many requests of one client are told to wait; others are not touched", async () => {
    const limits = { ofSession: { burst: 5, perSecond: 1 }, ofAddress: { burst: 3, perSecond: 1 } };
    const { client, clock } = await startHttp({}, { limits });
    const [busy, calm] = [await client().connect(), await client().connect()];
    const statuses: number[] = [];
    for (let at = 0; at < 6; at++) statuses.push((await busy.post(list)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 429, 429]);
    expect((await busy.post(list)).headers.get("retry-after")).toBe("1");
    expect((await calm.post(list)).status).toBe(200);
    expect((await client().post(hello)).status).toBe(200);
    expect((await client().post(hello)).status).toBe(429);
    await clock.advance(1_000);
    expect((await busy.post(list)).status).toBe(200);
    expect((await client().post(hello)).status).toBe(200);
  });

  it("a connection that never finishes its request is closed", async () => {
    const { server } = await startHttp({}, { limits: { headersMs: 50 } });
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.write("POST /mcp HTTP/1.1\r\nHost: 127");
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
  });

  it("an address that is taken, or not of this machine, is told", async () => {
    const { server } = await startHttp();
    const port = Number(new URL(server.url).port);
    await expect(startHttp({}, { port })).rejects.toThrow(/cannot listen on 127.0.0.1:\d+ \(EADDRINUSE\)/);
    await expect(startHttp({}, { host: "192.0.2.1", token })).rejects.toThrow(/EADDRNOTAVAIL/);
  });
});

describe("the end", () => {
  it("gives running calls a moment, then ends every stream, and takes nobody new", async () => {
    const { held, desk } = heldCalls();
    const { client, server, clock } = await startHttp(desk);
    const one = await client().connect();
    const listening = await one.send({ method: "GET" }, { accept: "text/event-stream" });
    const [soon, never] = [one.call(2, "qq_x", { name: "soon" }), one.call(3, "qq_x", { name: "never" })];
    await until(() => expect(held.size).toBe(2));
    const closing = server.close();
    held.get("soon")?.answer();
    expect((await soon).at(-1)?.data.result?.structuredContent).toEqual({ text: "soon" });
    await expect(one.post(list)).rejects.toThrow();
    await clock.advance(200);
    expect(await never).toEqual([]);
    expect(await listening.text()).toBe("");
    await closing;
    expect(held.get("never")?.call.signal.aborted).toBe(true);
  });
});
