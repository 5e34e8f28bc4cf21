import { randomUUID } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  ElicitResultSchema,
  ErrorCode,
  GetPromptRequestSchema,
  type JSONRPCMessage,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import type { EventLog } from "./event-log.ts";
import type { ToolResult } from "./results.ts";
import type { Tool } from "./tools.ts";

export type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";

export interface ToolCall {
  name: string;
  input: unknown;
  signal: AbortSignal;
  /** Only when the client asked for progress. */
  progress?: (count: number, message: string) => void;
  /** Only when the client can show its user a form. */
  ask?: Ask;
}

/** Shows the person at the client `message` and one box to tick. Rejects only when the call is cancelled. */
export type Ask = (message: string) => Promise<"ticked" | "declined" | "unanswered">;

/** What a client may ask beside tools; the parameters have been checked. */
export interface Asked {
  "resources/list": undefined;
  "resources/templates/list": undefined;
  "resources/read": { uri: string };
  "resources/subscribe": { uri: string };
  "resources/unsubscribe": { uri: string };
  "prompts/list": undefined;
  "prompts/get": { name: string; arguments?: Record<string, string> | undefined };
  "completion/complete": {
    ref: { type: "ref/resource"; uri: string } | { type: "ref/prompt"; name: string };
    argument: { name: string; value: string };
  };
  "skills/list": undefined;
  "skills/get": { uri: string };
}

/** One answer to each of them. */
export type Answers = { [Method in keyof Asked]: (asked: Asked[Method], signal: AbortSignal) => Promise<object> };

const anything = z.looseObject({}).optional();
const schemas: Record<keyof Asked, unknown> = {
  "resources/list": ListResourcesRequestSchema,
  "resources/templates/list": ListResourceTemplatesRequestSchema,
  "resources/read": ReadResourceRequestSchema,
  "resources/subscribe": SubscribeRequestSchema,
  "resources/unsubscribe": UnsubscribeRequestSchema,
  "prompts/list": ListPromptsRequestSchema,
  "prompts/get": GetPromptRequestSchema,
  "completion/complete": CompleteRequestSchema,
  "skills/list": z.object({ method: z.literal("skills/list"), params: anything }),
  "skills/get": z.object({ method: z.literal("skills/get"), params: z.looseObject({ uri: z.string() }) }),
};

export interface SdkServerOptions {
  serverInfo: { name: string; title: string; version: string };
  capabilities: Record<string, object>;
  instructions: string;
  /** Asked at every listing; must always give the same. */
  tools(): Promise<readonly Tool[]>;
  /** undefined: there is no such tool. */
  call(call: ToolCall): Promise<ToolResult | undefined>;
  answers: Answers;
  /** Makes what an answer threw presentable. */
  failure(error: unknown, method: string): Error;
  /** The client has seen the answer to its handshake. */
  onReady(): void;
  onError(error: Error): void;
}

export interface SdkServer {
  connect(transport: Transport): Promise<void>;
  /** Aborts the calls that are still running. */
  close(): Promise<void>;
  readonly closed: Promise<void>;
  /** As it called itself in the handshake. */
  clientName(): string | undefined;
  notify(method: string, params: Record<string, unknown>): void;
}

/** The only place that knows the SDK. Its low-level server: ours is the tool list, cached and without additions. */
export function createSdkServer(options: SdkServerOptions): SdkServer {
  const { serverInfo, capabilities, instructions } = options;
  const server = new Server(serverInfo, { capabilities, instructions, jsonSchemaValidator: unusedValidator });
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
  });
  server.onerror = options.onError;
  server.oninitialized = options.onReady;
  // The SDK's own types add fields that its default handler would send with every tool.
  server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: await options.tools() }) as never);
  server.setRequestHandler(
    CallToolRequestSchema,
    async ({ params }, { signal, _meta, sendNotification, sendRequest }) => {
      const token = _meta?.progressToken;
      const progress = (count: number, message: string) => {
        const params = { progressToken: token as string | number, progress: count, message };
        sendNotification({ method: "notifications/progress", params }).catch(options.onError);
      };
      // Sent as part of this call, so that it reaches the client on the call's own stream.
      const ask: Ask = async (message) => {
        const params = { mode: "form" as const, message, requestedSchema: boxToTick };
        try {
          const request = { method: "elicitation/create" as const, params };
          const answer = await sendRequest(request, ElicitResultSchema, { signal, timeout: patienceMs });
          return answer.action === "accept" && answer.content?.confirm === true ? "ticked" : "declined";
        } catch (error) {
          if (signal.aborted) throw error;
          options.onError(error as Error);
          return "unanswered";
        }
      };
      const result = await options.call({
        name: params.name,
        input: params.arguments ?? {},
        signal,
        ...(token === undefined ? {} : { progress }),
        ...(server.getClientCapabilities()?.elicitation?.form ? { ask } : {}),
      });
      if (!result) throw requestError("params", `unknown tool: ${params.name}`);
      return result as never;
    },
  );
  for (const [method, schema] of Object.entries(schemas)) {
    const answer = options.answers[method as keyof Asked] as (asked: unknown, signal: AbortSignal) => Promise<object>;
    server.setRequestHandler(
      schema as typeof ListToolsRequestSchema,
      ({ params }, { signal }) =>
        answer(params, signal).catch((error: unknown) => {
          throw options.failure(error, method);
        }) as never,
    );
  }
  return {
    connect: (transport) => server.connect(transport),
    close: () => server.close(),
    closed,
    clientName: () => server.getClientVersion()?.name,
    notify: (method, params) => void server.notification({ method, params } as never).catch(options.onError),
  };
}

const boxToTick = {
  type: "object" as const,
  properties: { confirm: { type: "boolean" as const, title: "Yes, do it (确认执行)", default: false } },
  required: ["confirm"],
};
/** How long a person may think about a form. */
const patienceMs = 5 * 60_000;

/** Codes of the protocol: "params" for what the client can correct, "missing" for an address that leads nowhere. */
const errorCodes = { params: ErrorCode.InvalidParams, missing: -32_002, internal: ErrorCode.InternalError } as const;

/** Not the SDK's McpError: it puts its own name before the message, and clients put it there once more. */
export function requestError(kind: keyof typeof errorCodes, message: string, data?: unknown): Error {
  return Object.assign(new Error(message), { code: errorCodes[kind], data });
}

/** The SDK wants one; its own default loads a schema compiler, and the one form that is shown is checked by hand. */
const unusedValidator = {
  getValidator: () => () => ({ valid: false as const, data: undefined, errorMessage: "not checked here" }),
};

export interface StdioEnds {
  stdin: Readable;
  stdout: Writable;
  /** The handshake that the client has its answer to: the SDK's own answer is not sent again. */
  answered?: string | number;
}

export function stdioTransport({ stdin, stdout, answered }: StdioEnds): Transport {
  const transport = new StdioServerTransport(stdin, stdout);
  if (answered === undefined) return transport;
  const send = transport.send.bind(transport);
  let isAnswered = false;
  transport.send = (message) => {
    if (isAnswered || !("id" in message) || message.id !== answered) return send(message);
    isAnswered = true;
    return Promise.resolve();
  };
  return transport;
}

export interface HttpTransport {
  transport: Transport;
  handle(request: Request): Promise<Response>;
}

export interface HttpTransportOptions {
  /** The handshake came: the id that the client's further requests carry. */
  onSession(id: string): void;
  events: EventLog<JSONRPCMessage>;
  /** When a client whose stream broke shall come back. */
  retryMs: number;
  bodyBytes: number;
}

/** One client's end of Streamable HTTP, with resumption. Loaded only where it is served. */
export async function httpTransport({
  onSession,
  events,
  retryMs,
  bodyBytes,
}: HttpTransportOptions): Promise<HttpTransport> {
  const { WebStandardStreamableHTTPServerTransport } = await import(
    "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js"
  );
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    onsessioninitialized: onSession,
    eventStore: events,
    retryInterval: retryMs,
    maxRequestBodySize: bodyBytes,
  });
  return { transport: transport as Transport, handle: (request) => transport.handleRequest(request) };
}
