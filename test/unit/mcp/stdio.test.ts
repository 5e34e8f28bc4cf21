import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Desk } from "../../../src/mcp/desk.ts";
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
}

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
    await settle();
    expect(replies().slice(1)).toEqual([
      { jsonrpc: "2.0", id: 3, result: { tools: [] } },
      { jsonrpc: "2.0", id: 4, result: { tools: [] } },
    ]);
    expect(seen.opened).toBe(1);
    stdin.end();
    await done;
  });

  it("answers what was asked together with the end of input", async () => {
    let finish: (value: typeof result) => void = () => {};
    const { say, replies, seen, stdin, done } = serve({ call: () => new Promise((resolve) => (finish = resolve)) });
    say(handshake, ready, call);
    stdin.end();
    await settle();
    await settle();
    expect(seen.isDone).toBe(false);
    finish(result);
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
    await settle();
    fixture.stdin.end();
    await settle();
    await fixture.clock.advance(400);
    await fixture.done;
    expect(signal?.aborted).toBe(true);
    expect(fixture.clock.pending).toBe(0);
  });

  it("ends when it is told to stop, and when the client is gone", async () => {
    let stop: () => void = () => {};
    const told = serve({}, new Promise<void>((resolve) => (stop = resolve)));
    stop();
    await told.done;
    const broken = serve();
    broken.stdout.destroy(new Error("EPIPE"));
    await broken.done;
    expect([told.seen.closed, broken.seen.closed]).toEqual([1, 1]);
  });

  it("lives on after a line that is not JSON and a method that does not exist", async () => {
    const { say, stdin, replies, done } = serve();
    stdin.write("this is not JSON\n");
    say(handshake, { jsonrpc: "2.0", id: 9, method: "server/discover" });
    await settle();
    expect(replies()).toHaveLength(2);
    expect(replies()).toContainEqual(expect.objectContaining({ id: 1, result: expect.anything() }));
    expect(replies()).toContainEqual(
      expect.objectContaining({ id: 9, error: expect.objectContaining({ code: -32601 }) }),
    );
    stdin.end();
    await done;
  });
});
