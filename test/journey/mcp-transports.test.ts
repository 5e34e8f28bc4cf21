import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema, type ElicitResult } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ToolAnswer } from "../kit/assistant.ts";
import { startTestEmulator, type TestEmulator } from "../kit/emulator.ts";
import { hello, RawClient } from "../kit/mcp-http.ts";
import {
  cleanVariables,
  eventually,
  Program,
  platformVariables,
  program,
  run,
  temporaryFolder,
  type Variables,
} from "../kit/processes.ts";

type Input = Record<string, unknown>;

async function startOnHttp(env: Variables = {}, home = temporaryFolder(), args: readonly string[] = []) {
  const server = new Program(["mcp", "--http", "127.0.0.1:0", ...args], { env, home });
  const [, url = ""] = await server.waitFor(/MCP server: (http:\S+)/, { stream: "stderr" });
  return { server, url };
}

/** The SDK's own client on the built command. */
async function connect(kind: "stdio" | "HTTP", env: Variables, home = temporaryFolder()): Promise<Client> {
  const stdio = { command: process.execPath, args: [program, "mcp"], cwd: home, env: cleanVariables(home, env) };
  const transport =
    kind === "stdio"
      ? new StdioClientTransport({ ...stdio, stderr: "ignore" })
      : new StreamableHTTPClientTransport(new URL((await startOnHttp(env, home)).url));
  const client = new Client({ name: "journey", version: "1" });
  onTestFinished(() => client.close());
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  return client;
}

async function call(client: Client, name: string, input: Input = {}): Promise<ToolAnswer> {
  const { isError, content, structuredContent } = await client.callTool({ name, arguments: input });
  return { isError: isError === true, text: JSON.stringify(content), data: structuredContent };
}

/** A server process that is spoken to line by line. */
class Piped extends Program {
  async ask(id: number, method: string, params: object): Promise<Input> {
    this.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    const [line] = await this.waitFor(new RegExp(`^.*"id":${id}[,}].*$`, "m"));
    return JSON.parse(line);
  }

  async begin(): Promise<void> {
    await this.ask(hello.id, hello.method, hello.params);
    this.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
  }
}

/** Takes connections and says nothing: whoever uses the network is seen. */
async function countConnections() {
  const seen = { connections: 0 };
  const server = createServer((socket) => {
    seen.connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const env = { QQ_BOT_APP_ID: "1", QQ_BOT_APP_SECRET: "secret", QQ_BOT_API_BASE: url, QQ_BOT_TOKEN_URL: `${url}/t` };
  return { seen, env: { ...env, HTTPS_PROXY: url } };
}

const waitLong = { name: "qq_wait_events", arguments: { timeout_s: 50 } };
const goLive = { name: "qq_subscribe_gateway", arguments: { action: "start" } };
const isLive = (emulator: TestEmulator) => emulator.frames().some(({ data }) => (data as { t?: string }).t === "READY");

/** From earlier answers. */
interface Known {
  message_id?: string;
  user_id?: string;
}

/** What an assistant might say to each of the default tools. */
function inputsFor(emulator: TestEmulator, image: string): Record<string, (known: Known) => Input> {
  const { guilds, groups } = emulator.world;
  const guild = guilds[0];
  const channel_id = guild?.channels.find(({ type }) => type === 0)?.id;
  const guild_id = guild?.id;
  const group = { scene: "group", id: groups[0]?.id };
  const reaction = ({ message_id }: Known) => ({ channel_id, message_id, type: 1, id: "4" });
  const none = () => ({});
  return {
    qq_send_message: () => ({ scene: "channel", id: channel_id, content: "hello" }),
    qq_add_reaction: reaction,
    qq_remove_reaction: reaction,
    qq_recall_message: ({ message_id }) => ({ scene: "channel", id: channel_id, message_id }),
    qq_upload_media: () => ({ ...group, path: image, file_type: 1 }),
    qq_ack_interaction: () => ({ interaction_id: "no-such-click" }),
    qq_get_guild: () => ({ guild_id }),
    qq_list_guilds: none,
    qq_get_channel: () => ({ channel_id }),
    qq_list_channels: () => ({ guild_id }),
    qq_list_members: () => ({ guild_id }),
    qq_get_member: ({ user_id }) => ({ guild_id, user_id }),
    qq_list_roles: () => ({ guild_id }),
    qq_get_bot_profile: none,
    qq_list_events: none,
    qq_wait_events: () => ({ timeout_s: 0 }),
    qq_subscribe_gateway: () => ({ action: "status" }),
    qq_create_dm_session: ({ user_id }) => ({ recipient_id: user_id, source_guild_id: guild_id }),
    qq_find_operations: () => ({ query: "公告" }),
    qq_call_operation: () => ({ name: "list_pins", input: { channel_id } }),
  };
}

describe.each(["stdio", "HTTP"] as const)("over %s", (kind) => {
  it("a real client calls every default tool", async () => {
    const emulator = await startTestEmulator();
    const home = temporaryFolder();
    const image = join(home, "dot.png");
    writeFileSync(
      image,
      Buffer.from(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg==",
        "base64",
      ),
    );
    const client = await connect(kind, { ...platformVariables(emulator), QQ_SKILL_FILES: home }, home);
    await client.callTool(goLive);
    await eventually(() => isLive(emulator), "the gateway is live");
    const inputs = inputsFor(emulator, image);
    const names = (await client.listTools()).tools.map(({ name }) => name);
    // In the order of the table above: later inputs need earlier answers.
    const order = Object.keys(inputs);
    expect(names.filter((name) => !order.includes(name))).toEqual([]);
    const known: Known = {};
    for (const name of order.filter((one) => names.includes(one))) {
      const { isError, text, data } = await call(client, name, inputs[name]?.(known));
      if (name === "qq_ack_interaction") expect(text).toContain("ack_interaction failed");
      else expect(isError, `${name}: ${text}`).toBe(false);
      if (name === "qq_send_message") known.message_id = data.parts[0].message_id;
      if (name === "qq_list_members")
        known.user_id = data.members.find(({ user }: { user: Input }) => !user.bot).user.id;
    }
  });

  it("the network is not touched before the first call that needs it", async () => {
    const { seen, env } = await countConnections();
    const silent = kind === "stdio" ? new Program(["mcp"], { env }) : (await startOnHttp(env)).server;
    const client = await connect(kind, env);
    await client.listTools();
    await call(client, "qq_find_operations", { query: "recall" });
    // The silent one reads its settings by itself meanwhile: half a second after its start.
    await eventually(() => performance.now() - startedAt > 700, "700 ms are over");
    expect({ ...seen, isRunning: silent.isRunning }).toEqual({ connections: 0, isRunning: true });
    expect((await call(client, "qq_list_guilds")).isError).toBe(true);
    expect(seen.connections).toBeGreaterThan(0);
  });
  const startedAt = performance.now();

  it("SIGTERM ends it within 500 ms, with the gateway open and a call running", async () => {
    const emulator = await startTestEmulator();
    const env = platformVariables(emulator);
    if (kind === "stdio") {
      const server = new Piped(["mcp"], { env });
      await server.begin();
      await server.ask(2, "tools/call", goLive);
      await eventually(() => isLive(emulator), "the gateway is live");
      server.write(`${JSON.stringify({ jsonrpc: "2.0", id: 3, method: "tools/call", params: waitLong })}\n`);
      await server.ask(4, "ping", {});
      const { code, tookMs } = await server.stop();
      expect({ code, isQuick: tookMs < 500 }, `${tookMs} ms`).toEqual({ code: 0, isQuick: true });
    } else {
      const { server, url } = await startOnHttp(env);
      const client = await new RawClient(url).connect();
      await client.post({ jsonrpc: "2.0", id: 2, method: "tools/call", params: goLive });
      await eventually(() => isLive(emulator), "the gateway is live");
      const message = { jsonrpc: "2.0", id: 3, method: "tools/call", params: waitLong };
      const waiting = await client.send({ method: "POST", body: JSON.stringify(message) });
      const { code, tookMs, stdout } = await server.stop();
      expect({ code, stdout, isQuick: tookMs < 500 }, `${tookMs} ms`).toEqual({ code: 0, stdout: "", isQuick: true });
      expect(await waiting.text()).not.toContain('"result"');
    }
  });
});

describe("stdio", () => {
  it("the end of input ends it within 500 ms, with the gateway open and a call running", async () => {
    const emulator = await startTestEmulator();
    const server = new Piped(["mcp"], { env: platformVariables(emulator) });
    await server.begin();
    await server.ask(2, "tools/call", goLive);
    await eventually(() => isLive(emulator), "the gateway is live");
    server.write(`${JSON.stringify({ jsonrpc: "2.0", id: 3, method: "tools/call", params: waitLong })}\n`);
    await server.ask(4, "ping", {});
    const startedAt = performance.now();
    server.closeStdin();
    const { code } = await server.ended;
    const tookMs = performance.now() - startedAt;
    expect({ code, isQuick: tookMs < 500 }, `${tookMs} ms`).toEqual({ code: 0, isQuick: true });
  });

  it("stdout carries protocol lines only, whatever goes wrong and whatever Node warns of", async () => {
    const emulator = await startTestEmulator();
    const env = {
      ...platformVariables(emulator),
      QQ_SKILL_LOG: "trace",
      NODE_OPTIONS: "--pending-deprecation",
      NODE_DEBUG: "net,http,tls",
    };
    const server = new Piped(["mcp"], { env });
    await server.begin();
    const asked: [string, object][] = [
      ["tools/list", {}],
      ["tools/call", { name: "qq_list_guilds", arguments: {} }],
      ["tools/call", { name: "qq_list_guilds", arguments: { limit: "many" } }],
      ["tools/call", { name: "qq_no_such_tool", arguments: {} }],
      ["tools/call", { name: 7 }],
      ["no/such/method", {}],
      ["tools/call", goLive],
      ["tools/call", { name: "qq_get_guild", arguments: { guild_id: "404" } }],
    ];
    for (const [at, [method, params]] of asked.entries()) await server.ask(at + 10, method, params);
    server.write("not JSON at all\n\u0000\u0001\n{}\n[]\n");
    await server.ask(99, "ping", {});
    server.closeStdin();
    const { stdout, stderr } = await server.ended;
    for (const line of stdout.trimEnd().split("\n")) expect(JSON.parse(line)).toMatchObject({ jsonrpc: "2.0" });
    expect(stderr).toMatch(/HTTP|NET/);
    expect(stderr + stdout).not.toContain(emulator.app.appSecret);
  });
});

describe("HTTP", () => {
  it("two assistants share one subscription, and a restart of one does not end it", async () => {
    const emulator = await startTestEmulator();
    const { url } = await startOnHttp(platformVariables(emulator));
    const assistant = async () => {
      const client = new Client({ name: "journey", version: "1" });
      await client.connect(new StreamableHTTPClientTransport(new URL(url)) as Parameters<Client["connect"]>[0]);
      onTestFinished(() => client.close());
      return client;
    };
    const [first, second] = [await assistant(), await assistant()];
    const started = await Promise.all([first.callTool(goLive), second.callTool(goLive)]);
    await eventually(() => isLive(emulator), "the gateway is live");
    const { cursor } = started[0].structuredContent as { cursor: number };
    await first.close();
    const waiting = call(second, "qq_wait_events", { cursor, timeout_s: 10 });
    emulator.say({ as: "alice", scene: "c2c", id: emulator.world.c2c[0]?.id ?? "", content: "still there?" });
    expect((await waiting).data.events).toMatchObject([{ content: "still there?" }]);
    expect(emulator.frames().filter(({ data }) => (data as { op?: number }).op === 2)).toHaveLength(1);
  });

  it("a person is asked by the client that made the call, on the call's own stream", async () => {
    const emulator = await startTestEmulator();
    const { url } = await startOnHttp(platformVariables(emulator));
    const channel_id = emulator.world.guilds[0]?.channels[1]?.id;
    const forms: string[] = [];
    const assistant = async (name: string, answers: ElicitResult[]) => {
      const client = new Client({ name, version: "1" }, { capabilities: { elicitation: {} } });
      client.setRequestHandler(ElicitRequestSchema, () => {
        forms.push(name);
        return answers.shift() ?? { action: "cancel" };
      });
      await client.connect(new StreamableHTTPClientTransport(new URL(url)) as Parameters<Client["connect"]>[0]);
      onTestFinished(() => client.close());
      return () => call(client, "qq_call_operation", { name: "delete_channel", input: { channel_id } });
    };
    const careful = await assistant("careful", [{ action: "decline" }]);
    const willing = await assistant("willing", [{ action: "accept", content: { confirm: true } }]);
    expect((await careful()).data.result.confirmation.status).toBe("declined");
    expect((await willing()).data).toEqual({ operation: "delete_channel", result: { done: true } });
    expect(forms).toEqual(["careful", "willing"]);
    expect(emulator.frames().filter(({ method }) => method === "DELETE")).toHaveLength(1);
  });

  it("an address from the settings file is served too, on IPv6 as well, with the token of a file", async () => {
    const home = temporaryFolder();
    const [file, tokenFile] = [join(home, "settings.json"), join(home, "token")];
    writeFileSync(file, JSON.stringify({ mcpHttp: "[::1]:0" }));
    writeFileSync(tokenFile, "0123456789abcdef0123\n");
    const env = { QQ_SKILL_CONFIG: file, QQ_MCP_TOKEN_FILE: tokenFile };
    const server = new Program(["mcp"], { env, home });
    const [, url = ""] = await server.waitFor(/MCP server: (http:\/\/\[::1\]:\d+\/mcp)/, { stream: "stderr" });
    expect((await new RawClient(url).post(hello)).status).toBe(401);
    await new RawClient(url, { authorization: "Bearer 0123456789abcdef0123" }).connect();
    const { code, stdout, stderr } = await server.stop();
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).not.toContain("0123456789abcdef0123");
  });

  it.each([
    [["--http", "0.0.0.0:0"], {}, /QQ_MCP_TOKEN is not set/],
    [["--http", "0.0.0.0:0"], { QQ_MCP_TOKEN: "short" }, /QQ_MCP_TOKEN: .*16/],
    [["--http", "0"], { QQ_MCP_TOKEN_FILE: "/no/such/file" }, /QQ_MCP_TOKEN_FILE: .* cannot be read/],
    [["--http", "127.0.0.1:65536"], {}, /--http: .*65535/],
    [["--http", "here"], {}, /--http: must be a port/],
    [[], { QQ_MCP_HTTP: "here" }, /QQ_MCP_HTTP: must be a port/],
    [["--http", "192.0.2.1:80"], { QQ_MCP_TOKEN: "0123456789abcdef" }, /cannot listen on 192\.0\.2\.1:80/],
  ])("%j with %j is refused at the start", async (args, env, says) => {
    const { code, stdout, stderr } = await run(["mcp", ...args], { env });
    expect(stderr).toMatch(says);
    expect(stderr).toContain("to do:");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});
