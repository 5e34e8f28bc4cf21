import { dialectFor } from "../../src/agent/dialects.ts";
import type { ModelPort, ModelReply, ModelRequest, OnText, ToolCall } from "../../src/agent/model.ts";
import { wireRequest } from "../../src/agent/wire.ts";
import { breachesOf, type ModelRequestBody } from "./model-rules.ts";

export type Line =
  | string
  | Partial<ModelReply>
  | Error
  | ((
      request: ModelRequest,
      signal?: AbortSignal,
      onText?: OnText,
    ) => string | Partial<ModelReply> | Promise<string | Partial<ModelReply>>);

/**
 * A model that says its lines in order, keeps what it was asked, and fails on a call that nobody wrote a line for or that
 * a vendor would refuse in its form on the wire.
 */
export class ScriptedModel implements ModelPort {
  readonly name: string = "scripted";
  readonly requests: ModelRequest[] = [];
  readonly #lines: Line[];

  constructor(...lines: Line[]) {
    this.#lines = [...lines];
  }

  /** Lines that nobody asked for. */
  get unsaid(): number {
    return this.#lines.length;
  }

  /** What the person's last words looked like to the model in its newest call. */
  get lastHeard(): string {
    return this.requests.at(-1)?.messages.findLast((message) => message.role === "user")?.text ?? "";
  }

  async complete(request: ModelRequest, signal?: AbortSignal, onText?: OnText): Promise<ModelReply> {
    signal?.throwIfAborted();
    this.requests.push({ messages: structuredClone(request.messages), tools: request.tools });
    const dialect = dialectFor({ baseUrl: "http://scripted.test/v1", model: this.name });
    const wire = wireRequest({ model: this.name, dialect }, request) as unknown as ModelRequestBody;
    const breaches = breachesOf(wire);
    if (breaches.length > 0) throw new Error(`a vendor would refuse this request: ${breaches.join("; ")}`);
    const line = this.#lines.shift();
    if (line === undefined)
      throw new Error(`unexpected model call ${this.requests.length}: no line was written for it`);
    if (line instanceof Error) throw line;
    const said = typeof line === "function" ? await line(request, signal, onText) : line;
    return replyOf(said);
  }
}

function replyOf(said: string | Partial<ModelReply>): ModelReply {
  const reply = typeof said === "string" ? { text: said } : said;
  const toolCalls = reply.toolCalls ?? [];
  return { text: "", finishReason: toolCalls.length > 0 ? "tool_calls" : "stop", ...reply, toolCalls };
}

let calls = 0;

/** One tool call as a line; `input` as an object, or as the very text that the model wrote. */
export function callOf(name: string, input: object | string = {}, id = `c${++calls}`): ToolCall {
  return { id, name, arguments: typeof input === "string" ? input : JSON.stringify(input) };
}

/** A reply that only calls tools. */
export function calling(...toolCalls: ToolCall[]): Partial<ModelReply> {
  return { toolCalls };
}
