import type { Readable, Writable } from "node:stream";
import { isRecord } from "../core/json.ts";
import { channelInstructions, instructions } from "./instructions.ts";

const capabilities = {
  tools: {},
  resources: { subscribe: true },
  prompts: {},
  completions: {},
  extensions: { "io.modelcontextprotocol/skills": {} },
};

/** Claude Code's preview: without it there, notifications of this kind are dropped by the client. */
const channelCapability = { experimental: { "claude/channel": {} } };

export interface Self {
  version: string;
  /** Messages are pushed as they come. Default: they are not. */
  channel?: boolean;
}

/** What the server says of itself; the SDK's handshake uses the same values. */
export function selfDescription({ version, channel = false }: Self) {
  return {
    serverInfo: { name: "qq-skill", title: "QQ Open Platform", version },
    capabilities: { ...capabilities, ...(channel ? channelCapability : {}) },
    instructions: channel ? channelInstructions : instructions,
  };
}

/** Revisions that the SDK speaks, newest first; a test compares them with the SDK's own. */
export const protocolVersions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07"] as const;

export interface Greeting {
  /** Id of the handshake that was answered; undefined when the first line was something else, or not well formed. */
  answered?: string | number;
}

/**
 * Answers the handshake with nothing loaded yet, then leaves the stream paused with every byte put back, for the SDK to
 * see the same conversation. It costs the client one tenth of a second less: loading the SDK is most of the start.
 */
export function greet(stdin: Readable, stdout: Writable, self: Self): Promise<Greeting> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const onData = (chunk: Buffer | string) => {
      received = Buffer.concat([received, typeof chunk === "string" ? Buffer.from(chunk) : chunk]);
      const end = received.indexOf("\n");
      if (end < 0 && received.length < longestHello) return;
      stdin.off("data", onData);
      stdin.pause();
      stdin.unshift(received);
      const answer = end < 0 ? undefined : answerTo(received.toString("utf8", 0, end), self);
      if (answer) stdout.write(`${JSON.stringify(answer)}\n`);
      resolve(answer ? { answered: answer.id } : {});
    };
    stdin.on("data", onData);
  });
}

const longestHello = 1024 * 1024;

function answerTo(line: string, self: Self) {
  const hello = parse(line);
  if (hello.jsonrpc !== "2.0" || hello.method !== "initialize") return undefined;
  const { id, params } = hello;
  if (typeof id !== "string" && typeof id !== "number") return undefined;
  if (!isRecord(params) || !isRecord(params.capabilities) || !isRecord(params.clientInfo)) return undefined;
  const { name, version: clientVersion } = params.clientInfo;
  if (typeof params.protocolVersion !== "string" || typeof name !== "string" || typeof clientVersion !== "string")
    return undefined;
  const protocolVersion = protocolVersions.find((known) => known === params.protocolVersion) ?? protocolVersions[0];
  return { jsonrpc: "2.0", id, result: { protocolVersion, ...selfDescription(self) } };
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : {};
  } catch {
    // Not ours to report: the SDK sees the same line again.
    return {};
  }
}
