import type { Readable, Writable } from "node:stream";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema, McpError } from "@modelcontextprotocol/sdk/types.js";
import type { ToolResult } from "./results.ts";
import type { Tool } from "./tools.ts";

export type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";

export interface ToolCall {
  name: string;
  input: unknown;
  signal: AbortSignal;
  /** Only when the client asked for progress. */
  progress?: (count: number, message: string) => void;
}

export interface SdkServerOptions {
  serverInfo: { name: string; title: string; version: string };
  capabilities: { tools: Record<string, never> };
  instructions: string;
  /** Asked at every listing; must always give the same. */
  tools(): Promise<readonly Tool[]>;
  /** undefined: there is no such tool. */
  call(call: ToolCall): Promise<ToolResult | undefined>;
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
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, _meta, sendNotification }) => {
    const token = _meta?.progressToken;
    const progress = (count: number, message: string) => {
      const params = { progressToken: token as string | number, progress: count, message };
      sendNotification({ method: "notifications/progress", params }).catch(options.onError);
    };
    const result = await options.call({
      name: params.name,
      input: params.arguments ?? {},
      signal,
      ...(token === undefined ? {} : { progress }),
    });
    if (!result) throw new McpError(ErrorCode.InvalidParams, `unknown tool: ${params.name}`);
    return result as never;
  });
  return {
    connect: (transport) => server.connect(transport),
    close: () => server.close(),
    closed,
    clientName: () => server.getClientVersion()?.name,
  };
}

/** The SDK wants one for elicitation, which this server does not use; its own default loads a schema compiler. */
const unusedValidator = {
  getValidator: () => () => ({ valid: false as const, data: undefined, errorMessage: "no elicitation here" }),
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
