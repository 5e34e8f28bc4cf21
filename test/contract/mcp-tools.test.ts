import { describe, expect, it } from "vitest";
import type { DeskOptions } from "../../src/mcp/desk.ts";
import { channelInstructions, instructions } from "../../src/mcp/instructions.ts";
import { findOperation, operations } from "../../src/operations/all.ts";
import { inputSchema } from "../../src/operations/call.ts";
import { scopeKind } from "../../src/operations/scope.ts";
import { connectMcp } from "../kit/mcp-client.ts";
import { countTokens } from "../kit/tokens.ts";

async function listTools(desk: Partial<DeskOptions> = {}) {
  const { client } = await connectMcp({ desk });
  return (await client.listTools()).tools;
}

describe("tools/list", () => {
  it("is what it was: a change of names, hints or schemas has to be meant", async () => {
    expect(await listTools()).toMatchSnapshot();
  });

  it("goes out without anything that the SDK would add, the same every time", async () => {
    const { client } = await connectMcp();
    const [first, second] = [await client.listTools(), await client.listTools()];
    expect(JSON.stringify(first)).toBe(JSON.stringify(second));
    expect(JSON.stringify(first)).not.toMatch(/\$schema|execution|taskSupport/);
  });

  it("stays in its budget: 20 tools, 3,500 tokens, 150 for each", async () => {
    const tools = await listTools();
    expect(tools.length).toBeLessThanOrEqual(20);
    const sizes = tools.map(({ name, description, inputSchema }) => ({
      name,
      size: countTokens({ name, description, inputSchema }),
    }));
    expect(sizes.filter(({ size }) => size > 150)).toEqual([]);
    expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(3_500);
    expect(Math.max(countTokens(instructions), countTokens(channelInstructions))).toBeLessThanOrEqual(300);
  });

  it("gives every tool of the table a title, hints, an output schema, described parameters and a portable name", async () => {
    for (const tool of await listTools({ choice: { toolsets: ["all"] } })) {
      expect(tool.name).toMatch(/^qq_[a-z][a-z0-9_]{0,39}$/);
      expect(tool.title).toBeTruthy();
      expect(tool.outputSchema?.type).toBe("object");
      expect(Object.keys(tool.annotations ?? {}).sort()).toEqual([
        "destructiveHint",
        "idempotentHint",
        "openWorldHint",
        "readOnlyHint",
      ]);
      // A short listing leaves the rest open: a client that checks against it must let the other fields through.
      const { listedFields = [] } = findOperation(tool.name.slice(3)) ?? {};
      expect(tool.inputSchema.additionalProperties).toBe(listedFields.length > 0 ? undefined : false);
      const fields = Object.entries((tool.inputSchema.properties ?? {}) as Record<string, { description?: string }>);
      expect(fields.filter(([, field]) => !field.description).map(([name]) => `${tool.name}.${name}`)).toEqual([]);
    }
  });

  it("speaks a JSON Schema that every client knows: one type for each field, and none without", async () => {
    const odd: string[] = [];
    const walk = (node: unknown, path: string, isSchema: boolean): void => {
      if (typeof node !== "object" || node === null) return;
      if (Array.isArray(node)) {
        for (const [at, item] of node.entries()) walk(item, `${path}[${at}]`, isSchema);
        return;
      }
      if (isSchema && !["type", "anyOf", "enum", "const"].some((key) => key in node)) odd.push(`${path} has no type`);
      for (const [key, value] of Object.entries(node)) {
        if (key === "type" && isSchema && Array.isArray(value)) odd.push(`${path} has types`);
        if (key === "properties")
          for (const [name, field] of Object.entries(value as object)) walk(field, `${path}.${name}`, true);
        else if (key === "items" || key === "anyOf") walk(value, `${path}.${key}`, true);
      }
    };
    for (const { name, inputSchema, outputSchema } of await listTools({
      ...{ choice: { toolsets: ["all"] }, accounts: ["a", "b"] },
    })) {
      walk(inputSchema, `${name} in`, true);
      walk(outputSchema, `${name} out`, true);
    }
    expect(odd).toEqual([]);
  });

  it("hints at what a tool does to the world", async () => {
    const hints = Object.fromEntries((await listTools()).map(({ name, annotations }) => [name, annotations]));
    expect(hints.qq_list_guilds).toMatchObject({ readOnlyHint: true, destructiveHint: false, idempotentHint: true });
    expect(hints.qq_send_message).toMatchObject({ readOnlyHint: false, destructiveHint: false, idempotentHint: false });
    expect(hints.qq_recall_message).toMatchObject({ readOnlyHint: false, destructiveHint: true });
    expect(hints.qq_call_operation).toMatchObject({ readOnlyHint: false, destructiveHint: true });
  });

  it("drops what the assistant may not do; it is found all the same, and refused with the setting", async () => {
    const rights = { grants: new Set(["read"] as const), confirm: "auto" as const };
    const { client, call, requests } = await connectMcp({ desk: { rights } });
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain("qq_list_guilds");
    expect(names).not.toContain("qq_send_message");
    const found = await call("qq_find_operations", { query: "send_message list_guilds" });
    expect(found.data.operations).toEqual([
      expect.objectContaining({ name: "send_message", needs: "right send (QQ_MCP_RIGHTS)" }),
      expect.not.objectContaining({ needs: expect.anything() }),
    ]);
    expect(found.text).toContain("send_message (message, send, needs right send (QQ_MCP_RIGHTS))");
    const input = { scene: "group", id: "G", content: "x" };
    for (const answer of [
      await call("qq_send_message", input),
      await call("qq_call_operation", { name: "send_message", input }),
    ]) {
      expect(answer).toMatchObject({ isError: true, data: { error: { code: "permission", missing: "send" } } });
      expect(answer.text).toContain("QQ_MCP_RIGHTS=read,send");
    }
    expect(requests).toEqual([]);
  });
});

describe("the operation table", () => {
  it("is what it was", () => {
    const rows = operations.map((operation) => {
      const { name, permission, toolset, listed, status, method, path, scope } = operation;
      const fields = Object.keys(inputSchema(operation).properties as object).join(" ");
      const route = path === null ? "composed" : `${method} ${path}`;
      const marks = [listed ? "listed" : "", status === "current" ? "" : status].filter(Boolean).join(" ");
      return `${name} | ${route} | ${permission} ${toolset} ${scopeKind(scope)} | ${marks} | ${fields}`;
    });
    expect(rows).toMatchSnapshot();
  });
});
