import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, streamAnswer, wholeAnswer } from "./answer.ts";
import { readDialogue, textOf } from "./dialogue.ts";
import { type ChatRequest, type RequestProblem, readChatRequest } from "./request.ts";
import { decide } from "./rules.ts";

export interface DemoModelOptions {
  /** 0, the default, takes any free port. */
  port?: number;
  /** Before the first chunk of each answer. Default 0. */
  delayMs?: number;
  now?: () => Date;
}

export interface DemoModel {
  /** `http://127.0.0.1:PORT/v1`: the value for OPENAI_BASE_URL. */
  url: string;
  model: string;
  close(): Promise<void>;
}

const modelName = "qq-skill-demo";
const bodyLimit = 8 * 1024 * 1024;

/**
 * An OpenAI-compatible server on loopback that answers by rules, in Chinese and English: it sends real, streamed tool calls
 * but understands nothing else. Any Bearer key will do.
 */
export async function startDemoModel(options: DemoModelOptions = {}): Promise<DemoModel> {
  const server = createServer((request, response) => {
    serve(request, response, options).catch((error: unknown) => {
      // A broken connection while writing: nobody is left to tell.
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    model: modelName,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, options: DemoModelOptions): Promise<void> {
  const path = (request.url ?? "/").split("?")[0];
  const isKnown = path === "/v1/chat/completions" || path === "/v1/models" || path === `/v1/models/${modelName}`;
  const method = path === "/v1/chat/completions" ? "POST" : "GET";
  if (!isKnown) return fail(response, problem(404, `Unknown request URL: ${request.method} ${path}.`));
  if (request.method !== method) return fail(response, problem(405, `Not allowed: use ${method}.`));
  if (!/^Bearer \S/.test(request.headers.authorization ?? ""))
    return fail(response, problem(401, "You didn't provide an API key (Authorization: Bearer …).", "invalid_api_key"));
  if (method === "GET") {
    const model = { id: modelName, object: "model", created: 0, owned_by: "qq-skill" };
    return sendJson(response, 200, path === "/v1/models" ? { object: "list", data: [model] } : model);
  }
  const body = await readJson(request);
  if (body === undefined) return fail(response, problem(400, "The body is not valid JSON, or larger than 8 MB."));
  const read = readChatRequest(body);
  if ("problem" in read) return fail(response, read.problem);
  if (read.request.model !== modelName)
    return fail(
      response,
      problem(404, `The model '${read.request.model}' does not exist.`, "model_not_found", "model"),
    );
  if (options.delayMs) await new Promise((resolve) => setTimeout(resolve, options.delayMs));
  answer(response, read.request, options);
}

function answer(response: ServerResponse, request: ChatRequest, options: DemoModelOptions): void {
  const now = options.now?.() ?? new Date();
  const length = request.messages.reduce((sum, message) => sum + textOf(message).length, 0);
  const reply: Answer = {
    id: `chatcmpl-${randomBytes(12).toString("hex")}`,
    created: Math.floor(now.getTime() / 1000),
    model: modelName,
    move: decide(readDialogue(request, now)),
    promptTokens: Math.max(1, Math.ceil(length / 3)),
  };
  if (!request.stream) {
    sendJson(response, 200, wholeAnswer(reply));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  for (const event of streamAnswer(reply, request.stream_options?.include_usage === true)) response.write(event);
  response.end();
}

function problem(
  status: number,
  message: string,
  code: string | null = null,
  param: string | null = null,
): RequestProblem {
  return { status, message, code, param };
}

function fail(response: ServerResponse, { status, message, param, code }: RequestProblem): void {
  sendJson(response, status, { error: { message, type: "invalid_request_error", param, code } });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyLimit) chunks.push(chunk);
  }
  if (size > bodyLimit) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    // The caller answers 400.
    return undefined;
  }
}
