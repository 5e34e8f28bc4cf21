import { once } from "node:events";
import { PassThrough } from "node:stream";
import { LATEST_PROTOCOL_VERSION, SUPPORTED_PROTOCOL_VERSIONS } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, it, vi } from "vitest";
import type { Desk } from "../../../src/mcp/desk.ts";
import { protocolVersions } from "../../../src/mcp/greeting.ts";
import { createSession, stdioTransport } from "../../../src/mcp/session.ts";
import { serveStdio } from "../../../src/mcp/stdio.ts";
import { FakeClock, settle } from "../../kit/fake-clock.ts";

const handshake = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } },
};
const ready = { jsonrpc: "2.0", method: "notifications/initialized" };
const call = { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "qq_x", arguments: {} } };

interface Reply {
  id?: number;
  result?: Record<string, unknown>;
  error?: { code: number };
}

/** The SDK is loaded while these run: what comes is waited for, on the real clock. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 5 });

function serve(desk: Partial<Desk> = {}, stopped?: Promise<unknown>) {
  const [stdin, stdout, clock] = [new PassThrough(), new PassThrough(), new FakeClock()];
  let written = "";
  stdout.on("data", (chunk: Buffer) => {
    written += chunk.toString();
  });
  const seen = { opened: 0, closed: 0, isDone: false };
  const whole: Desk = { tools: () => [], call: async () => undefined, ...desk };
  const done = serveStdio({
    version: "1",
    open: async () => {
      seen.opened++;
      return whole;
    },
    ...{ stdin, stdout, clock },
    onClose: async () => {
      seen.closed++;
    },
    ...(stopped === undefined ? {} : { stopped }),
  }).then(() => {
    seen.isDone = true;
  });
  return {
    ...{ stdin, stdout, clock, seen, done },
    say: (...messages: object[]) => stdin.write(messages.map((message) => `${JSON.stringify(message)}\n`).join("")),
    replies: () =>
      written
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Reply),
  };
}

const result = { content: [{ type: "text" as const, text: "done" }], structuredContent: {} };

describe("the stdio server", () => {
  it("answers the handshake before the table is opened, then opens it once", async () => {
    const { say, replies, seen, stdin, done } = serve();
    say(handshake);
    await settle();
    expect(replies()[0]?.result).toMatchObject({ serverInfo: { name: "qq-skill" }, capabilities: { tools: {} } });
    expect(seen.opened).toBe(0);
    say(ready, { jsonrpc: "2.0", id: 3, method: "tools/list" }, { jsonrpc: "2.0", id: 4, method: "tools/list" });
    await until(() => expect(replies()).toHaveLength(3));
    expect(replies().slice(1)).toEqual([
      { jsonrpc: "2.0", id: 3, result: { tools: [] } },
      { jsonrpc: "2.0", id: 4, result: { tools: [] } },
    ]);
    expect(seen.opened).toBe(1);
    stdin.end();
    await done;
  });

  it("answers what was asked together with the end of input", async () => {
    let finish: ((value: typeof result) => void) | undefined;
    const { say, replies, seen, stdin, done } = serve({
      call: () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    });
    say(handshake, ready, call);
    stdin.end();
    await until(() => expect(finish).toBeDefined());
    await settle();
    expect(seen.isDone).toBe(false);
    finish?.(result);
    await done;
    expect(replies().at(-1)).toMatchObject({ id: 2, result: { content: result.content } });
    expect(seen.closed).toBe(1);
  });

  it("does not wait for calls that go on: it aborts them and ends", async () => {
    let signal: AbortSignal | undefined;
    const fixture = serve({
      call: (asked) => {
        signal = asked.signal;
        return new Promise(() => {});
      },
    });
    fixture.say(handshake, ready, call);
    await until(() => expect(signal).toBeDefined());
    fixture.stdin.end();
    await settle();
    await fixture.clock.advance(400);
    await fixture.done;
    expect(signal?.aborted).toBe(true);
    expect(fixture.clock.pending).toBe(0);
  });

  it("ends when it is told to stop, when the client is gone, and when nobody ever spoke", async () => {
    const told = Promise.withResolvers<void>();
    const stopped = serve({}, told.promise);
    stopped.say(handshake);
    await settle();
    told.resolve();
    const broken = serve();
    broken.stdout.destroy(new Error("EPIPE"));
    const silent = serve();
    silent.stdin.end();
    silent.stdin.resume();
    await Promise.all([stopped.done, broken.done, silent.done]);
    expect([stopped, broken, silent].map(({ seen }) => seen.closed)).toEqual([1, 1, 1]);
  });

  it("lives on after a line that is not JSON and a method that does not exist", async () => {
    const { say, stdin, replies, done } = serve();
    stdin.write("this is not JSON\n");
    say(handshake, { jsonrpc: "2.0", id: 9, method: "server/discover" });
    await until(() => expect(replies()).toHaveLength(2));
    expect(replies()).toContainEqual(expect.objectContaining({ id: 1, result: expect.anything() }));
    expect(replies()).toContainEqual(
      expect.objectContaining({ id: 9, error: expect.objectContaining({ code: -32601 }) }),
    );
    stdin.end();
    await done;
  });
});

describe("the greeting", () => {
  /** What the SDK itself says, without a greeting before it. */
  async function sdkAnswer(message: object): Promise<Reply> {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const session = createSession({ version: "1", open: () => ({ tools: () => [], call: async () => undefined }) });
    await session.connect(stdioTransport({ stdin, stdout }));
    stdin.write(`${JSON.stringify(message)}\n`);
    const [chunk] = (await once(stdout, "data")) as [Buffer];
    await session.close();
    return JSON.parse(chunk.toString()) as Reply;
  }

  it("knows the revisions that the SDK speaks", () => {
    expect([...protocolVersions]).toEqual(SUPPORTED_PROTOCOL_VERSIONS);
    expect(protocolVersions[0]).toBe(LATEST_PROTOCOL_VERSION);
  });

  it.each([...protocolVersions, "2026-07-28", ""])(
    "says what the SDK says, for revision %j",
    async (protocolVersion) => {
      const message = { ...handshake, id: "one", params: { ...handshake.params, protocolVersion } };
      const { say, replies, stdin, done } = serve();
      say(message, ready, { jsonrpc: "2.0", id: 5, method: "ping" });
      await until(() => expect(replies()).toHaveLength(2));
      expect(replies()[0]).toEqual(await sdkAnswer(message));
      expect(replies()[1]).toMatchObject({ id: 5, result: {} });
      stdin.end();
      await done;
    },
  );

  it.each([
    { ...handshake, params: {} },
    { ...handshake, params: { ...handshake.params, clientInfo: { name: "c" } } },
    { ...handshake, params: { ...handshake.params, protocolVersion: 3 } },
    { jsonrpc: "2.0", id: 1, method: "ping" },
  ])("leaves what is no proper handshake to the SDK: %j", async (message) => {
    const { say, replies, stdin, done } = serve();
    say(message);
    await until(() => expect(replies()).toHaveLength(1));
    expect(replies()[0]).toEqual(await sdkAnswer(message));
    stdin.end();
    await done;
  });

  it("understands a handshake that comes in pieces, even inside a character", async () => {
    const { stdin, replies, done } = serve();
    const line = `${JSON.stringify({ ...handshake, params: { ...handshake.params, clientInfo: { name: "助手", version: "1" } } })}\r\n`;
    const bytes = Buffer.from(line);
    const cut = bytes.indexOf(Buffer.from("助")) + 1;
    stdin.write(bytes.subarray(0, cut));
    await settle();
    expect(replies()).toEqual([]);
    stdin.write(bytes.subarray(cut));
    await settle();
    expect(replies()).toHaveLength(1);
    stdin.end();
    await done;
    expect(replies()).toHaveLength(1);
  });
});
