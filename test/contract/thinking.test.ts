import { pino } from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import type { ModelPort } from "../../src/agent/model.ts";
import { openPlatform } from "../../src/cli/platform.ts";
import { openStage } from "../../src/cli/stage.ts";
import { startThinking } from "../../src/cli/thinking.ts";
import { loadConfig } from "../../src/config/load.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { platformVariables, temporaryFolder } from "../kit/processes.ts";

const model: ModelPort = { name: "none", complete: () => Promise.reject(new Error("nobody asks")) };

async function open() {
  const emulator = await startTestEmulator();
  const env = { ...platformVariables(emulator), QQ_SKILL_HOME: temporaryFolder() };
  const lines: { state?: string; detail?: string }[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const platform = openPlatform(loadConfig({ env }), log);
  onTestFinished(() => platform.close());
  const states = () => lines.flatMap(({ state, detail }) => (state === undefined ? [] : [`${state} ${detail ?? ""}`]));
  return {
    emulator,
    platform,
    states,
    start: () => startThinking({ platform, model, persona: () => "", owners: new Set() }),
  };
}

it("says each state once, whichever shard it comes from", async () => {
  const stage = await open();
  const thinking = await stage.start();
  await vi.waitFor(() => expect(thinking.subscription.status().state).toBe("live"), 10_000);
  await thinking.stop();
  const states = stage.states();
  expect(states.at(-1)).toMatch(/^stopped/);
  expect(states.filter((state, index) => state === states[index - 1])).toEqual([]);
});

it("what an assistant's message waited for in a process that ended is there in the next that connects", async () => {
  const { emulator, platform } = await open();
  const { id } = emulator.world.c2c[0] ?? { id: "" };
  const key = "waited";
  await platform.store().outgoing.plan({ key, conversation: `c2c:${id}`, text: "hi", parts: 1 });
  const message = { scene: "c2c", id, text: "hi", mayWait: true, key };
  await platform.store().outgoing.hold(key, { message, heldUntil: Date.now() + 60_000, note: "not connected" });
  const stage = await openStage([{ name: "only", config: { ...platform.config, settleMs: 0 } }], false);
  onTestFinished(() => stage.close());
  await stage.contextFor({ kind: "assistant", grants: new Set(["send"]), label: "test" }).gateway.start();
  await vi.waitFor(() => expect(emulator.messages({ scene: "c2c", id })).toMatchObject([{ content: "hi" }]));
});

it("holds neither connection nor lock when it cannot begin", async () => {
  const stage = await open();
  vi.spyOn(stage.platform.outbox, "resume").mockRejectedValueOnce(new Error("unreadable"));
  await expect(stage.start()).rejects.toThrow("unreadable");
  expect(stage.states().at(-1)).toMatch(/^stopped/);
});
