import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { onTestFinished } from "vitest";
import { packageRoot } from "../../src/cli/package-root.ts";
import { createDesk, type DeskOptions } from "../../src/mcp/desk.ts";
import { createLibrary } from "../../src/mcp/library.ts";
import { createSession } from "../../src/mcp/session.ts";
import { createSkills } from "../../src/mcp/skills.ts";
import { catalogue } from "../../src/operations/catalogue.ts";
import type { Caller } from "../../src/operations/context.ts";
import { type FakeContext, type FakeOptions, fakeContext } from "./fake-context.ts";

export interface ToolAnswer {
  text: string;
  data: Record<string, unknown>;
  isError: boolean;
}

export interface McpFixture extends FakeContext {
  client: Client;
  callers: Caller[];
  call(name: string, input?: Record<string, unknown>): Promise<ToolAnswer>;
}

/** The official client on our session in one process; it checks every answer against the listed output schema. */
export async function connectMcp(
  options: FakeOptions & { desk?: Partial<DeskOptions>; channel?: boolean } = {},
): Promise<McpFixture> {
  const fake = fakeContext(options);
  const callers: Caller[] = [];
  const contextFor = (caller: Caller) => {
    callers.push(caller);
    return { ...fake.context, caller };
  };
  const session = createSession({
    version: "1.2.3",
    channel: options.channel ?? false,
    open: () => {
      const desk = createDesk({ operations: catalogue, contextFor, log: fake.context.log, ...options.desk });
      return {
        ...desk,
        library: createLibrary({
          desk,
          operations: catalogue,
          skills: createSkills(packageRoot()),
          contextFor,
          clock: fake.clock,
          accounts: options.desk?.accounts ?? [],
        }),
      };
    },
    clock: fake.clock,
  });
  const [clientEnd, serverEnd] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: "Test Client/1", version: "1" });
  await session.connect(serverEnd);
  await client.connect(clientEnd);
  await client.listTools();
  onTestFinished(() => client.close());
  return {
    ...fake,
    client,
    callers,
    async call(name, input = {}) {
      const result = await client.callTool({ name, arguments: input });
      const [content] = result.content as { text: string }[];
      return {
        text: content?.text ?? "",
        data: result.structuredContent as Record<string, unknown>,
        isError: result.isError === true,
      };
    },
  };
}
