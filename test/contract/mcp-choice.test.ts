import { describe, expect, it } from "vitest";
import type { Choice } from "../../src/mcp/choice.ts";
import { operations } from "../../src/operations/all.ts";
import { connectMcp } from "../kit/mcp-client.ts";

async function listed(choice: Choice): Promise<string[]> {
  const { client } = await connectMcp({ desk: { choice } });
  return (await client.listTools()).tools.map(({ name }) => name.replace("qq_", ""));
}
const helpers = ["find_operations", "call_operation"];

describe("the choice of tools", () => {
  it("lists families, the default, or all; the rest stays within reach of the two helpers", async () => {
    const group = operations.filter(({ toolset }) => toolset === "group").map(({ name }) => name);
    expect(await listed({ toolsets: ["group"] })).toEqual([...group, ...helpers]);
    expect(await listed({ toolsets: ["all"] })).toEqual([...operations.map(({ name }) => name), ...helpers]);
    const usual = await listed({});
    expect(await listed({ toolsets: ["default", "group"] })).toEqual([
      ...usual.filter((name) => !helpers.includes(name)),
      ...group,
      ...helpers,
    ]);
    const { call } = await connectMcp({ desk: { choice: { toolsets: ["group"] } }, respond: () => [] });
    expect((await call("qq_call_operation", { name: "list_guilds" })).isError).toBe(false);
  });

  it("adds single tools, with or without the prefix, in the order of the table", async () => {
    const usual = await listed({});
    const more = await listed({ tools: ["qq_mute_guild", "create_role"] });
    expect(more.filter((name) => !usual.includes(name))).toEqual(["create_role", "mute_guild"]);
  });

  it("leaves out what is excluded, for good: not listed, not found, not callable", async () => {
    const choice = {
      toolsets: ["all"],
      tools: ["recall_message"],
      excluded: ["qq_recall_message", "recall_group_message"],
    };
    const { client, call, requests } = await connectMcp({ desk: { choice } });
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).not.toContain("qq_recall_message");
    await expect(call("qq_recall_message", { scene: "group", id: "G" })).rejects.toThrow("unknown tool");
    for (const name of ["recall_message", "qq_recall_group_message"])
      expect((await call("qq_call_operation", { name })).text).toContain("there is no operation");
    const found = (await call("qq_find_operations", { query: "recall_message recall_group_message 撤回" })).text;
    expect(found).not.toMatch(/^recall_(group_)?message/m);
    expect(requests).toEqual([]);
    expect(await listed({ excluded: ["call_operation", "find_operations"] })).not.toContain("call_operation");
  });

  it("drops everything that changes something when it is read-only, and says so in the hints", async () => {
    const { client, call } = await connectMcp({ desk: { choice: { isReadOnly: true, tools: ["send_message"] } } });
    const tools = (await client.listTools()).tools;
    expect(tools.filter(({ annotations }) => annotations?.readOnlyHint !== true)).toEqual([]);
    expect(tools.map(({ name }) => name)).toContain("qq_call_operation");
    for (const { name } of operations.filter(({ permission }) => permission !== "read"))
      expect((await call("qq_call_operation", { name })).text).toContain(`there is no operation "${name}"`);
    const found = (await call("qq_find_operations", { query: "send message", limit: 50 })).data;
    expect((found.operations as { permission: string }[]).filter(({ permission }) => permission !== "read")).toEqual(
      [],
    );
  });

  it("refuses wrong names at the start, all at once, with the nearest right ones", async () => {
    const choice = { toolsets: ["gruop"], tools: ["qq_send_mesage"], excluded: ["zzzzzzzzzzzzzz"] };
    const refused = connectMcp({ desk: { choice } });
    await expect(refused).rejects.toThrow();
    const { createDesk } = await import("../../src/mcp/desk.ts");
    const open = () => createDesk({ operations: [], contextFor: () => Promise.reject(), choice });
    expect(open).toThrow(/QQ_MCP_TOOLSETS: there is no "gruop"; nearest: group/);
    expect(open).toThrow(/QQ_MCP_EXCLUDE_TOOLS: there is no "zzzzzzzzzzzzzz"/);
    expect(open).toThrow(/QQ_MCP_TOOLS: there is no "send_mesage"/);
  });
});

describe("several bots", () => {
  const accounts = ["shop", "club"];

  it("give every tool the parameter, with their names; a single one gives none", async () => {
    const one = (await (await connectMcp()).client.listTools()).tools;
    expect(one.filter(({ inputSchema }) => "account" in (inputSchema.properties ?? {}))).toEqual([]);
    const { client } = await connectMcp({ desk: { accounts } });
    for (const { name, inputSchema } of (await client.listTools()).tools) {
      if (name === "qq_find_operations") continue;
      expect((inputSchema.properties as Record<string, unknown>).account, name).toMatchObject({ enum: accounts });
      expect(inputSchema.required, name).toContain("account");
    }
  });

  it("are named by each call, and the audit row carries it: never a silent choice", async () => {
    const { call, callers, requests } = await connectMcp({ respond: () => [], desk: { accounts } });
    await call("qq_list_guilds", { account: "club" });
    await call("qq_call_operation", { name: "list_guilds", account: "shop" });
    expect(callers.map(({ label }) => label)).toEqual(["mcp:Test_Client_1@club", "mcp:Test_Client_1@shop"]);
    for (const input of [{}, { account: "clubb" }, { account: ["club"] }]) {
      const { text, isError } = await call("qq_list_guilds", input);
      expect(isError).toBe(true);
      expect(text).toContain("Expected: one of shop, club");
    }
    expect((await call("qq_call_operation", { name: "list_guilds" })).isError).toBe(true);
    // The same field a second time, where models put it too.
    const twice = { name: "list_guilds", input: { account: "club" }, account: "shop" };
    const { text, isError } = await call("qq_call_operation", twice);
    expect(isError).toBe(true);
    expect(text).toMatch(/input.account names another bot/);
    expect(requests).toHaveLength(2);
  });
});
