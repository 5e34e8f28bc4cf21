import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { openPlatform } from "../../src/cli/platform.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Json } from "../../src/core/json.ts";
import { silentLog } from "../../src/core/log.ts";
import { operations } from "../../src/operations/all.ts";
import { callOperation } from "../../src/operations/call.ts";
import { type Operation, permissions } from "../../src/operations/operation.ts";
import { eventSpecs, eventTypes } from "../../src/protocol/events.ts";
import { readIncoming } from "../../src/protocol/incoming.ts";
import { conversationOf, guildOf } from "../../src/protocol/place.ts";
import { createHttp } from "../../src/rest/http.ts";
import { createTokenSource } from "../../src/rest/token.ts";
import { arbitraryInput } from "../kit/arbitrary-input.ts";
import { goLive, passWait, startBench, stopBench, until } from "../kit/gateway-session.ts";
import { hurryClock, outcomeOf } from "../kit/outcome.ts";
import { temporaryFolder } from "../kit/processes.ts";

const seed = 20_261_123;

interface Answer {
  status: number;
  contentType: string;
  bytes: Uint8Array;
  /** The connection breaks in the middle of the body. */
  isCut: boolean;
}

const tokens = { access_token: "token-value", expires_in: "7200" };

/** A platform that gives out tokens and otherwise whatever it is told to say. */
async function startOddPlatform() {
  let next: Answer;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      if (/getAppAccessToken|cgi-bin\/token|getToken/.test(request.url ?? "")) response.end(JSON.stringify(tokens));
      else say(response, next);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    answerWith(answer: Answer) {
      next = answer;
    },
  };
}

function say(response: ServerResponse, { status, contentType, bytes, isCut }: Answer): void {
  const length = isCut ? bytes.length + 10 : bytes.length;
  response.writeHead(status, { "content-type": contentType, "content-length": status === 204 ? 0 : length });
  if (!isCut) return void response.end(status === 204 ? undefined : bytes);
  response.write(bytes);
  setImmediate(() => response.destroy());
}

async function stage() {
  hurryClock();
  const platform = await startOddPlatform();
  const config = loadConfig({
    env: {
      ...{ QQ_BOT_APP_ID: "102000001", QQ_BOT_APP_SECRET: "secret-of-bot", QQ_BOT_API_BASE: platform.url },
      ...{ QQ_BOT_TOKEN_URL: `${platform.url}/app/getAppAccessToken`, QQ_BOT_PACING: "off" },
      ...{ QQ_BIND_BASE: platform.url, QQ_SKILL_HOME: temporaryFolder() },
      ...{ QQ_CONNECT_APP_ID: "101000001", QQ_CONNECT_APP_KEY: "key-of-login", QQ_CONNECT_BASE: platform.url },
      QQ_CONNECT_REDIRECT_URI: "http://127.0.0.1/callback",
      ...{ QQ_MINI_APP_ID: "1112345678", QQ_MINI_APP_SECRET: "secret-of-mini", QQ_MINI_BASE: platform.url },
    },
  });
  const rooms = openPlatform(config, silentLog);
  onTestFinished(() => rooms.close());
  return { platform, context: rooms.contextFor({ kind: "cli", grants: new Set(permissions), label: "test" }) };
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const oddValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(null, "", "0", -1, [], {}, [null], "9007199254740993", 304_023, 11_244, 22_009),
);
const hugeIds =
  '{"id":90071992547409931234,"code":9007199254740993,"data":{"id":18446744073709551615},"timestamp":1e400}';

/** Text that a body or a frame may hold, with these names among its fields. */
function oddText(names: readonly string[]): fc.Arbitrary<string> {
  const fields = [...names, "code", "err_code", "ret", "message", "data", "id", "retcode", "trace_id"];
  const named = fc.dictionary(fc.constantFrom(...fields), oddValue, { maxKeys: 6, noNullPrototype: true });
  const json = fc.oneof(
    named.map((value) => JSON.stringify(value)),
    fc.array(named, { maxLength: 3 }).map((value) => JSON.stringify(value)),
    fc.json({ maxDepth: 3 }),
    fc.constant(hugeIds),
  );
  return fc.oneof(
    { weight: 6, arbitrary: json },
    { weight: 2, arbitrary: fc.tuple(json, fc.nat(40)).map(([text, cut]) => text.slice(0, cut)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("", " ", "null", "<html><h1>502</h1></html>", "callback({});", "[[[[", "\u0000"),
    },
  );
}

function oddBytes(names: readonly string[]): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 5, arbitrary: oddText(names).map(utf8) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  );
}

function fieldsOf(schema: z.ZodType): string[] {
  return Object.keys(z.toJSONSchema(schema, { unrepresentable: "any" }).properties ?? {});
}

function oddAnswer(names: readonly string[]): fc.Arbitrary<Answer> {
  return fc.record({
    status: fc.oneof(
      { weight: 2, arbitrary: fc.constant(200) },
      { weight: 1, arbitrary: fc.constantFrom(201, 202, 204, 302, 400, 401, 403, 404, 418, 429, 500, 502, 504, 599) },
    ),
    contentType: fc.constantFrom("application/json", "text/html", "application/octet-stream", "image/png", "x"),
    bytes: oddBytes(names),
    isCut: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  });
}

/** The first inputs that the operation accepts. */
function someInputs(operation: Operation): unknown[] {
  const sizes = (field: string) => (field.endsWith("_size") ? ["5"] : []);
  const made = fc.sample(arbitraryInput(operation.input, sizes), { seed, numRuns: 200 });
  const accepted = made.filter((input) => operation.input.safeParse(input).success).slice(0, 3);
  expect(accepted, operation.name).not.toEqual([]);
  return accepted;
}

/** Where operations without an endpoint of their own still call the platform. */
const talking: readonly string[] = ["message", "media", "oauth", "mini"];

describe("whatever bytes the platform answers", () => {
  it("every call ends in an answer or in an error with a remedy", async () => {
    const { platform, context } = await stage();
    const callers = operations.filter(({ path, toolset }) => path !== null || talking.includes(toolset));
    let answers = 0;
    for (const operation of callers) {
      const inputs = someInputs(operation);
      const property = fc.asyncProperty(
        oddAnswer(fieldsOf(operation.output)),
        fc.constantFrom(...inputs),
        async (answer, input) => {
          platform.answerWith(answer);
          const call = (signal: AbortSignal) => callOperation(operation, context, input, signal);
          if ((await outcomeOf(operation.name, call)) === "answer") answers++;
        },
      );
      await fc.assert(property, { seed, numRuns: 12 });
    }
    expect(answers).toBeGreaterThan(callers.length);
  }, 60_000);

  it("a token is asked for in vain, or is a text", async () => {
    hurryClock();
    const platform = await startOddPlatform();
    const http = createHttp();
    onTestFinished(() => http.close());
    const url = `${platform.url}/oddToken`;
    const answers = oddAnswer(["access_token", "expires_in"]);
    const property = fc.asyncProperty(answers, async (answer) => {
      platform.answerWith(answer);
      const source = createTokenSource({ url, appId: "1", secret: "secret-of-bot", fetch: http.fetch, log: silentLog });
      await outcomeOf("token", async (signal) => expect(await source.get(signal)).toMatch(/./));
    });
    await fc.assert(property, { seed, numRuns: 150 });
  }, 60_000);
});

const oddFrame = fc.oneof(
  { weight: 2, arbitrary: oddBytes(["op", "d", "s", "t"]) },
  {
    weight: 3,
    arbitrary: fc
      .record(
        {
          op: fc.oneof(fc.constantFrom(0, 1, 7, 9, 10, 11, 13), oddValue),
          s: oddValue,
          t: fc.oneof(fc.constantFrom(...eventTypes), oddValue),
          id: oddValue,
          d: oddValue,
        },
        { requiredKeys: ["op"] },
      )
      .map((frame) => utf8(JSON.stringify(frame))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...eventTypes), oddText(["author", "group_openid", "user", "session_id"]))
      .map(([t, d]) => utf8(`{"op":0,"s":9007199254740993,"t":"${t}","d":${d}}`)),
  },
);

describe("whatever frames the gateway sends", () => {
  it("the session goes on, or comes back, and the next event arrives", async () => {
    const property = fc.asyncProperty(fc.array(oddFrame, { minLength: 1, maxLength: 12 }), async (frames) => {
      const bench = await startBench();
      const first = await goLive(bench);
      for (const frame of frames) first.sendRaw(Buffer.from(frame));
      first.send({ op: 0, s: 7, t: "FRIEND_DEL", id: "FRIEND_DEL:after", d: { openid: "O" } });
      const isDone = () => bench.events.some(({ id }) => id === "FRIEND_DEL:after");
      await until(() => isDone() || bench.session.status().state !== "live");
      if (!isDone()) {
        await passWait(bench);
        const second = await bench.gateway.next();
        second.hello();
        await until(() => second.frames.some(({ op }) => op === 2 || op === 6));
        second.ready("session-2");
        second.send({ op: 0, s: 2, t: "FRIEND_DEL", id: "FRIEND_DEL:after", d: { openid: "O" } });
        await until(isDone);
      }
      expect(bench.lines.filter(({ level }) => level === "error")).toEqual([]);
      await stopBench(bench);
      await bench.done;
    });
    await fc.assert(property, { seed, numRuns: 60 });
  }, 60_000);

  it("events of every type with any data are read, or refused by their schema", () => {
    const me = { botUserId: "1", botMemberOpenids: new Set<string>() };
    for (const { type, schema } of eventSpecs) {
      const names = fc.constantFrom("id", ...fieldsOf(schema));
      const data = fc.oneof(oddValue, fc.dictionary(names, oddValue, { noNullPrototype: true }));
      const property = fc.property(data, (value) => {
        const event = { id: `${type}:1`, type, data: value as Json };
        expect(() => schema.safeParse(value), type).not.toThrow();
        expect(() => conversationOf(event), type).not.toThrow();
        expect(() => guildOf(event.data), type).not.toThrow();
        expect(() => readIncoming({ source: "gateway", appId: "1", receivedAt: 1, ...event }, me), type).not.toThrow();
      });
      fc.assert(property, { seed, numRuns: 60 });
    }
  });
});
