import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readAll } from "node:stream/consumers";
import { expect, onTestFinished } from "vitest";
import type { DialectName } from "../../src/agent/dialects.ts";
import { breachesOf, type ModelRequestBody } from "./model-rules.ts";

export type { ModelRequestBody };

interface Spoken {
  text?: string;
  /** Sent before the words, as thinking models do. */
  reasoning?: string;
  usage?: { prompt_tokens: number; completion_tokens: number };
  /** Resolves when the words may go on behind their first and their second third. */
  pause?: (third: 1 | 2) => Promise<unknown>;
  /** `arguments` as an object, or as the very text that the model writes. */
  calls?: readonly { name: string; arguments: object | string }[];
}

/** What the model does with one request: words, calls, a refusal with this HTTP status, or silence. */
export type Line = string | Spoken | { status: number; message?: string } | "nothing ever";
export type Answerer = (request: ModelRequestBody) => Line | Promise<Line>;

/**
 * An OpenAI-compatible server that says its lines in order, streamed in small pieces. Without a line left it asks
 * `otherwise`, or refuses with 400. What its vendor would refuse it refuses too, and the test fails at its end.
 */
export class ModelServer {
  readonly requests: ModelRequestBody[] = [];
  /** Everything that was received, as text: for asking whether something was in it. */
  received = "";
  otherwise: Answerer | undefined;
  /** Requests that the vendor would not have taken. */
  breaches: string[] = [];
  #vendor: DialectName = "plain";
  /** Requests whose caller hung up before the answer was whole. */
  cut = 0;
  readonly #lines: (Line | Answerer)[] = [];
  readonly #server: Server;
  #calls = 0;

  constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(vendor: DialectName = "plain"): Promise<ModelServer> {
    const model = new ModelServer();
    model.#vendor = vendor;
    await new Promise<void>((resolve) => model.#server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      model.#server.closeAllConnections();
      model.#server.close();
      expect(model.breaches).toEqual([]);
    });
    return model;
  }

  get variables() {
    const { port } = this.#server.address() as AddressInfo;
    return {
      OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
      OPENAI_API_KEY: "key-that-nobody-may-see",
      OPENAI_MODEL: "scripted",
    };
  }

  says(...lines: (Line | Answerer)[]): void {
    this.#lines.push(...lines);
  }

  /** The names of the tools that came with a request, the newest without an index. */
  toolsOf(index = this.requests.length - 1): string[] {
    return (this.requests[index]?.tools ?? []).map((tool) => tool.function.name);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readAll(request);
    this.received += text;
    const body = JSON.parse(text) as ModelRequestBody;
    this.requests.push(body);
    const breaches = breachesOf(body, this.#vendor);
    this.breaches.push(...breaches);
    if (breaches[0] !== undefined) return refuse(response, { status: 400, message: breaches[0] });
    response.once("close", () => {
      if (!response.writableFinished) this.cut++;
    });
    const next = this.#lines.shift() ?? this.otherwise ?? { status: 400 };
    const line = typeof next === "function" ? await next(body) : next;
    if (line === "nothing ever") return;
    if (typeof line === "object" && "status" in line) return refuse(response, line);
    response.writeHead(200, { "content-type": "text/event-stream" });
    const spoken = typeof line === "string" ? { text: line } : line;
    const events = this.#stream(spoken);
    if (!spoken.pause) return void response.end(events.join(""));
    const [first, second] = [1, 2].map((third) => Math.floor((third * events.length) / 3));
    response.write(events.slice(0, first).join(""));
    await spoken.pause(1);
    response.write(events.slice(first, second).join(""));
    await spoken.pause(2);
    response.end(events.slice(second).join(""));
  }

  #stream({ text = "", calls = [], reasoning, usage }: Spoken): string[] {
    const deltas: object[] = [{ role: "assistant", content: "" }];
    for (const piece of reasoning?.match(/.{1,7}/gsu) ?? []) deltas.push({ reasoning_content: piece });
    for (const piece of text.match(/.{1,7}/gsu) ?? []) deltas.push({ content: piece });
    for (const [index, { name, arguments: input }] of calls.entries()) {
      const written = typeof input === "string" ? input : JSON.stringify(input);
      const start = { index, id: `call_${++this.#calls}`, type: "function", function: { name, arguments: "" } };
      deltas.push({ tool_calls: [start] });
      for (const piece of written.match(/.{1,9}/gsu) ?? [])
        deltas.push({ tool_calls: [{ index, function: { arguments: piece } }] });
    }
    const events = deltas.map((delta) => chunk({ index: 0, delta, finish_reason: null }));
    const reason = calls.length > 0 ? "tool_calls" : "stop";
    const counted = usage ? `data: ${JSON.stringify({ choices: [], usage })}\n\n` : "";
    return [...events, `${chunk({ index: 0, delta: {}, finish_reason: reason })}${counted}data: [DONE]\n\n`];
  }
}

function chunk(choice: object): string {
  const facts = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "scripted" };
  return `data: ${JSON.stringify({ ...facts, choices: [choice] })}\n\n`;
}

function refuse(response: ServerResponse, { status, message }: { status: number; message?: string }): void {
  const error = { message: message ?? `refused with ${status}`, type: "server_error", param: null, code: null };
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error }));
}
