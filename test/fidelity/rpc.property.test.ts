import { once } from "node:events";
import { connect } from "node:net";
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { createDesk, type Desk } from "../../src/mcp/desk.ts";
import { createSession } from "../../src/mcp/session.ts";
import { serveStdio } from "../../src/mcp/stdio.ts";
import { catalogue } from "../../src/operations/catalogue.ts";
import { fakeContext } from "../kit/fake-context.ts";
import { hello, type RawClient, startHttp } from "../kit/mcp-http.ts";

const seed = 20_261_124;
const secret = "only-for-the-other-client";

/** The real table; one held call of the other client will end in its secret. */
function deskWithSecret(): { desk: Desk; failures: object[] } {
  const { context, warnings } = fakeContext({ respond: () => ({ id: "1", username: secret }) });
  const contextFor = () => context;
  return { desk: createDesk({ operations: catalogue, contextFor, log: context.log }), failures: warnings };
}

const methods = [
  "initialize",
  "ping",
  "tools/list",
  "tools/call",
  "resources/read",
  "prompts/get",
  "completion/complete",
  "logging/setLevel",
  "skills/get",
  "notifications/initialized",
  "notifications/cancelled",
  "notifications/progress",
  "__proto__",
];
const json = fc.jsonValue({ maxDepth: 4 });
const id = fc.oneof(fc.constantFrom(0, -1, 1.5, 1e308, "", "1", null), fc.integer(), json);
const names = fc.constantFrom("qq_find_operations", "qq_call_operation", "qq_wait_events", "qq_x", "constructor", "");
const params = fc.oneof(
  json,
  fc.record({ name: names, arguments: fc.oneof(json, fc.dictionary(fc.constantFrom("query", "name", "input"), json)) }),
  fc.record({ uri: fc.oneof(fc.string(), fc.constantFrom("qq://bot", "qq://", "skill://../../etc/passwd")) }),
  fc.record({ requestId: id, _meta: json }),
  fc.constant(hello.params),
);
const message = fc.record(
  {
    jsonrpc: fc.constantFrom("2.0", "1.0", 2, null),
    id,
    method: fc.oneof(fc.constantFrom(...methods), fc.string(), json),
    params,
    result: json,
    error: json,
  },
  { requiredKeys: [], noNullPrototype: true },
);
const wellFormed = fc.record(
  { jsonrpc: fc.constant("2.0"), id: fc.oneof(fc.nat(), fc.string()), method: fc.constantFrom(...methods), params },
  { requiredKeys: ["jsonrpc", "id", "method"], noNullPrototype: true },
);
const text = fc.oneof(
  message.map((one) => JSON.stringify(one)),
  wellFormed.map((one) => JSON.stringify(one)),
  fc.array(fc.oneof(wellFormed, message, json), { maxLength: 4 }).map((many) => JSON.stringify(many)),
  // Cut, doubled or with another character in it.
  fc.tuple(wellFormed, fc.nat(), fc.string()).map(([one, at, other]) => {
    const whole = JSON.stringify(one);
    return whole.slice(0, at % whole.length) + other + whole.slice((at + 1) % whole.length);
  }),
  fc.string({ unit: "binary" }),
);
const bytes = fc.oneof(
  text.map((one) => Buffer.from(one)),
  fc.uint8Array({ maxLength: 400 }).map((one) => Buffer.from(one)),
);

function stdioServer(desk: Desk) {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  let written = "";
  stdout.on("data", (chunk: Buffer) => {
    written += chunk.toString();
  });
  const served = serveStdio({ version: "1", open: () => desk, stdin, stdout });
  return {
    stdin,
    written: () => written,
    async ping(name: string) {
      stdin.write(`\n${JSON.stringify({ jsonrpc: "2.0", id: name, method: "ping" })}\n`);
      await vi.waitFor(() => expect(written).toContain(`"id":"${name}"`), { timeout: 2_000, interval: 1 });
    },
    async end() {
      stdin.end();
      await served;
    },
  };
}

it("over stdio, any bytes end in protocol lines or silence, and the server lives on", async () => {
  const { desk, failures } = deskWithSecret();
  const server = stdioServer(desk);
  server.stdin.write(`${JSON.stringify(hello)}\n`);
  let count = 0;
  await fc.assert(
    fc.asyncProperty(bytes, async (input) => {
      server.stdin.write(input);
      await server.ping(`ping ${count++}`);
    }),
    { seed, numRuns: 1_000 },
  );
  await server.end();
  const lines = server.written().trimEnd().split("\n");
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ jsonrpc: "2.0" });
  expect(lines.filter((line) => line.includes('"error"')).length).toBeGreaterThan(100);
  expect(failures).toEqual([]);
});

it("over stdio, any first bytes leave a server that a proper client can still begin with", async () => {
  const { desk } = deskWithSecret();
  await fc.assert(
    fc.asyncProperty(bytes, async (input) => {
      const server = stdioServer(desk);
      server.stdin.write(input);
      server.stdin.write(`\n${JSON.stringify({ ...hello, id: "hello" })}\n`);
      await server.ping("ping");
      expect(server.written()).toContain('"id":"hello"');
      await server.end();
    }),
    { seed, numRuns: 60 },
  );
});

const header = fc.string({ unit: "grapheme-ascii", maxLength: 40 });
const heads = fc.record(
  {
    "mcp-session-id": fc.oneof(header, fc.uuid()),
    "mcp-protocol-version": fc.oneof(header, fc.constant("2025-06-18")),
    "last-event-id": header,
    accept: fc.oneof(header, fc.constant("text/event-stream")),
    "content-type": fc.oneof(header, fc.constant("application/json; charset=utf-16")),
    authorization: header,
    origin: fc.oneof(header, fc.webUrl()),
  },
  { requiredKeys: [], noNullPrototype: true },
);

it("over HTTP, any request ends in an answer below 500, shows nothing of another client, and hurts nobody", async () => {
  const { desk, failures } = deskWithSecret();
  const plenty = { burst: 1e6, perSecond: 1e6 };
  const limits = { ofSession: plenty, ofAddress: plenty, sessions: 5_000 };
  const { server, client } = await startHttp(desk, {
    limits,
    open: () => createSession({ version: "1", open: () => desk }),
  });
  const other = await client().connect();
  let own: RawClient | undefined;
  const status: Record<string, number> = {};
  const request = fc.record({
    method: fc.constantFrom("POST", "POST", "POST", "GET", "DELETE", "PUT"),
    body: bytes,
    heads,
  });
  await fc.assert(
    fc.asyncProperty(request, fc.boolean(), async ({ method, body, heads }, isOwn) => {
      own ??= await client().connect();
      const sent = isOwn ? own : client();
      const abort = new AbortController();
      const init = { method, signal: abort.signal, ...(method === "POST" ? { body } : {}) };
      const response = await sent.send(init, isOwn ? { "content-type": "application/json" } : heads);
      expect(response.status).toBeLessThan(500);
      status[response.status] = (status[response.status] ?? 0) + 1;
      // A stream that only listens, or waits for an event, ends when we hang up.
      const said = method === "POST" ? await Promise.race([response.text(), after(30)]) : "";
      abort.abort();
      expect(said).not.toContain(secret);
      if (isOwn && method === "DELETE") own = undefined;
    }),
    { seed, numRuns: 800 },
  );
  const frames = await other.call(1, "qq_get_bot_profile");
  expect(JSON.stringify(frames)).toContain(secret);
  expect(Object.keys(status)).toEqual(expect.arrayContaining(["200", "400", "403", "404", "405"]));

  const { port } = new URL(server.url);
  await fc.assert(
    fc.asyncProperty(bytes, async (input) => {
      const socket = connect(Number(port), "127.0.0.1");
      let answer = "";
      socket.on("data", (chunk) => {
        answer += chunk.toString("latin1");
      });
      socket.on("error", () => {});
      socket.end(input);
      await once(socket, "close");
      expect(answer).toMatch(/^$|^HTTP\/1\.1 [34]/);
    }),
    { seed, numRuns: 60 },
  );
  expect((await other.post({ jsonrpc: "2.0", id: 2, method: "ping" })).frames[0]?.data.id).toBe(2);
  expect(failures).toEqual([]);
});

function after(ms: number): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve(""), ms));
}
