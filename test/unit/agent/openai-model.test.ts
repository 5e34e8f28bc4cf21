import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { AgentTool, ModelRequest } from "../../../src/agent/model.ts";
import { createOpenAiModel } from "../../../src/agent/openai-model.ts";
import { ModelError } from "../../../src/core/errors.ts";
import { createHttp } from "../../../src/rest/http.ts";
import { FakeClock } from "../../kit/fake-clock.ts";

interface Seen {
  path: string;
  key: string | undefined;
  body: { stream_options?: unknown; tools?: unknown[]; messages: { role: string; [field: string]: unknown }[] };
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A model server that answers as the test says and keeps what it was sent. */
async function serve(answer: (response: ServerResponse, call: number) => void) {
  const seen: Seen[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += String(chunk);
    });
    request.on("end", () => {
      seen.push({ path: request.url ?? "", key: request.headers.authorization, body: JSON.parse(text) });
      answer(response, seen.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, seen };
}

function stream(response: ServerResponse, chunks: object[], isDone = true): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const chunk of chunks) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  response.end(isDone ? "data: [DONE]\n\n" : undefined);
}

function refuse(response: ServerResponse, status: number, error: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ error }));
}

const text = (content: string, finish: string | null = "stop") => ({
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
});
const ask: ModelRequest = { messages: [{ role: "user", text: "hi" }], tools: [] };
const modelAt = (baseUrl: string, options: object = {}) =>
  createOpenAiModel({ baseUrl, apiKey: "sk-very-secret-key", model: "some-model", ...options });
const errorOf = async (work: Promise<unknown>): Promise<ModelError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ModelError);
  return error as ModelError;
};

describe("the Chat Completions adapter", () => {
  it("sends tools and the whole exchange in the wire form, and reads the streamed answer", async () => {
    const { url, seen } = await serve((response) => stream(response, [text("go", null), text("od")]));
    const tools: AgentTool[] = [{ name: "look", description: "Looks.", parameters: { type: "object" } }];
    const reply = await modelAt(url).complete({
      tools,
      messages: [
        { role: "system", text: "be" },
        { role: "assistant", text: "", toolCalls: [{ id: "a", name: "look", arguments: "{}" }], reasoning: "because" },
        { role: "tool", callId: "a", text: "seen" },
        { role: "user", text: "and?" },
      ],
    });
    expect(reply.text).toBe("good");
    expect(seen[0]).toMatchObject({ path: "/v1/chat/completions", key: "Bearer sk-very-secret-key" });
    expect(seen[0]?.body.tools).toEqual([
      { type: "function", function: { name: "look", description: "Looks.", parameters: { type: "object" } } },
    ]);
    expect(seen[0]?.body.messages).toEqual([
      { role: "system", content: "be" },
      {
        role: "assistant",
        content: "",
        reasoning_content: "because",
        tool_calls: [{ id: "a", type: "function", function: { name: "look", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "a", content: "seen" },
      { role: "user", content: "and?" },
    ]);
  });

  it("tells the words while they are written, without reasoning, and never less than before", async () => {
    const { url } = await serve((response) =>
      stream(response, [text("<think>hm", null), text("</think>go", null), text("", null), text("od")]),
    );
    const told: string[] = [];
    const reply = await modelAt(url).complete(ask, undefined, (words) => told.push(words));
    expect([told, reply.text]).toEqual([["go", "good"], "good"]);
  });

  it("sends no tools field when there are none: some servers refuse an empty list", async () => {
    const { url, seen } = await serve((response) => stream(response, [text("ok")]));
    await modelAt(url).complete(ask);
    expect(seen[0]?.body).not.toHaveProperty("tools");
  });

  it("mends half a sign, which some servers refuse together with the whole conversation", async () => {
    const { url, seen } = await serve((response) => stream(response, [text("ok")]));
    await modelAt(url).complete({ messages: [{ role: "user", text: "cut \ud83d here" }], tools: [] });
    expect(seen[0]?.body.messages[0]?.content).toBe("cut \ufffd here");
  });

  it("gives up on an answer without end", async () => {
    const { url } = await serve((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const more = () => {
        while (response.write(`data: ${JSON.stringify(text("x".repeat(100_000), null))}\n\n`));
        response.once("drain", more);
      };
      more();
    });
    expect(await errorOf(modelAt(url).complete(ask))).toMatchObject({ retryable: false, remedy: expect.any(String) });
  });

  it("reads a server that answers without streaming", async () => {
    const { url } = await serve((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ choices: [{ message: { content: "whole" }, finish_reason: "stop" }] }));
    });
    expect((await modelAt(url).complete(ask)).text).toBe("whole");
  });

  it("leaves out stream_options after a server refused them, from then on", async () => {
    const { url, seen } = await serve((response, call) => {
      if (call === 1) refuse(response, 400, { message: "Unknown parameter: stream_options" });
      else stream(response, [text("ok")]);
    });
    const model = modelAt(url);
    expect((await model.complete(ask)).text).toBe("ok");
    await model.complete(ask);
    expect(seen.map(({ body }) => "stream_options" in body)).toEqual([true, false, false]);
  });

  it("takes half an answer for a failure, not for an answer", async () => {
    const { url } = await serve((response) => stream(response, [text("half", null)], false));
    expect(await errorOf(modelAt(url).complete(ask))).toMatchObject({ retryable: true });
  });

  it.each([
    ["the built-in fetch", undefined],
    ["the pooled fetch", createHttp()],
  ])("takes a connection that breaks in the middle for a failure worth another try (%s)", async (_, http) => {
    const { url } = await serve((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(text("half", null))}\n\n`, () => response.destroy());
    });
    const error = await errorOf(modelAt(url, http ? { fetch: http.fetch } : {}).complete(ask));
    expect(error).toMatchObject({ retryable: true, message: expect.stringContaining("broke off") });
    await http?.close();
  });

  it("reads streams and refusals through the pooled fetch as well", async () => {
    const http = createHttp();
    const { url } = await serve((response, call) => {
      if (call === 1) stream(response, [text("go", null), text("od")]);
      else refuse(response, 429, { message: "slow" }, { "retry-after": "7" });
    });
    const model = modelAt(url, { fetch: http.fetch });
    expect((await model.complete(ask)).text).toBe("good");
    expect(await errorOf(model.complete(ask))).toMatchObject({ status: 429, retryAfterMs: 7_000 });
    await http.close();
  });

  it("takes a web page for a wrong address", async () => {
    const { url } = await serve((response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<html>hello</html>");
    });
    expect((await errorOf(modelAt(url).complete(ask))).remedy).toContain("OPENAI_BASE_URL");
  });

  it("gives up on a server that stalls in the middle", async () => {
    const { url } = await serve((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(text("half", null))}\n\n`);
      clock.advance(5_001).catch(() => {});
    });
    const clock = new FakeClock();
    const error = await errorOf(modelAt(url, { clock, timeoutMs: 5_000 }).complete(ask));
    expect(error.message).toContain("within 5 s");
    expect(clock.pending).toBe(0);
  });

  it("rejects with the caller's own reason when aborted", async () => {
    const stop = new AbortController();
    const reason = new DOMException("stopping", "AbortError");
    const { url } = await serve((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(text("half", null))}\n\n`);
      stop.abort(reason);
    });
    await expect(modelAt(url).complete(ask, stop.signal)).rejects.toBe(reason);
  });
});

describe("a refusal of the model server", () => {
  it.each([
    { status: 401, error: { message: "bad key" }, names: "OPENAI_API_KEY", retryable: false },
    { status: 404, error: { message: "no such model" }, names: "OPENAI_MODEL", retryable: false },
    { status: 400, error: { message: "maximum context length is 10" }, names: "context", retryable: false },
    { status: 429, error: { message: "slow down" }, names: "Wait", retryable: true },
    { status: 429, error: { message: "no money", code: "insufficient_quota" }, names: "Top up", retryable: false },
    { status: 503, error: { message: "overloaded" }, names: "later", retryable: true },
    { status: 400, error: { message: "Content Exists Risk" }, names: "filter", retryable: false },
  ])("with status $status says what to do ($names)", async ({ status, error, names, retryable }) => {
    const { url } = await serve((response) => refuse(response, status, error));
    const failure = await errorOf(modelAt(url).complete(ask));
    expect(failure).toMatchObject({ status, retryable, provider: new URL(url).host });
    expect(failure.remedy).toContain(names);
  });

  it("passes on how long the server asks to wait", async () => {
    const { url } = await serve((response) => refuse(response, 429, { message: "slow" }, { "retry-after": "7" }));
    expect((await errorOf(modelAt(url).complete(ask))).retryAfterMs).toBe(7_000);
  });

  it("never repeats the key, even when the server does", async () => {
    const { url } = await serve((response) => refuse(response, 401, { message: "Incorrect key: sk-very-secret-key" }));
    const error = await errorOf(modelAt(url).complete(ask));
    expect(error.message).not.toContain("sk-very-secret-key");
  });

  it("that never came, because nobody listens, names the setting", async () => {
    const { url } = await serve(() => {});
    await closers.pop()?.();
    const error = await errorOf(modelAt(url).complete(ask));
    expect(error).toMatchObject({ retryable: true, status: undefined });
    expect(error.message).toContain("ECONNREFUSED");
    expect(error.remedy).toContain("OPENAI_BASE_URL");
  });
});

describe("a picture", () => {
  const picture = "data:image/png;base64,iVBORw0KGgo=";
  const shown: ModelRequest = {
    messages: [{ role: "user", text: "what is it?\n(image: cat.png)", images: [{ url: picture }] }],
    tools: [],
  };
  const partTypes = (seen: Seen[]) =>
    seen.map(({ body }) => {
      const content = body.messages[0]?.content;
      return Array.isArray(content) ? content.map(({ type }) => type) : typeof content;
    });

  it("goes beside the words, as a part of its own", async () => {
    const { url, seen } = await serve((response) => stream(response, [text("a cat")]));
    await modelAt(url).complete(shown);
    expect(seen[0]?.body.messages[0]?.content).toEqual([
      { type: "text", text: "what is it?\n(image: cat.png)" },
      { type: "image_url", image_url: { url: picture } },
    ]);
  });

  it.each([
    [400, "This model does not support image input."],
    [404, "No endpoints found that support image input"],
    [422, "messages[0].content: expected a string"],
    [500, "image input is not supported - you may need to provide the mmproj"],
  ])("that the model cannot see (%s %s) is left out, then and for good", async (status, message) => {
    const { url, seen } = await serve((response, call) =>
      call === 1 ? refuse(response, status, { message }) : stream(response, [text("words only")]),
    );
    const model = modelAt(url);
    expect(model.seesImages?.()).toBe(true);
    expect((await model.complete(shown)).text).toBe("words only");
    expect(model.seesImages?.()).toBe(false);
    await model.complete(shown);
    expect(partTypes(seen)).toEqual([["text", "image_url"], "string", "string"]);
  });

  it.each([
    ["a broken one", "auto", "Invalid image data"],
    ["any, where a person said that it sees", "on", "image input is not supported"],
  ])("that is refused as %s is left out this once", async (_, vision, message) => {
    const { url, seen } = await serve((response, call) =>
      call === 1 ? refuse(response, 400, { message }) : stream(response, [text("ok")]),
    );
    const model = modelAt(url, { vision });
    await model.complete(shown);
    await model.complete(shown);
    expect(partTypes(seen)).toEqual([["text", "image_url"], "string", ["text", "image_url"]]);
  });

  it("is never sent where it is switched off, and other refusals stay what they are", async () => {
    const { url, seen } = await serve((response) => stream(response, [text("ok")]));
    await modelAt(url, { vision: "off" }).complete(shown);
    expect(partTypes(seen)).toEqual(["string"]);
    const strict = await serve((response) => refuse(response, 401, { message: "no key for images" }));
    expect((await errorOf(modelAt(strict.url).complete(shown))).status).toBe(401);
    expect(strict.seen).toHaveLength(1);
  });
});
