import { describe, expect, it, onTestFinished } from "vitest";
import { openPlatform } from "../../src/cli/platform.ts";
import { createTransport } from "../../src/cli/transport.ts";
import { loadConfig } from "../../src/config/load.ts";
import { silentLog } from "../../src/core/log.ts";
import type { Envelope } from "../../src/protocol/envelope.ts";
import { acquireLock } from "../../src/store/lock.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { eventually, platformVariables, temporaryFolder } from "../kit/processes.ts";

async function open() {
  const emulator = await startTestEmulator();
  const home = temporaryFolder();
  const webhook = { QQ_BOT_TRANSPORT: "webhook", QQ_BOT_WEBHOOK_PORT: "0" };
  const config = loadConfig({ env: { ...platformVariables(emulator), ...webhook, QQ_SKILL_HOME: home } });
  const platform = openPlatform(config, silentLog);
  const accepted: Envelope[] = [];
  const states: string[] = [];
  const subscription = createTransport({
    platform,
    owner: "test",
    accept: async (envelope) => accepted.push(envelope),
    onState: ({ state }) => states.push(state),
  });
  onTestFinished(async () => {
    await subscription.stop();
    await platform.close();
  });
  const lock = () => acquireLock({ home, appId: emulator.app.appId, owner: "another" });
  const url = async () => /webhook at (\S+)/.exec((await subscription.start()).detail ?? "")?.[1] ?? "";
  return { emulator, subscription, accepted, states, lock, url };
}

describe("a subscription by webhook", () => {
  it("knows the bot without READY, and tells what came", async () => {
    const { emulator, subscription, accepted, url } = await open();
    expect(subscription.status()).toEqual({ state: "stopped" });
    await emulator.setWebhook(await url());
    const { bot } = (await emulator.control("info")).body as { bot: { id: string } };
    await eventually(() => subscription.self().botUserId === bot.id, "the bot's own id is known");
    await emulator.control("event", { type: "FRIEND_ADD" });
    await eventually(() => emulator.webhook().delivered === 1, "the event is taken");
    expect(accepted).toMatchObject([{ source: "webhook", type: "FRIEND_ADD" }]);
    expect(subscription.webhook()).toMatchObject({ accepted: 1, challenges: 1 });
    expect(subscription.shards()).toEqual([]);
  });

  it("keeps its lock while turns may still run, and gives it back at the end", async () => {
    const { subscription, states, lock, url } = await open();
    const address = await url();
    expect(lock).toThrow("already running: test");
    await subscription.hold();
    await expect(fetch(address)).rejects.toThrow();
    expect(lock).toThrow("already running: test");
    await subscription.stop();
    lock().release();
    expect(states).toEqual(["live", "stopped"]);
  });

  it("can be started again after its end", async () => {
    const { subscription, states, url } = await open();
    await url();
    await subscription.stop();
    expect(await url()).toMatch(/^http:/);
    expect(states).toEqual(["live", "stopped", "live"]);
    expect(subscription.status().state).toBe("live");
  });
});
