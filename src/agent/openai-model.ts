import { APIConnectionError, APIConnectionTimeoutError, APIError, OpenAI } from "openai";
import type { ChatCompletionMessageParam, ChatCompletionTool } from "openai/resources/chat/completions";
import { type Clock, systemClock } from "../core/clock.ts";
import { ModelError } from "../core/errors.ts";
import { redactText } from "../core/redact.ts";
import { createCompletion } from "./completion.ts";
import type { AgentTool, ModelMessage, ModelPort, ModelReply, ModelRequest, OnText } from "./model.ts";
import { hasImages, isAboutImages, isAboutOneImage, type Vision, withoutImages } from "./model-images.ts";
import { describeRefusal } from "./model-refusals.ts";

export interface OpenAiModelOptions {
  /** Including the version: `https://api.openai.com/v1`. */
  baseUrl: string;
  /** Local servers need none. */
  apiKey?: string;
  model: string;
  /** Pictures: auto = until the server refuses them for good; off = never sent. Default auto. */
  vision?: Vision;
  /** A pooled fetch: the built-in one costs a third of the throughput. */
  fetch?: typeof globalThis.fetch;
  /** For one whole answer, headers to last chunk. Default 120 000. */
  timeoutMs?: number;
  clock?: Clock;
}

interface Connection extends OpenAiModelOptions {
  client: OpenAI;
  provider: string;
  clock: Clock;
  timeoutMs: number;
  /** Learned from the first refusal: some servers know no `stream_options`, many models no pictures. */
  dialect: { streamOptions: boolean; images: boolean };
}

/** Chat Completions, streamed, against any server that speaks it. Retries are the loop's business. */
export function createOpenAiModel(options: OpenAiModelOptions): ModelPort {
  const timeoutMs = options.timeoutMs ?? 120_000;
  const client = new OpenAI({
    baseURL: options.baseUrl,
    // The library refuses to start without a key, and would look into the environment for what is left out.
    apiKey: options.apiKey || "none",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: timeoutMs,
    logLevel: "off",
    ...(options.fetch ? { fetch: options.fetch } : {}),
  });
  const connection: Connection = {
    ...options,
    client,
    timeoutMs,
    provider: new URL(options.baseUrl).host,
    clock: options.clock ?? systemClock,
    dialect: { streamOptions: true, images: options.vision !== "off" },
  };
  return {
    name: options.model,
    seesImages: () => connection.dialect.images,
    complete: (request, signal, onText) => complete(connection, { request, onText }, signal),
  };
}

/** One call, and who hears of its words. */
interface Call {
  request: ModelRequest;
  onText: OnText | undefined;
}

async function complete(connection: Connection, call: Call, signal?: AbortSignal): Promise<ModelReply> {
  signal?.throwIfAborted();
  const deadline = new AbortController();
  const onAbort = () => deadline.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const cancel = connection.clock.after(connection.timeoutMs, () => deadline.abort());
  try {
    return await attempt(connection, call, deadline.signal);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (deadline.signal.aborted) throw tooSlow(connection);
    if (connection.dialect.streamOptions && error instanceof APIError && refusesStreamOptions(error)) {
      connection.dialect.streamOptions = false;
      return await complete(connection, call, signal);
    }
    if (hasImages(call.request) && error instanceof APIError && isAboutImages(error)) {
      // In the mode "on" the person knows better than one refusal.
      if (connection.vision !== "on" && !isAboutOneImage(error)) connection.dialect.images = false;
      return await complete(connection, { ...call, request: withoutImages(call.request) }, signal);
    }
    throw translate(connection, error);
  } finally {
    cancel();
    signal?.removeEventListener("abort", onAbort);
  }
}

async function attempt(connection: Connection, { request, onText }: Call, signal: AbortSignal): Promise<ModelReply> {
  const tools = wireTools(request.tools);
  const { data, response } = await connection.client.chat.completions
    .create(
      {
        model: connection.model,
        messages: (connection.dialect.images ? request : withoutImages(request)).messages.map(wireMessage),
        stream: true,
        ...(connection.dialect.streamOptions ? { stream_options: { include_usage: true } } : {}),
        ...(tools.length > 0 ? { tools } : {}),
      },
      { signal },
    )
    .withResponse();
  const completion = createCompletion();
  if (response.headers.get("content-type")?.includes("application/json")) {
    const whole: unknown = await response.json();
    completion.add(whole);
  } else {
    let told = 0;
    for await (const chunk of data) {
      completion.add(chunk);
      // Whatever is longer than a person reads at once is told whole at the end.
      const text = onText && completion.length() < longestTold ? completion.text() : "";
      if (text.length > told) onText?.(text);
      told = Math.max(told, text.length);
      if (completion.length() > longestAnswer) throw endless(connection);
    }
  }
  // The stream ends quietly when it is aborted or cut off; half an answer must not pass for a whole one.
  signal.throwIfAborted();
  if (!completion.isFinished()) throw brokenOff(connection, completion.isEmpty());
  return completion.reply();
}

/** Characters, reasoning and arguments included: far beyond any model's own limit. */
const longestAnswer = 2_000_000;
const longestTold = 100_000;

const wireToolsOf = new WeakMap<readonly AgentTool[], ChatCompletionTool[]>();

function wireTools(tools: readonly AgentTool[]): ChatCompletionTool[] {
  let wire = wireToolsOf.get(tools);
  if (!wire) {
    wire = tools.map(({ name, description, parameters }) => ({
      type: "function",
      function: { name, description, parameters },
    }));
    wireToolsOf.set(tools, wire);
  }
  return wire;
}

function wireMessage(message: ModelMessage): ChatCompletionMessageParam {
  // Half a surrogate pair, as people and cut texts bring them: servers that decode strictly refuse the whole request.
  const content = message.text.toWellFormed();
  if (message.role === "user" && message.images?.length) {
    const pictures = message.images.map(({ url }) => ({ type: "image_url" as const, image_url: { url } }));
    return { role: "user", content: [{ type: "text", text: content }, ...pictures] };
  }
  if (message.role === "tool") return { role: "tool", tool_call_id: message.callId, content };
  if (message.role !== "assistant" || !message.toolCalls?.length)
    return { role: message.role as "system" | "user" | "assistant", content };
  return {
    role: "assistant",
    content,
    tool_calls: message.toolCalls.map((call) => ({
      id: call.id,
      type: "function",
      function: { name: call.name, arguments: call.arguments },
    })),
    // Not in the library's types: DeepSeek and Kimi refuse a tool turn whose reasoning is missing.
    ...(message.reasoning ? { reasoning_content: message.reasoning } : {}),
  };
}

function refusesStreamOptions(error: APIError): boolean {
  return (error.status === 400 || error.status === 422) && error.message.includes("stream_options");
}

function translate(connection: Connection, error: unknown): unknown {
  const { provider } = connection;
  if (error instanceof ModelError) return error;
  if (error instanceof APIConnectionTimeoutError) return tooSlow(connection);
  if (error instanceof APIConnectionError) return unreachable(connection, error);
  if (error instanceof APIError) {
    const text = redactText(error.message, connection.apiKey ? [connection.apiKey] : []).slice(0, 300);
    const after = error.headers?.get("retry-after") ?? null;
    return describeRefusal({
      ...{ provider, model: connection.model, text, retryAfter: after, nowMs: connection.clock.now() },
      status: error.status,
      code: error.code ?? undefined,
    });
  }
  if (networkCode(error) !== undefined) return brokenOff(connection, false, error);
  if (error instanceof SyntaxError) {
    return new ModelError(`the model server at ${provider} sent something that is not Chat Completions`, {
      provider,
      retryable: true,
      remedy: "Check that OPENAI_BASE_URL points to an OpenAI-compatible endpoint and includes /v1.",
      cause: error,
    });
  }
  return error;
}

/** The system's or the HTTP client's code (`ECONNRESET`, `UND_ERR_SOCKET`), wherever in the chain of causes. */
function networkCode(error: unknown): string | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && typeof cause.code === "string" && /^(E[A-Z]+|UND_ERR_\w+)$/.test(cause.code))
      return cause.code;
  }
  return undefined;
}

function unreachable({ provider }: Connection, error: APIConnectionError): ModelError {
  const code = networkCode(error.cause);
  return new ModelError(`cannot reach the model server at ${provider}${code ? ` (${code})` : ""}`, {
    provider,
    retryable: true,
    remedy: "Check OPENAI_BASE_URL and that the server is running and reachable from here.",
    cause: error.cause,
  });
}

function tooSlow({ provider, timeoutMs }: Connection): ModelError {
  return new ModelError(`the model server at ${provider} gave no full answer within ${timeoutMs / 1000} s`, {
    provider,
    retryable: true,
    remedy: "Try again later, or use a faster model (OPENAI_MODEL).",
  });
}

function endless({ provider }: Connection): ModelError {
  return new ModelError(`the model server at ${provider} did not come to an end`, {
    provider,
    remedy: "Use another model (OPENAI_MODEL), or set a limit of output tokens at the server.",
  });
}

function brokenOff({ provider }: Connection, isEmpty: boolean, cause?: unknown): ModelError {
  return new ModelError(`the answer of the model server at ${provider} ${isEmpty ? "was empty" : "broke off"}`, {
    provider,
    retryable: true,
    remedy: "Try again; if it stays so, check that OPENAI_BASE_URL is an OpenAI-compatible endpoint.",
    ...(cause === undefined ? {} : { cause }),
  });
}
