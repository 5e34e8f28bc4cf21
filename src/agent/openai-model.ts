import { APIConnectionError, APIConnectionTimeoutError, APIError, OpenAI } from "openai";
import { type Clock, systemClock } from "../core/clock.ts";
import { ModelError } from "../core/errors.ts";
import { redactText } from "../core/redact.ts";
import { createCompletion } from "./completion.ts";
import { type Dialect, type DialectName, dialectFor, learn } from "./dialects.ts";
import type { ModelPort, ModelReply, ModelRequest, OnText, Price } from "./model.ts";
import { hasImages, isAboutImages, isAboutOneImage, type Vision, withoutImages } from "./model-images.ts";
import { describeRefusal } from "./model-refusals.ts";
import { wireRequest } from "./wire.ts";

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
  /** Default: by the endpoint's host, then by the model's name. */
  dialect?: DialectName;
  /** Tokens of one answer at most; without it the server decides. */
  maxTokens?: number;
  temperature?: number;
  /** off: no hidden reasoning, where the dialect knows how to say so. */
  thinking?: "auto" | "off";
  price?: Price;
  /** For one whole answer, headers to last chunk. Default 120 000. */
  timeoutMs?: number;
  clock?: Clock;
}

interface Connection extends Omit<OpenAiModelOptions, "dialect"> {
  client: OpenAI;
  provider: string;
  clock: Clock;
  timeoutMs: number;
  /** Changes with what the server's refusals teach. */
  dialect: Dialect;
  /** False once the server refused pictures for good. */
  sendsImages: boolean;
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
    dialect: dialectFor(options),
    sendsImages: options.vision !== "off",
  };
  return {
    name: options.model,
    ...(options.price ? { price: options.price } : {}),
    seesImages: () => connection.sendsImages,
    complete: (request, signal, onText) => complete(connection, { request, onText }, signal),
  };
}

/** One call, and who hears of its words. */
interface Call {
  request: ModelRequest;
  onText: OnText | undefined;
}

/** Of one call: a server that refuses whatever is tried is not asked for ever. */
const mostLessons = 6;

async function complete(
  connection: Connection,
  call: Call,
  signal: AbortSignal | undefined,
  lessons = 0,
): Promise<ModelReply> {
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
    const learnt = lessons < mostLessons ? lessonOf(connection.dialect, error) : undefined;
    if (learnt) {
      connection.dialect = learnt;
      return await complete(connection, call, signal, lessons + 1);
    }
    if (hasImages(call.request) && error instanceof APIError && isAboutImages(error)) {
      // In the mode "on" the person knows better than one refusal.
      if (connection.vision !== "on" && !isAboutOneImage(error)) connection.sendsImages = false;
      return await complete(connection, { ...call, request: withoutImages(call.request) }, signal);
    }
    throw translate(connection, error);
  } finally {
    cancel();
    signal?.removeEventListener("abort", onAbort);
  }
}

async function attempt(connection: Connection, { request, onText }: Call, signal: AbortSignal): Promise<ModelReply> {
  const { data, response } = await connection.client.chat.completions
    .create(wireRequest(connection, connection.sendsImages ? request : withoutImages(request)), { signal })
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

function lessonOf(dialect: Dialect, error: unknown): Dialect | undefined {
  if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422)) return undefined;
  return learn(dialect, error.message);
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
