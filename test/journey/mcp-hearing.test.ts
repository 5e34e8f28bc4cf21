import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Emulator } from "../../src/emulator/emulator.ts";
import { Assistant } from "../kit/assistant.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { ModelServer } from "../kit/model-server.ts";
import { eventually, Program, platformVariables, run, temporaryFolder } from "../kit/processes.ts";

async function stage() {
  const emulator = await startTestEmulator();
  const place = { as: "alice", scene: "c2c", id: emulator.world.c2c[0]?.id ?? "" } as const;
  return {
    emulator,
    env: platformVariables(emulator),
    home: temporaryFolder(),
    place,
    say: (content: string) => emulator.say({ ...place, content }),
  };
}

const identifies = (emulator: Emulator) =>
  emulator.frames().filter(({ data }) => (data as { op?: number }).op === 2).length;

describe("beside another process of the same bot", () => {
  it("hears by its connection, says whose it is, and takes over when it ends", async () => {
    const { emulator, env, home, say } = await stage();
    const first = await Assistant.start([], env, home);
    await first.goLive();
    const second = await Assistant.start([], env, home);
    const shared = await second.call("qq_subscribe_gateway", { action: "start" });
    expect(shared.isError, shared.text).toBe(false);
    expect(shared.data).toMatchObject({ state: "live", holder: `qq-skill mcp (pid ${first.pid} on ${hostname()})` });
    expect(identifies(emulator)).toBe(1);

    const waiting = second.call("qq_wait_events", { cursor: shared.data.cursor, timeout_s: 10 });
    say("to both");
    const heard = (await waiting).data;
    expect(heard.events).toMatchObject([{ content: "to both" }]);
    expect(heard.gateway).toMatchObject({ state: "live", holder: expect.stringContaining(String(first.pid)) });
    expect(heard.note).toBeUndefined();
    const stopped = await second.call("qq_subscribe_gateway", { action: "stop" });
    expect(stopped.data).toMatchObject({ state: "live", holder: expect.any(String) });

    process.kill(first.pid, "SIGKILL");
    await eventually(
      async () => (await second.call("qq_subscribe_gateway", { action: "status" })).data.state === "stopped",
      "the end of the holder is noticed",
    );
    const { data } = await second.call("qq_list_events", { cursor: heard.cursor });
    expect(data.gateway.detail).toMatch(/pid \d+ on .*has ended: start takes over/);
    expect(data.note).toContain("action start");
    await second.goLive();
    expect((await second.call("qq_subscribe_gateway", { action: "status" })).data.holder).toBeUndefined();
    say("to the second");
    const next = (await second.call("qq_wait_events", { cursor: heard.cursor, timeout_s: 10 })).data;
    expect(next.events).toMatchObject([{ content: "to the second" }]);
  });
});

describe("beside the bot itself", () => {
  it("hears what the bot hears, while the bot answers", async () => {
    const { emulator, env, home, place, say } = await stage();
    const model = await ModelServer.start();
    const bot = new Program(["bot"], { env: { ...env, ...model.variables }, home });
    await bot.waitFor(/connected/);
    const assistant = await Assistant.start([], env, home);
    const { data } = await assistant.call("qq_subscribe_gateway", { action: "start" });
    expect(data).toMatchObject({ state: "live", holder: `qq-skill bot (pid ${bot.pid} on ${hostname()})` });
    model.says("the bot's answer");
    const waiting = assistant.call("qq_wait_events", { cursor: data.cursor, timeout_s: 10 });
    say("a question");
    expect((await waiting).data.events).toMatchObject([{ content: "a question", id: place.id }]);
    await eventually(
      () => emulator.messages({ scene: "c2c", id: place.id }).some(({ content }) => content === "the bot's answer"),
      "the bot answers",
    );
    await bot.stop("SIGTERM");
    const after = await assistant.call("qq_subscribe_gateway", { action: "status" });
    expect(after.data).toMatchObject({ state: "stopped", detail: expect.stringContaining("has ended") });
  });
});

describe("whom an assistant hears", () => {
  it("is changed by the operator alone: by a rule, or by a code that the person sends", async () => {
    const { env, home, place, say } = await stage();
    const strict = { ...env, QQ_MCP_SENDERS: "c2c:NOBODY" };
    const assistant = await Assistant.start([], strict, home);
    const { cursor } = await assistant.goLive();
    say("a stranger's words");
    const withheld = await eventually(async () => {
      const { data } = await assistant.call("qq_list_events", { cursor });
      return data.withheld ? data : undefined;
    }, "the message is counted");
    expect(withheld).toMatchObject({ events: [], withheld: [{ sender: `c2c:${place.id}`, count: 1 }] });
    expect(JSON.stringify(withheld)).not.toContain("stranger's");

    const pairing = new Program(["senders", "pair"], { env: strict, home });
    const [code] = await pairing.waitFor(/[A-Z2-9]{4}-[A-Z2-9]{4}/);
    say(`${code}`);
    await pairing.waitFor(new RegExp(`allowed: c2c:${place.id}`));
    expect((await pairing.ended).code).toBe(0);
    const waiting = assistant.call("qq_wait_events", { cursor: withheld.cursor, timeout_s: 10 });
    say("now heard");
    await waiting;
    await eventually(
      async () => (await assistant.call("qq_list_events")).text.includes("now heard"),
      "words after the pairing are heard",
    );
    const list = await run(["senders", "list", "--json"], { env: strict, home });
    expect(JSON.parse(list.stdout)).toMatchObject([
      { rule: "c2c:NOBODY", from: "QQ_MCP_SENDERS" },
      { rule: `c2c:${place.id}`, from: "pairing" },
    ]);

    const removed = await run(["senders", "remove", `c2c:${place.id}`], { env: strict, home });
    expect(removed).toMatchObject({ code: 0, stdout: `removed: c2c:${place.id}\n` });
    expect((await assistant.call("qq_list_events")).data.events).toEqual([]);
    const wrong = await run(["senders", "allow", "everybody"], { env: strict, home });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("c2c:ID");
  });
});

describe("over HTTP", () => {
  it("several clients hear by one connection, and each is told of what it subscribed to", async () => {
    const { emulator, env, home, say } = await stage();
    const server = new Program(["mcp", "--http", "127.0.0.1:0"], { env, home });
    const [, url = ""] = await server.waitFor(/MCP server: (http:\S+)/, { stream: "stderr" });
    const clients = await Promise.all(
      ["one", "two"].map(async (name) => {
        const client = new Client({ name, version: "1" });
        onTestFinished(() => client.close());
        const updates: string[] = [];
        client.fallbackNotificationHandler = async ({ method, params }) =>
          void updates.push(`${method} ${params?.uri}`);
        await client.connect(new StreamableHTTPClientTransport(new URL(url)) as Parameters<Client["connect"]>[0]);
        return { client, updates };
      }),
    );
    const [one, two] = clients as [(typeof clients)[0], (typeof clients)[0]];
    const start = { name: "qq_subscribe_gateway", arguments: { action: "start" } };
    await Promise.all(clients.map(({ client }) => client.callTool(start)));
    await eventually(async () => {
      const { structuredContent } = await two.client.callTool({ ...start, arguments: { action: "status" } });
      return (structuredContent as { state: string }).state === "live";
    }, "the gateway is live");
    expect(identifies(emulator)).toBe(1);
    await one.client.subscribeResource({ uri: "qq://inbox" });
    say("to everybody");
    await eventually(() => one.updates.length > 0, "the subscriber is told");
    expect(one.updates).toEqual(["notifications/resources/updated qq://inbox"]);
    for (const { client } of clients) {
      const { contents } = await client.readResource({ uri: "qq://inbox" });
      expect(JSON.stringify(contents)).toContain("to everybody");
    }
    expect(two.updates).toEqual([]);
  });
});

describe("the channel", () => {
  it("connects by itself and pushes messages, where the client asked for it", async () => {
    const { env, home, say, place } = await stage();
    const assistant = await Assistant.start(["--channel"], env, home);
    const pushed: { method: string; params?: unknown }[] = [];
    assistant.client.fallbackNotificationHandler = async (message) => void pushed.push(message);
    expect(assistant.client.getServerCapabilities()?.experimental).toEqual({ "claude/channel": {} });
    await eventually(
      async () => (await assistant.call("qq_subscribe_gateway", { action: "status" })).data.state === "live",
      () => `the gateway is live; ${assistant.stderr}`,
    );
    const { message_id } = say("在吗");
    await eventually(() => pushed.length > 0, "the message is pushed");
    expect(pushed).toMatchObject([
      {
        method: "notifications/claude/channel",
        params: { content: "在吗", meta: { chat_id: `c2c:${place.id}`, message_id } },
      },
    ]);
  });

  it("is announced also when the setting stands in a .env file", async () => {
    const { env, home } = await stage();
    writeFileSync(join(home, ".env"), "QQ_MCP_CHANNEL=on\n");
    const assistant = await Assistant.start([], env, home);
    expect(assistant.client.getServerCapabilities()?.experimental).toBeDefined();
    expect(assistant.client.getInstructions()).toContain("<channel>");
  });
});
