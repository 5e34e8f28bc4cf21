import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { onTestFinished } from "vitest";
import type { MessageRow } from "../../src/emulator/chats.ts";
import { cleanVariables, eventually, program, temporaryFolder, type Variables } from "./processes.ts";

export interface ToolAnswer {
  isError: boolean;
  /** What a client without structured output shows. */
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a tool gives is looked at field by field.
  data: any;
}

/** An assistant: the SDK's own client on the server's stdio. It checks every result against the listed output schema. */
export class Assistant {
  readonly client = new Client({ name: "journey", version: "1.0.0" });
  stderr = "";
  /** Of the server. */
  pid = 0;

  static async start(args: readonly string[], env: Variables = {}, home = temporaryFolder()): Promise<Assistant> {
    const assistant = new Assistant();
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [program, "mcp", ...args],
      env: cleanVariables(home, env),
      cwd: home,
      stderr: "pipe",
    });
    transport.stderr?.on("data", (text: Buffer) => {
      assistant.stderr += String(text);
    });
    onTestFinished(() => assistant.client.close());
    await assistant.client.connect(transport);
    assistant.pid = transport.pid ?? 0;
    return assistant;
  }

  async tools() {
    return (await this.client.listTools()).tools;
  }

  async call(name: string, input: Record<string, unknown> = {}): Promise<ToolAnswer> {
    const { isError, content, structuredContent } = await this.client.callTool({ name, arguments: input });
    const text = (content as { text: string }[]).map((part) => part.text).join("\n");
    return { isError: isError === true, text, data: structuredContent };
  }

  /** Subscribes and waits until events can arrive. */
  async goLive(): Promise<{ cursor: number }> {
    const { data } = await this.call("qq_subscribe_gateway", { action: "start" });
    await eventually(
      async () => (await this.call("qq_subscribe_gateway", { action: "status" })).data.state === "live",
      () => `the gateway is live; ${this.stderr}`,
    );
    return data;
  }

  /** The embedded local QQ, by the address that was printed for a person. */
  async control<T>(path: string, body?: object): Promise<T> {
    const [address] = await eventually(
      () => /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/.exec(this.stderr) ?? undefined,
      () => `an address on stderr, which has: ${this.stderr}`,
    );
    const { origin, searchParams } = new URL(address);
    const response = await fetch(`${origin}/_emulator/${path}`, {
      headers: { authorization: `Bearer ${searchParams.get("token")}` },
      ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
    });
    return (await response.json()) as T;
  }

  async said(scene: string, id: string): Promise<MessageRow[]> {
    const { messages } = await this.control<{ messages: MessageRow[] }>(`messages?scene=${scene}&id=${id}`);
    return messages.filter(({ from }) => from === "bot");
  }
}
