import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { describe, expect, it, onTestFinished } from "vitest";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { signerOf } from "../../src/protocol/signature.ts";
import { startTestEmulator, type TestEmulator } from "../kit/emulator.ts";
import { ModelServer } from "../kit/model-server.ts";
import {
  cleanVariables,
  eventually,
  Program,
  platformVariables,
  program,
  run,
  temporaryFolder,
} from "../kit/processes.ts";
import { unusedPort } from "../kit/stub-api.ts";

const webhook = { QQ_BOT_TRANSPORT: "webhook", QQ_BOT_WEBHOOK_PORT: "0", QQ_SKILL_LOG: "warn" };

/** The local QQ with retries that come quickly. */
function startPlatform(): Promise<TestEmulator> {
  const dials = { webhookRetryDelaysMs: [200, 300, 500, 1000, 1000, 1000] };
  return startTestEmulator({ seed: { ...defaultSeed, dials } });
}

async function startBot(options: { env: Record<string, string | undefined>; home?: string }) {
  const bot = new Program(["bot"], options);
  const [, url = ""] = await bot.waitFor(/webhook at (\S+)/);
  await bot.waitFor(/ready to talk/);
  return { bot, url };
}

function c2cOf(emulator: TestEmulator): string {
  return emulator.world.c2c.find(({ user }) => user === "alice")?.id ?? "";
}

const say = (emulator: TestEmulator, content: string) =>
  emulator.say({ as: "alice", scene: "c2c", id: c2cOf(emulator), content });
const answers = (emulator: TestEmulator) =>
  emulator
    .messages({ scene: "c2c", id: c2cOf(emulator) })
    .filter(({ from }) => from === "bot")
    .map(({ content }) => content);

describe("a bot behind a webhook", () => {
  it("passes the address check, hears, answers, and ends within the time of a signal", async () => {
    const [emulator, model] = [await startPlatform(), await ModelServer.start()];
    const { bot, url } = await startBot({ env: { ...platformVariables(emulator), ...model.variables, ...webhook } });
    await emulator.setWebhook(url);
    model.says("你好!");
    const { event_id } = say(emulator, "在吗");
    await eventually(
      () => answers(emulator).length === 1,
      () => `an answer; ${bot.describe()}`,
    );
    expect(answers(emulator)).toEqual(["你好!"]);
    expect(emulator.webhook()).toMatchObject({ waiting: 0, delivered: 1, lost: 0 });
    const repeated = await post(emulator, url, event_id ?? "");
    expect(repeated).toBe(401);
    const ended = await bot.stop();
    expect(ended.code).toBe(0);
    expect(ended.tookMs).toBeLessThan(5000);
    expect(ended.stderr).not.toContain(emulator.app.appSecret);
  });

  it("that is killed between taking an event and answering it loses nothing and doubles nothing", async () => {
    const [emulator, model] = [await startPlatform(), await ModelServer.start()];
    const env = { ...platformVariables(emulator), ...model.variables, ...webhook };
    const fixed = { ...env, QQ_BOT_WEBHOOK_PORT: String(await unusedPort()) };
    const home = temporaryFolder();
    const first = await startBot({ env: fixed, home });
    await emulator.setWebhook(first.url);
    const thought = Promise.withResolvers<string>();
    model.says(() => thought.promise, "one", "two");
    say(emulator, "the first question");
    await eventually(() => model.requests.length === 1, "the model is asked");
    await first.bot.stop("SIGKILL");
    thought.resolve("too late");
    say(emulator, "asked while nobody was there");
    const second = await startBot({ env: fixed, home });
    await eventually(
      () => answers(emulator).length === 2,
      () => `two answers; ${second.bot.describe()}`,
    );
    await eventually(() => emulator.webhook().waiting === 0, "the platform has delivered everything");
    await second.bot.stop();
    expect(answers(emulator).toSorted()).toEqual(["one", "two"]);
    expect(emulator.webhook()).toMatchObject({ delivered: 2, lost: 0 });
  });
});

describe("qq-skill emulator --webhook", () => {
  it("waits for the bot, checks its address and sends events there", async () => {
    const port = String(await unusedPort());
    const url = `http://127.0.0.1:${port}/qq/webhook`;
    const emulator = new Program(["emulator", "--port", "0", "--webhook", url]);
    const [, page = ""] = await emulator.waitFor(/chat page: (\S+)/);
    await emulator.waitFor(/10020/, { stream: "stderr" });
    const variables = Object.fromEntries(
      [...emulator.stdout.matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name = "", value = ""]) => [name, value]),
    );
    const { bot } = await startBot({ env: { ...variables, ...webhook, QQ_BOT_WEBHOOK_PORT: port } });
    await emulator.waitFor(/^webhook: http/m);
    const status = await fetch(`${new URL(page).origin}/_emulator/webhook${new URL(page).search}`);
    expect(await status.json()).toMatchObject({ url, waiting: 0, lost: 0 });
    expect((await bot.stop()).code).toBe(0);
    expect((await emulator.stop()).code).toBe(0);
  });
});

describe("an assistant behind a webhook", () => {
  it("hears by the same tool as over the gateway", async () => {
    const emulator = await startPlatform();
    const port = String(await unusedPort());
    const env = { ...platformVariables(emulator), ...webhook, QQ_BOT_WEBHOOK_PORT: port };
    const client = new Client({ name: "journey", version: "1.0.0" });
    onTestFinished(() => client.close());
    const home = temporaryFolder();
    const command = { command: process.execPath, args: [program, "mcp"], cwd: home };
    await client.connect(new StdioClientTransport({ ...command, env: cleanVariables(home, env), stderr: "ignore" }));
    const call = async (name: string, input: Record<string, unknown>) =>
      (await client.callTool({ name, arguments: input })).structuredContent as Record<string, unknown>;
    expect(await call("qq_subscribe_gateway", { action: "start" })).toMatchObject({ state: "live" });
    await emulator.setWebhook(`http://127.0.0.1:${port}/qq/webhook`);
    say(emulator, "hello assistant");
    const { events } = await call("qq_wait_events", { cursor: 0, timeout_s: 10 });
    expect(events).toMatchObject([{ type: "C2C_MESSAGE_CREATE" }]);
    expect(await call("qq_subscribe_gateway", { action: "stop" })).toMatchObject({ state: "stopped" });
    await expect(fetch(`http://127.0.0.1:${port}/qq/webhook`)).rejects.toThrow();
  });
});

describe("doctor --webhook", () => {
  interface Report {
    ok: boolean;
    findings: { check: string; result: string; detail: string; remedy?: string }[];
  }

  async function examine(url: string, env: Record<string, string | undefined>, home?: string) {
    const { code, stdout } = await run(["doctor", "--json", "--webhook", url], { env, ...(home ? { home } : {}) });
    const { ok, findings } = JSON.parse(stdout) as Report;
    for (const { result, detail, remedy } of findings) if (result !== "ok") expect(remedy, detail).toMatch(/\S/);
    expect(stdout).not.toContain(env.QQ_BOT_APP_SECRET);
    const results = Object.fromEntries(findings.map(({ check, result }) => [check, result]));
    const detail = (check: string) => findings.find((finding) => finding.check === check)?.detail ?? "";
    return { code, ok, results, detail };
  }

  it("finds our own webhook in order, and names a wrong path, a wrong secret and an absent bot", async () => {
    const emulator = await startPlatform();
    const home = temporaryFolder();
    const model = { OPENAI_BASE_URL: "http://127.0.0.1:9/v1", OPENAI_MODEL: "m" };
    const env = { ...platformVariables(emulator), ...model, ...webhook };
    const { bot, url } = await startBot({ env, home });
    const fine = await examine(url, env, home);
    expect(fine.results).toEqual({
      ...{ "data folder": "ok", credentials: "ok", address: "warn", handshake: "ok", event: "ok" },
      ...{ forgery: "ok", unsigned: "ok", stale: "ok", repeat: "ok" },
    });
    expect(fine.detail("repeat")).toContain("stored once");
    expect(fine.code).toBe(0);
    const astray = await examine(`${url}/elsewhere`, env);
    expect(astray.detail("handshake")).toContain("404");
    const stranger = await examine(url, { ...env, QQ_BOT_APP_SECRET: "another-secret-of-32-characters!" });
    expect(stranger.detail("handshake")).toContain("401");
    await bot.stop();
    const absent = await examine(url, env);
    expect(absent.detail("handshake")).toBe("nothing listens there");
    for (const { code, ok } of [astray, stranger, absent]) expect({ code, ok }).toEqual({ code: 1, ok: false });
  });

  it("finds out a bot that believes everybody", async () => {
    const emulator = await startPlatform();
    const server = createServer((request, response) => {
      let text = "";
      request.on("data", (part: Buffer) => {
        text += String(part);
      });
      request.on("end", () => {
        const { op, d } = JSON.parse(text) as { op: number; d: { plain_token: string; event_ts: string } };
        const signature = op === 13 ? signerOf(emulator.app.appSecret).sign(d.event_ts, d.plain_token) : "";
        response.end(JSON.stringify(op === 13 ? { plain_token: d.plain_token, signature } : {}));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { code, results } = await examine(url, platformVariables(emulator));
    expect(results).toMatchObject({ handshake: "ok", event: "ok", forgery: "fail", unsigned: "fail", stale: "fail" });
    expect(code).toBe(1);
  });
});

/** What somebody gets who read an event's id and signs with a guess. */
async function post(emulator: TestEmulator, url: string, id: string): Promise<number> {
  const headers = {
    "content-type": "application/json",
    "x-bot-appid": emulator.app.appId,
    "x-signature-timestamp": String(Math.floor(Date.now() / 1000)),
    "x-signature-ed25519": "0".repeat(128),
  };
  const body = JSON.stringify({ op: 0, id, t: "C2C_MESSAGE_CREATE", d: {} });
  return (await fetch(url, { method: "POST", headers, body })).status;
}
