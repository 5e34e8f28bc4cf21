import { describe, expect, it, onTestFinished } from "vitest";
import { openPlatform } from "../../src/cli/platform.ts";
import { createSubscription, keep } from "../../src/cli/subscription.ts";
import { loadConfig } from "../../src/config/load.ts";
import { silentLog } from "../../src/core/log.ts";
import type { Dials } from "../../src/emulator/dials.ts";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { defaultIntents } from "../../src/protocol/intents.ts";
import { shardOfGuild } from "../../src/protocol/shards.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { FakeClock } from "../kit/fake-clock.ts";
import { platformVariables, temporaryFolder } from "../kit/processes.ts";

/** The composition of a real process on the emulator; both live by one clock that only the test moves. */
async function open(dials: Partial<Dials>, variables: Record<string, string> = {}) {
  const clock = new FakeClock();
  const emulator = await startTestEmulator({ clock, seed: { ...defaultSeed, dials } });
  const env = { ...platformVariables(emulator), QQ_SKILL_HOME: temporaryFolder(), ...variables };
  const platform = openPlatform(loadConfig({ env }), silentLog, { clock });
  const subscription = createSubscription({
    platform,
    owner: "test",
    accept: (event) => keep(platform.store(), event),
  });
  onTestFinished(async () => {
    await subscription.stop();
    await platform.close();
  });
  /** Lets time pass until the check holds; answers how much that took. */
  async function passUntil(check: () => boolean, stepMs = 500): Promise<number> {
    const startedAt = clock.now();
    const deadline = performance.now() + 10_000;
    for (;;) {
      for (let turn = 0; turn < 30 && !check(); turn++) await new Promise((resolve) => setImmediate(resolve));
      if (check()) return clock.now() - startedAt;
      if (performance.now() > deadline)
        throw new Error(`did not happen: ${check}; ${JSON.stringify(subscription.status())}`);
      await clock.advance(stepMs);
    }
  }
  const closes = () => emulator.frames().flatMap(({ data }) => (data as { close?: number }).close ?? []);
  return {
    clock,
    emulator,
    platform,
    subscription,
    passUntil,
    closes,
    isLive: () => subscription.status().state === "live",
  };
}

describe("shards on a platform that counts identifies", () => {
  it("are started one after the other, none too soon, and are live together", async () => {
    const stage = await open({ shards: 5, maxConcurrency: 2, identifyWindowMs: 5000 });
    await stage.subscription.start();
    const tookMs = await stage.passUntil(stage.isLive);
    expect(tookMs).toBeGreaterThanOrEqual(10_000);
    expect(tookMs).toBeLessThanOrEqual(12_500);
    expect(stage.closes()).toEqual([]);
    expect(stage.subscription.status().shards).toHaveLength(5);
  });

  it("become more while messages go on: what the other old shard or a new one hears is taken once, none is lost", async () => {
    const stage = await open({ shards: 2, maxConcurrency: 5, identifyWindowMs: 5000 });
    const guild = stage.emulator.world.guilds[0];
    expect(shardOfGuild(guild?.id ?? "0", 2)).toBe(1);
    const channel = guild?.channels.find(({ type }) => type === 0)?.id ?? "";
    await stage.subscription.start();
    await stage.passUntil(stage.isLive);
    let said = 0;
    const say = () =>
      stage.emulator.say({ as: "alice", scene: "channel", id: channel, content: `n${said++}`, mention: true });
    // The first shard, which does not hear this guild.
    stage.emulator.addFault({ kind: "close", code: 4011 });
    const isReplaced = () => stage.isLive() && stage.subscription.status().shards?.every(({ shard }) => shard[1] === 3);
    while (!isReplaced() && said < 500) {
      say();
      await stage.clock.advance(100);
    }
    say();
    expect(said).toBeGreaterThan(20);
    const heard = () => stage.platform.store().inbox.list({ limit: 1000 });
    await stage.passUntil(() => heard().length >= said);
    const numbers = heard().map(({ data }) => /n\d+/.exec((data as { content: string }).content)?.[0]);
    expect(new Set(numbers).size).toBe(said);
    expect(numbers).toHaveLength(said);
  });
});

describe("messages that wait for the connection", () => {
  async function waiting() {
    const stage = await open({});
    await stage.subscription.start();
    let isThrough = false;
    expect(stage.platform.sendGate.isOpen()).toBe(false);
    void stage.platform.sendGate.opened().then(() => {
      isThrough = true;
    });
    return { ...stage, isThrough: () => isThrough };
  }

  it("leave when it has settled", async () => {
    const stage = await waiting();
    await stage.passUntil(stage.isLive);
    await stage.passUntil(stage.isThrough);
    stage.emulator.addFault({ kind: "close", code: 4009 });
    await stage.passUntil(() => !stage.platform.sendGate.isOpen(), 1);
  });

  it("leave without it when it is given up, but not when the process is about to end", async () => {
    const [stopped, ending] = [await waiting(), await waiting()];
    await stopped.subscription.stop();
    await stopped.passUntil(stopped.isThrough);
    await ending.subscription.hold();
    await ending.subscription.stop();
    await ending.clock.advance(60_000);
    expect([ending.isThrough(), ending.subscription.status().state]).toEqual([false, "stopped"]);
  });
});

describe("intents that are not granted", () => {
  it("alone are left out, however the platform counts identifies; a restart asks for nothing twice", async () => {
    const grantedIntents = defaultIntents - 2 ** 26;
    const stage = await open({ grantedIntents, identifyWindowMs: 5000 });
    await stage.subscription.start();
    const tookMs = await stage.passUntil(stage.isLive);
    expect(tookMs).toBeLessThanOrEqual(40_000);
    expect(stage.subscription.status()).toMatchObject({ intents: grantedIntents, missingIntents: 2 ** 26 });
    expect(stage.closes().every((code) => code === 4014)).toBe(true);
    const refusals = stage.closes().length;
    await stage.subscription.stop();
    await stage.subscription.start();
    await stage.passUntil(stage.isLive);
    expect(stage.closes()).toHaveLength(refusals);
  });
});
