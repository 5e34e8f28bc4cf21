import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startDemoModel } from "../../src/emulator/demo/server.ts";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { defaultIntents } from "../../src/protocol/intents.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { type FakeConnection, FakeGateway } from "../kit/fake-gateway.ts";
import { ModelServer } from "../kit/model-server.ts";
import { Program, platformVariables, run, temporaryFolder, type Variables } from "../kit/processes.ts";
import { startStubApi, unusedPort } from "../kit/stub-api.ts";

interface Finding {
  check: string;
  result: "ok" | "warn" | "fail" | "skipped";
  detail: string;
  remedy?: string;
  tookMs?: number;
}

async function examine(env: Variables, home?: string) {
  const { code, stdout, stderr } = await run(["doctor", "--json"], { env, ...(home ? { home } : {}) });
  const report = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  const of = (check: string) => report.findings.find((finding) => finding.check === check);
  const failed = report.findings.filter(({ result }) => result === "fail");
  for (const finding of failed) expect(finding.remedy, finding.detail).toMatch(/\S/);
  expect(report.ok).toBe(failed.length === 0);
  expect(stderr).toBe("");
  return { code, of, failed: failed.map(({ check }) => check), findings: report.findings };
}

async function modelThatCalls(): Promise<ModelServer> {
  const model = await ModelServer.start();
  model.otherwise = ({ tools }) => ({ calls: [{ name: tools?.[0]?.function.name ?? "", arguments: {} }] });
  return model;
}

describe("doctor", () => {
  it("finds everything in order on the local QQ with its demo model, and says so in text too", async () => {
    const emulator = await startTestEmulator();
    const demo = await startDemoModel();
    onTestFinished(() => demo.close());
    const model = { OPENAI_BASE_URL: demo.url, OPENAI_API_KEY: "demo", OPENAI_MODEL: demo.model };
    const env = { ...platformVariables(emulator), ...model };
    const { code, findings } = await examine(env);
    expect(findings.map(({ check, result, detail }) => (result === "ok" ? check : `${check}: ${detail}`))).toEqual([
      "data folder",
      "credentials",
      "token",
      "API",
      "gateway",
      "intents",
      "model",
    ]);
    expect(code).toBe(0);
    for (const { check, tookMs } of findings.slice(2)) expect(tookMs, check).toBeGreaterThan(0);
    const text = await run(["doctor"], { env });
    expect(text.code).toBe(0);
    expect(text.stdout.match(/^✓ /gm)).toHaveLength(findings.length);
    expect(text.stdout).not.toContain(emulator.app.appSecret);
  });

  it("without any settings names the credentials and exits 2; the model is optional", async () => {
    const { code, of, failed } = await examine({});
    expect(code).toBe(2);
    expect(failed).toEqual(["credentials"]);
    expect(of("credentials")?.detail).toMatch(/QQ_BOT_APP_ID and QQ_BOT_APP_SECRET/);
    expect(of("model")?.result).toBe("skipped");
  });

  it("with a secret that is refused stops at the token", async () => {
    const emulator = await startTestEmulator();
    const { code, of, failed } = await examine({ ...platformVariables(emulator), QQ_BOT_APP_SECRET: "not-the-secret" });
    expect({ code, failed }).toEqual({ code: 1, failed: ["token"] });
    expect(of("token")?.detail).toContain("100016");
    expect(of("token")?.remedy).toContain("QQ_BOT_APP_SECRET");
    expect(JSON.stringify(of("token"))).not.toContain("not-the-secret");
  });

  it("names the setting of what cannot be reached", async () => {
    const emulator = await startTestEmulator();
    const nowhere = `http://127.0.0.1:${await unusedPort()}`;
    const env = { ...platformVariables(emulator), OPENAI_BASE_URL: `${nowhere}/v1`, OPENAI_MODEL: "m" };
    const [noApi, noTokens] = await Promise.all([
      examine({ ...env, QQ_BOT_API_BASE: nowhere }),
      examine({ ...env, QQ_BOT_TOKEN_URL: nowhere }),
    ]);
    expect(noApi).toMatchObject({ code: 1, failed: ["API", "gateway", "model"] });
    expect(noApi.of("API")?.remedy).toContain("QQ_BOT_API_BASE");
    expect(noApi.of("model")?.remedy).toContain("OPENAI_BASE_URL");
    expect(noTokens.failed).toEqual(["token", "model"]);
    expect(noTokens.of("token")?.remedy).toContain("QQ_BOT_TOKEN_URL");
  });

  it("names the intents that the platform refuses", async () => {
    const grantedIntents = defaultIntents - 2 ** 12;
    const dials = { grantedIntents, maxConcurrency: 10 };
    const emulator = await startTestEmulator({ seed: { ...defaultSeed, dials } });
    const intents = { QQ_BOT_INTENTS: "PUBLIC_GUILD_MESSAGES,DIRECT_MESSAGE" };
    const { code, of, failed } = await examine({ ...platformVariables(emulator), ...intents });
    expect({ code, failed }).toEqual({ code: 1, failed: ["intents"] });
    expect(of("intents")?.detail).toMatch(/only without DIRECT_MESSAGE$/);
    expect(of("intents")?.remedy).toContain("QQ_BOT_INTENTS");
  });

  it("leaves the session of a bot that runs alone, and says who holds it", async () => {
    const [emulator, model, home] = [await startTestEmulator(), await ModelServer.start(), temporaryFolder()];
    const env = { ...platformVariables(emulator), ...model.variables };
    const bot = new Program(["bot"], { env, home });
    await bot.waitFor(/connected/);
    const { of } = await examine(env, home);
    const holder = expect.stringContaining(`qq-skill bot (pid ${bot.pid} `);
    expect(of("intents")).toMatchObject({ result: "skipped", detail: holder });
    expect(emulator.frames().filter(({ data }) => (data as { op?: number }).op === 2)).toHaveLength(1);
  });

  it("tells when the platform took the bot offline", async () => {
    const gateway = await FakeGateway.start();
    onTestFinished(() => gateway.close());
    const api = await startStubApi({
      "/users/@me": { body: { id: "1", username: "示例助手", bot: true } },
      "/gateway/bot": { body: { url: gateway.url, shards: 1 } },
    });
    const report = examine(api.variables);
    const connection: FakeConnection = await gateway.next();
    connection.hello();
    await connection.next(2);
    connection.close(4914);
    const { code, of, failed } = await report;
    expect({ code, failed }).toEqual({ code: 1, failed: ["intents"] });
    expect(of("intents")?.remedy).toContain("QQ_BOT_SANDBOX");
  });

  it("explains a refused outbound address", async () => {
    const api = await startStubApi({
      "/users/@me": { status: 401, body: { code: 11298, err_code: 40023002, message: "接口访问源IP不在白名单" } },
      "/gateway/bot": { status: 401, body: { code: 11298, err_code: 40023002, message: "接口访问源IP不在白名单" } },
    });
    const { code, of } = await examine(api.variables);
    expect(code).toBe(1);
    expect(of("API")?.remedy).toContain("QQ_BOT_PROXY");
  });

  it("tells a model that refuses the key from one that calls no tools", async () => {
    const emulator = await startTestEmulator();
    const [refusing, mute, able] = [await ModelServer.start(), await ModelServer.start(), await modelThatCalls()];
    refusing.otherwise = () => ({ status: 401 });
    mute.otherwise = () => "pong";
    const env = platformVariables(emulator);
    const reports = await Promise.all([refusing, mute, able].map((model) => examine({ ...env, ...model.variables })));
    expect(reports.map(({ code }) => code)).toEqual([1, 1, 0]);
    const [refused, dumb, fine] = reports.map(({ of }) => of("model"));
    expect(refused?.remedy).toContain("OPENAI_API_KEY");
    expect(dumb?.remedy).toContain("tool calls");
    expect(fine?.result).toBe("ok");
  });

  it("tells a data folder that cannot be used", async () => {
    const home = temporaryFolder();
    const file = join(home, "a-file");
    writeFileSync(file, "");
    const { code, of, failed } = await examine({ QQ_SKILL_HOME: join(file, "data") }, home);
    expect(code).toBe(2);
    expect(failed).toEqual(["data folder", "credentials"]);
    expect(of("data folder")?.remedy).toContain("QQ_SKILL_HOME");
  });
});
