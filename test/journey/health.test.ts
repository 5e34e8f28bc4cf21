import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { startTestEmulator, type TestEmulator } from "../kit/emulator.ts";
import { ModelServer } from "../kit/model-server.ts";
import { eventually, Program, platformVariables, type Variables } from "../kit/processes.ts";
import { smallDisk } from "../kit/small-disk.ts";

interface Readiness {
  status: number;
  ready: boolean;
  reasons: string[];
  disk: string;
  shards: Record<string, unknown>[];
}

async function startBot(emulator: TestEmulator, extra: Variables = {}) {
  const model = await ModelServer.start();
  model.otherwise = () => "an answer";
  const env = { ...platformVariables(emulator), ...model.variables, QQ_BOT_HEALTH_PORT: "0", QQ_SKILL_LOG: "warn" };
  const bot = new Program(["bot"], { env: { ...env, ...extra } });
  const [, origin = ""] = await bot.waitFor(/health at (\S+)/);
  const ready = async (): Promise<Readiness> => {
    const response = await fetch(`${origin}/readyz`);
    return { status: response.status, ...((await response.json()) as Omit<Readiness, "status">) };
  };
  const until = (status: number) =>
    eventually(
      async () => {
        const now = await ready();
        return now.status === status && now;
      },
      () => `/readyz answers ${status}; ${bot.describe()}`,
    );
  const metrics = async () => (await fetch(`${origin}/metrics`)).text();
  return { bot, origin, until, metrics };
}

function say(emulator: TestEmulator, content: string): void {
  const id = emulator.world.c2c.find(({ user }) => user === "alice")?.id ?? "";
  emulator.say({ as: "alice", scene: "c2c", id, content });
}

function answers(emulator: TestEmulator): number {
  const id = emulator.world.c2c.find(({ user }) => user === "alice")?.id ?? "";
  return emulator.messages({ scene: "c2c", id }).filter(({ from }) => from === "bot").length;
}

describe("health", () => {
  it("is there to be asked, counts, and never calls a dead socket live", async () => {
    const emulator = await startTestEmulator({ heartbeatIntervalMs: 300 });
    const { bot, origin, until, metrics } = await startBot(emulator);
    expect((await fetch(`${origin}/healthz`)).status).toBe(200);
    const now = await until(200);
    expect(now).toMatchObject({ ready: true, disk: "ok", shards: [{ shard: "0/1", state: "live" }] });
    say(emulator, "hello");
    await eventually(
      () => answers(emulator) === 1,
      () => `an answer; ${bot.describe()}`,
    );
    // The reader sees a message a moment before the bot has written that it was sent.
    const text = await eventually(async () => {
      const now = await metrics();
      return /^qq_sends_total\{result="sent"\} 1$/m.test(now) && now;
    }, "the send is counted");
    expect(text).toMatch(/^qq_events_total\{result="accepted"\} 1$/m);
    expect(text).toMatch(/^qq_token_expires_seconds \d+$/m);
    expect((await fetch(`${origin}/readyz`, { method: "POST" })).status).toBe(405);
    expect((await fetch(`${origin}/nothing`)).status).toBe(404);
    for (const kind of ["black_hole", "half_open"]) await emulator.control("faults", { kind, count: null });
    const dead = await until(503);
    expect(dead.reasons.join()).toMatch(/^gateway is/);
    expect(await metrics()).toMatch(/^qq_ready 0$/m);
    expect((await fetch(`${origin}/healthz`)).status).toBe(200);
    const ended = await bot.stop();
    expect(ended.code).toBe(0);
    expect(ended.stdout + text).not.toContain(emulator.app.appSecret);
  });

  it("ends while the disk is full, and the event that came then is answered once there is room", async (test) => {
    const disk = smallDisk("8m");
    if (!disk) return test.skip("needs root and tmpfs");
    const emulator = await startTestEmulator();
    const { bot, until } = await startBot(emulator, { QQ_SKILL_HOME: disk.path });
    await until(200);
    disk.fill();
    say(emulator, "is anybody there?");
    expect((await until(503)).disk).toContain("the disk is full");
    expect(answers(emulator)).toBe(0);
    disk.makeRoom();
    await until(200);
    await eventually(
      () => answers(emulator) === 1,
      () => `an answer; ${bot.describe()}`,
    );
    expect((await bot.stop()).code).toBe(0);
    expect(bot.stderr.match(/not accepted/g)).toHaveLength(1);
  });

  it("ends while another program holds the database; no post is answered meanwhile, and both come back by themselves", async () => {
    const dials = { webhookRetryDelaysMs: Array(30).fill(200) };
    const emulator = await startTestEmulator({ seed: { ...defaultSeed, dials } });
    const { bot, until, metrics } = await startBot(emulator, { QQ_BOT_TRANSPORT: "webhook", QQ_BOT_WEBHOOK_PORT: "0" });
    const [, url = ""] = await bot.waitFor(/webhook at (\S+)/);
    await emulator.setWebhook(url);
    await until(200);
    const other = new DatabaseSync(join(bot.home, "data", "qq-skill.db"));
    other.exec("BEGIN EXCLUSIVE");
    say(emulator, "is anybody there?");
    expect((await until(503)).disk).toMatch(/within a second|busy/);
    expect(emulator.webhook()).toMatchObject({ waiting: 1, delivered: 0 });
    other.exec("ROLLBACK");
    other.close();
    await until(200);
    await eventually(
      () => answers(emulator) === 1,
      () => `an answer; ${bot.describe()}`,
    );
    await eventually(() => emulator.webhook().delivered === 1, "the platform has delivered");
    expect(await metrics()).toMatch(/^qq_webhook_posts_total\{result="accepted"\} 1$/m);
    expect((await bot.stop()).code).toBe(0);
    expect(answers(emulator)).toBe(1);
  });
});
