import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readAll } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** A Chat Completions request as it came over the wire. */
export interface ModelRequestBody {
  model: string;
  messages: { role: string; content: string | null; tool_call_id?: string; tool_calls?: unknown[] }[];
  tools?: { function: { name: string; parameters: { properties?: Record<string, unknown> } } }[];
}

interface Spoken {
  text?: string;
  /** Resolves when the words may go on behind their first and their second third. */
  pause?: (third: 1 | 2) => Promise<unknown>;
  /** `arguments` as an object, or as the very text that the model writes. */
  calls?: readonly { name: string; arguments: object | string }[];
}

/** What the model does with one request: words, calls, or a refusal with this HTTP status. */
export type Line = string | Spoken | { status: number };
export type Answerer = (request: ModelRequestBody) => Line | Promise<Line>;

/**
 * An OpenAI-compatible server that says its lines in order, streamed in small pieces. Without a line left it asks
 * `otherwise`, or refuses with 400.
 */
export class ModelServer {
  readonly requests: ModelRequestBody[] = [];
  /** Everything that was received, as text: for asking whether something was in it. */
  received = "";
  otherwise: Answerer | undefined;
  readonly #lines: (Line | Answerer)[] = [];
  readonly #server: Server;
  #calls = 0;

  constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<ModelServer> {
    const model = new ModelServer();
    await new Promise<void>((resolve) => model.#server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      model.#server.closeAllConnections();
      model.#server.close();
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
    const next = this.#lines.shift() ?? this.otherwise ?? { status: 400 };
    const line = typeof next === "function" ? await next(body) : next;
    if (typeof line === "object" && "status" in line) return refuse(response, line.status);
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

  #stream({ text = "", calls = [] }: Spoken): string[] {
    const deltas: object[] = [{ role: "assistant", content: "" }];
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
    return [...events, `${chunk({ index: 0, delta: {}, finish_reason: reason })}data: [DONE]\n\n`];
  }
}

function chunk(choice: object): string {
  const facts = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "scripted" };
  return `data: ${JSON.stringify({ ...facts, choices: [choice] })}\n\n`;
}

function refuse(response: ServerResponse, status: number): void {
  const error = { message: `refused with ${status}`, type: "server_error", param: null, code: null };
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error }));
}
