import type { Readable, Writable } from "node:stream";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolRequestSchema,
  ElicitResultSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
} from "@modelcontextprotocol/sdk/types.js";
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
      if (!result) throw new McpError(ErrorCode.InvalidParams, `unknown tool: ${params.name}`);
      return result as never;
    },
  );
  return {
    connect: (transport) => server.connect(transport),
    close: () => server.close(),
    closed,
    clientName: () => server.getClientVersion()?.name,
  };
}

const boxToTick = {
  type: "object" as const,
  properties: { confirm: { type: "boolean" as const, title: "Yes, do it (确认执行)", default: false } },
  required: ["confirm"],
};
/** How long a person may think about a form. */
const patienceMs = 5 * 60_000;

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
