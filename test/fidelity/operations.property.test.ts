import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { openPlatform } from "../../src/cli/platform.ts";
import { loadConfig } from "../../src/config/load.ts";
import { silentLog } from "../../src/core/log.ts";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { findOperation, operations } from "../../src/operations/all.ts";
import { callOperation } from "../../src/operations/call.ts";
import type { OperationContext } from "../../src/operations/context.ts";
import { type Operation, permissions } from "../../src/operations/operation.ts";
import type { Scene } from "../../src/protocol/scenes.ts";
import { arbitraryInput } from "../kit/arbitrary-input.ts";
import { startTestEmulator, type TestEmulator } from "../kit/emulator.ts";
import { knownIn } from "../kit/known-values.ts";
import { hurryClock, outcomeOf } from "../kit/outcome.ts";
import { temporaryFolder } from "../kit/processes.ts";
import { RawBot } from "../kit/raw-bot.ts";

const seed = 20_261_123;
const callsPerOperation = 10;

/** Without rates: a refusal that asks to wait a minute would make the client wait as well. */
const many = 1_000_000;
const dials = {
  ...{ hasInterfaceRates: false, hasArk: true, hasGuildMarkdown: true, channelMessagesPerSecond: many },
  ...{ activePerPeerPerMinute: many, activePerPeerPerDay: many, activePerBotPerMinute: many },
  ...{ activePerChannelPerDay: many, activePerDmsPerDay: many, activeDmsPerDay: many },
};

async function stage() {
  hurryClock();
  const failures: object[] = [];
  const log = { ...silentLog, error: (facts: object) => void failures.push(facts) };
  const emulator = await startTestEmulator({ seed: { ...defaultSeed, dials }, log });
  const config = loadConfig({
    env: {
      QQ_BOT_APP_ID: emulator.app.appId,
      QQ_BOT_APP_SECRET: emulator.app.appSecret,
      QQ_BOT_API_BASE: emulator.url,
      QQ_BOT_TOKEN_URL: emulator.tokenUrl,
      QQ_BOT_PACING: "off",
      QQ_BIND_BASE: emulator.url,
      QQ_SKILL_HOME: temporaryFolder(),
      QQ_CONNECT_APP_ID: emulator.connect.appId,
      QQ_CONNECT_APP_KEY: emulator.connect.appKey,
      QQ_CONNECT_BASE: emulator.url,
      QQ_CONNECT_REDIRECT_URI: "http://127.0.0.1/callback",
      QQ_MINI_APP_ID: emulator.mini.appId,
      QQ_MINI_APP_SECRET: emulator.mini.appSecret,
      QQ_MINI_BASE: emulator.url,
    },
  });
  const platform = openPlatform(config, silentLog);
  onTestFinished(() => platform.close());
  await (await new RawBot(emulator).login()).connect();
  const context = platform.contextFor({ kind: "cli", grants: new Set(permissions), label: "test" });
  return { emulator, context, failures };
}

/** Something written by a person and by the bot in every scene. */
async function chatter(emulator: TestEmulator, context: OperationContext): Promise<string[]> {
  const { c2c, groups, guilds, dms } = emulator.world;
  const text = guilds[0]?.channels.find(({ type }) => type === 0);
  const send = findOperation("send_message") as Operation;
  const ids: string[] = [];
  for (const [scene, place] of Object.entries({ c2c: c2c[0], group: groups[0], channel: text, dms: dms[0] })) {
    const target = { scene: scene as Scene, id: place?.id ?? "", content: "你好" };
    const sent = (await callOperation(send, context, target)) as { parts: { message_id: string }[] };
    ids.push(emulator.say({ as: "alice", ...target }).message_id, ...sent.parts.map(({ message_id }) => message_id));
  }
  return ids;
}

it("any input that an operation accepts ends in an answer or in an error with a remedy, on both sides", async () => {
  const { emulator, context, failures } = await stage();
  const answered = new Set<string>();
  for (const operation of operations) {
    emulator.reset();
    const inputs = arbitraryInput(operation.input, knownIn(emulator, await chatter(emulator, context)));
    const property = fc.asyncProperty(inputs, async (given) => {
      fc.pre(operation.input.safeParse(given).success);
      const input = operation.name === "wait_events" ? { ...(given as object), timeout_s: 0 } : given;
      const outcome = await outcomeOf(operation.name, (signal) => callOperation(operation, context, input, signal));
      if (outcome === "answer") answered.add(operation.name);
      expect(failures).toEqual([]);
    });
    await fc.assert(property, { seed, numRuns: callsPerOperation, maxSkipsPerRun: 1000 });
  }
  // Otherwise all of this would be refused at the door and test nothing behind it.
  expect(answered.size).toBeGreaterThan(operations.length / 2);
}, 60_000);
