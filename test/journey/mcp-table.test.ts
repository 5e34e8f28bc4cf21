import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { expect, it, onTestFinished } from "vitest";
import { operations } from "../../src/operations/all.ts";
import { connectMcp } from "../kit/mcp-client.ts";
import { cleanVariables, program, temporaryFolder } from "../kit/processes.ts";

/** The build writes the table down as data and loads families when called: it must say what the table says. */
it("the built command lists, finds and loads every operation as the table has it", async () => {
  const home = temporaryFolder();
  const built = new Client({ name: "Test Client/1", version: "1" });
  onTestFinished(() => built.close());
  await built.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [program, "mcp", "--rights", "all"],
      env: cleanVariables(home),
      cwd: home,
      stderr: "ignore",
    }),
  );
  const { client: source } = await connectMcp();
  expect(await built.listTools()).toEqual(await source.listTools());

  const names = operations.map(({ name }) => name);
  for (let at = 0; at < names.length; at += 4) {
    const call = { name: "qq_find_operations", arguments: { query: names.slice(at, at + 4).join(" "), limit: 20 } };
    expect(await built.callTool(call)).toEqual(await source.callTool(call));
  }
  for (const name of names) {
    const call = { name: "qq_call_operation", arguments: { name, input: { no_such_field: 1 } } };
    const answer = await built.callTool(call);
    expect(answer).toEqual(await source.callTool(call));
    expect(JSON.stringify(answer), name).toContain("no_such_field");
  }
});
