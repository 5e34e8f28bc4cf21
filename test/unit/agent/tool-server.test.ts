import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { mcpConnect, type ServerAddress } from "../../../src/agent/mcp-connection.ts";
import { startToolServer } from "../../../src/agent/tool-server.ts";
import { silentLog } from "../../../src/core/log.ts";
import { FakeClock, settle } from "../../kit/fake-clock.ts";

const kit = { command: process.execPath, args: [join(import.meta.dirname, "../../kit/tool-server.ts")] };
const allowed = ["echo", "env", "crash", "slow", "huge", "fail", "vanish", "picture", "not-there"];
const forEver = new AbortController().signal;

async function open(address: ServerAddress = { ...kit, env: { KIT_KEY: "abc" } }) {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const output: string[] = [];
  const log = { ...silentLog, warn: (_: object, message: string) => void warnings.push(message) };
  const connect = mcpConnect(address, { version: "0", onOutput: (text) => output.push(text) });
  const server = startToolServer({ name: "kit", connect, allowed, clock, log });
  onTestFinished(() => server.stop());
  const live = () => vi.waitFor(() => expect(server.status().state).toBe("live"), { timeout: 10_000 });
  await live();
  return { server, clock, warnings, output, live };
}

describe("a server of tools, as a process", () => {
  it("offers what is allowed and nothing else, and answers", async () => {
    const { server, warnings } = await open();
    expect(server.tools().map(({ name }) => name)).toEqual(allowed.slice(0, -1));
    expect(server.tools()[0]?.parameters).toMatchObject({ type: "object", properties: { text: { type: "string" } } });
    expect(await server.call("echo", { text: "你好" }, forEver)).toEqual({ ok: true, content: "你好" });
    expect(await server.call("fail", {}, forEver)).toEqual({ ok: false, content: "it did not work" });
    expect(await server.call("picture", {}, forEver)).toEqual({ ok: true, content: "(image: image/png, 6 bytes)" });
    expect(await server.call("secret", {}, forEver)).toMatchObject({ ok: false });
    expect(warnings).toContain("tools of the settings that a server does not have");
  });

  it("gets the variables of its settings and none of ours", async () => {
    vi.stubEnv("QQ_BOT_APP_SECRET", "ours");
    vi.stubEnv("OPENAI_API_KEY", "ours");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { server } = await open();
    const names = JSON.parse((await server.call("env", {}, forEver)).content) as string[];
    expect(names).toContain("KIT_KEY");
    const usual = ["HOME", "KIT_KEY", "LOGNAME", "PATH", "SHELL", "TERM", "USER"];
    expect(names.filter((name) => !usual.includes(name) && !name.startsWith("__"))).toEqual([]);
  });

  it("that crashes is a failed call, and is there again after a wait", async () => {
    const { server, clock, live } = await open();
    expect(await server.call("crash", {}, forEver)).toMatchObject({ ok: false });
    await vi.waitFor(() => expect(server.status().state).toBe("waiting"));
    const gone = await server.call("echo", { text: "x" }, forEver);
    expect(gone).toMatchObject({ ok: false, content: expect.stringContaining('"kit" is not reachable') });
    // What it had stays on offer: a list that comes and goes would confuse the model.
    expect(server.tools().length).toBeGreaterThan(0);
    await clock.advance(1_000);
    await live();
    expect(await server.call("echo", { text: "again" }, forEver)).toEqual({ ok: true, content: "again" });
  });

  it("that does not answer is given up after a minute, or with the turn", async () => {
    const { server, clock } = await open();
    const slow = server.call("slow", {}, forEver);
    await settle();
    await clock.advance(60_000);
    expect(await slow).toEqual({ ok: false, content: "no answer within 60 s" });
    const turn = new AbortController();
    const stopped = server.call("slow", {}, turn.signal);
    turn.abort(new Error("stopped"));
    await expect(stopped).rejects.toThrow("stopped");
    expect(await server.call("echo", { text: "well" }, forEver)).toEqual({ ok: true, content: "well" });
  });

  it("that floods us loses the connection, not the bot", async () => {
    const { server, clock, live } = await open();
    expect(await server.call("huge", { text: "5000000" }, forEver)).toMatchObject({ ok: false });
    await vi.waitFor(() => expect(server.status().state).toBe("waiting"));
    await clock.advance(1_000);
    await live();
  });

  it("that takes a tool away is asked for what is left", async () => {
    const { server } = await open();
    expect(await server.call("vanish", {}, forEver)).toMatchObject({ ok: true });
    await vi.waitFor(() => expect(server.tools().map(({ name }) => name)).not.toContain("echo"));
    expect(await server.call("echo", { text: "x" }, forEver)).toMatchObject({
      ok: false,
      content: expect.stringContaining("does not have echo any more"),
    });
  });

  it("that cannot be started is tried again, ever later, and stopping ends that", async () => {
    const clock = new FakeClock();
    let tries = 0;
    const connect = async () => {
      tries++;
      throw new Error("no such program");
    };
    const server = startToolServer({ name: "kit", connect, allowed, clock, log: silentLog });
    await clock.advance(24 * 3_600_000);
    expect(server.status()).toEqual({ state: "waiting", detail: "no such program" });
    expect(tries).toBeGreaterThan(100);
    // Waits are random below five minutes.
    expect(tries).toBeLessThan(1_500);
    await server.stop();
    expect(clock.pending).toBe(0);
  });
});

describe("a server of tools at an address", () => {
  it("gets the headers of its settings", async () => {
    const keys: unknown[] = [];
    const http = createServer(async (request, response) => {
      keys.push(request.headers.authorization);
      const server = new Server({ name: "web", version: "1" }, { capabilities: { tools: {} } });
      server.setRequestHandler(ListToolsRequestSchema, async () => ({
        tools: [{ name: "echo", inputSchema: { type: "object" } }],
      }));
      server.setRequestHandler(CallToolRequestSchema, async ({ params }) => ({
        content: [{ type: "text", text: `web ${params.arguments?.text}` }],
      }));
      const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined } as object);
      await server.connect(transport as Parameters<typeof server.connect>[0]);
      await transport.handleRequest(request, response);
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      http.closeAllConnections();
      http.close();
    });
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
    const { server } = await open({ url, headers: { authorization: "Bearer its-key" } });
    expect(await server.call("echo", { text: "hi" }, forEver)).toEqual({ ok: true, content: "web hi" });
    expect(new Set(keys)).toEqual(new Set(["Bearer its-key"]));
    http.closeAllConnections();
    http.close();
    expect(await server.call("echo", { text: "hi" }, forEver)).toMatchObject({ ok: false });
    await vi.waitFor(() => expect(server.status().state).toBe("waiting"));
  });
});
