import { expect, it, onTestFinished, vi } from "vitest";
import { openPlatform } from "../../src/cli/platform.ts";
import { startThinking } from "../../src/cli/thinking.ts";
import { loadConfig } from "../../src/config/load.ts";
import { silentLog } from "../../src/core/log.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { platformVariables, temporaryFolder } from "../kit/processes.ts";
import { ScriptedModel } from "../kit/scripted-model.ts";

it("what somebody takes back in a guild is gone from all that the bot and its readers know", async () => {
  const emulator = await startTestEmulator();
  const env = { ...platformVariables(emulator), QQ_SKILL_HOME: temporaryFolder() };
  const platform = openPlatform(loadConfig({ env }), silentLog);
  const model = new ScriptedModel("I heard the code", "which code?");
  const thinking = await startThinking({ platform, model, persona: () => "", owners: new Set() });
  onTestFinished(() => thinking.stop());
  await vi.waitFor(() => expect(thinking.subscription.status().state).toBe("live"), 10_000);
  const channel = emulator.world.guilds[0]?.channels.find(({ type }) => type === 0)?.id ?? "";
  const place = { as: "alice", scene: "channel", id: channel } as const;
  const say = async (content: string) => {
    const { status, body } = await emulator.control("say", { ...place, content, mention: true });
    expect([status, body]).toMatchObject([200, {}]);
    await emulator.waitForMessage({ scene: "channel", id: channel, after: String(body.message_id) });
    return String(body.message_id);
  };
  const messageId = await say("the code is 4711");
  const { store } = platform;
  await emulator.control("recall", { ...place, message_id: messageId });
  await vi.waitFor(() => expect(store().history.find(`channel:${channel}`, messageId)).toBeUndefined());
  const events = JSON.stringify(store().inbox.list({ limit: 100 }));
  expect(events).toContain(messageId);
  expect(events).toContain('"recalled":true');
  expect(events).not.toContain("4711");
  await say("what was the code?");
  expect(JSON.stringify(model.requests.at(-1))).not.toContain("4711");
});
