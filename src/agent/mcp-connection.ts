import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolResultSchema,
  ErrorCode,
  ListToolsResultSchema,
  McpError,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import type { ToolResult } from "./loop.ts";
import type { AgentTool } from "./model.ts";
import type { Connect, ToolConnection } from "./tool-server.ts";

/** A server as the settings name it: a program of this machine, or an address. */
export type ServerAddress =
  | {
      command: string;
      args?: readonly string[] | undefined;
      env?: Readonly<Record<string, string>> | undefined;
      cwd?: string | undefined;
    }
  | { url: string; headers?: Readonly<Record<string, string>> | undefined };

/** One message from a server; a larger one ends the connection. */
const mostBytes = 4 * 1024 * 1024;
const mostTools = 500;
/** The caller's deadline is the one that counts. */
const noTimeout = 2_147_483_647;

/**
 * Model Context Protocol, by stdio or Streamable HTTP. A program gets PATH, HOME and the like and the `env` of the settings,
 * nothing else of this process; what it writes to stderr is `onOutput`'s.
 */
export function mcpConnect(
  address: ServerAddress,
  about: { version: string; onOutput?: (text: string) => void },
): Connect {
  return async (on, signal) => {
    const client = new Client({ name: "qq-skill", version: about.version });
    const transport = transportTo(address, about.onOutput);
    client.onclose = () => on.end("it ended");
    client.setNotificationHandler(ToolListChangedNotificationSchema, on.change);
    try {
      await client.connect(transport, { signal, timeout: noTimeout });
    } catch (error) {
      await client.close().catch(() => undefined);
      throw new Error(plain(error), { cause: error });
    }
    return connectionOf(client, on.end);
  };
}

function transportTo(address: ServerAddress, onOutput: ((text: string) => void) | undefined): Transport {
  if ("url" in address) {
    const { url, headers = {} } = address;
    // The types of the library do not know exactOptionalPropertyTypes.
    return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers }, fetch: bounded }) as Transport;
  }
  const { command, args = [], env = {}, cwd } = address;
  const transport = new StdioClientTransport({
    ...{ command, args: [...args], env, stderr: "pipe", maxBufferSize: mostBytes },
    ...(cwd === undefined ? {} : { cwd }),
  });
  transport.stderr?.on("data", (chunk: Buffer) => onOutput?.(chunk.toString("utf8").slice(0, 2_000)));
  return transport;
}

/** An answer that does not end is cut off, whatever it says of its length. */
const bounded: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  if (!response.body) return response;
  let length = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      length += chunk.byteLength;
      if (length > mostBytes) controller.error(new Error(`more than ${mostBytes} bytes in one answer`));
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(counting), { status, statusText, headers });
};

function connectionOf(client: Client, end: (reason: string) => void): ToolConnection {
  return {
    async list(signal) {
      const tools: AgentTool[] = [];
      let cursor: string | undefined;
      do {
        const params = cursor === undefined ? {} : { cursor };
        const options = { signal, timeout: noTimeout };
        const page = await client.request({ method: "tools/list", params }, ListToolsResultSchema, options);
        for (const { name, description = "", inputSchema } of page.tools)
          tools.push({ name, description, parameters: inputSchema });
        cursor = page.nextCursor;
      } while (cursor !== undefined && tools.length < mostTools);
      return tools;
    },
    async call(name, input, signal) {
      const params = { name, arguments: input };
      try {
        const options = { signal, timeout: noTimeout };
        return resultOf(await client.request({ method: "tools/call", params }, CallToolResultSchema, options));
      } catch (error) {
        signal.throwIfAborted();
        // What the server answers leaves the connection as it is; everything else means that there is none.
        const isAnswer = error instanceof McpError && error.code !== ErrorCode.ConnectionClosed;
        if (!isAnswer) {
          end(plain(error));
          await client.close().catch(() => undefined);
        }
        throw new Error(plain(error), { cause: error });
      }
    },
    close: () => client.close(),
  };
}

/** Text as it is; other content by its kind and size, since the model would only see base64. */
function resultOf({ content, structuredContent, isError }: ReturnType<typeof CallToolResultSchema.parse>): ToolResult {
  const parts = content.map((part) => {
    if (part.type === "text") return part.text;
    if (part.type === "resource")
      return "text" in part.resource ? part.resource.text : `(resource: ${part.resource.uri})`;
    if (part.type === "resource_link") return `(link: ${part.uri})`;
    return `(${part.type}: ${part.mimeType}, ${Math.round((part.data.length * 3) / 4)} bytes)`;
  });
  const text = parts.filter(Boolean).join("\n");
  return { ok: isError !== true, content: text || (structuredContent ? JSON.stringify(structuredContent) : "(empty)") };
}

/** Without what the library puts before it. */
function plain(error: unknown): string {
  const message = error instanceof Error ? error.message : "unknown error";
  return message.replace(/^MCP error -?\d+: /, "").slice(0, 500);
}
