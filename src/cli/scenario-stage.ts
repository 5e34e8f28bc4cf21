import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "../core/log.ts";
import { nearest } from "../core/nearest.ts";
import { startDemoModel } from "../emulator/demo/server.ts";
import { defaultDials } from "../emulator/dials.ts";
import { defaultSeed, type WorldSeed } from "../emulator/seed.ts";
import { Control } from "../scenario/control.ts";
import type { Reason } from "../scenario/file.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { startBot } from "./bot-process.ts";
import { demoModelVariables, openEmulator, platformVariables } from "./emulator.ts";

/** What a scenario is played on. */
export interface ScenarioStage {
  control: Control;
  /** Aborted when the bot under test ends. */
  ended?: AbortSignal;
  output?: () => string;
  close(): Promise<void>;
}

/** An emulator that runs already, as it was at its start, without faults. */
export async function borrowedStage(address: string): Promise<ScenarioStage> {
  const control = new Control(address);
  await control.clearFaults();
  await control.post("reset");
  return { control, close: () => control.clearFaults() };
}

/** A local QQ of its own, the bot under test on it, and a demo model unless the bot is to use that of the environment. */
export async function ownStage(
  scenario: Scenario,
  { bot, ownModel, log }: { bot: string; ownModel: boolean; log: Log },
): Promise<ScenarioStage> {
  const platform = await openEmulator({ port: 0, log, seed: seedOf(scenario) });
  const model = ownModel ? undefined : await startDemoModel();
  const home = mkdtempSync(join(tmpdir(), "qq-skill-scenario-"));
  const process = startBot(bot, {
    ...platformVariables(platform),
    ...(model ? demoModelVariables(model) : {}),
    // For a bot of this very program: no memory of another one, no wait after the connect.
    ...{ QQ_SKILL_HOME: home, QQ_BOT_SETTLE_MS: "0" },
  });
  return {
    control: new Control(platform.pageUrl),
    ended: process.ended,
    output: process.output,
    async close() {
      await process.stop();
      await model?.close();
      await platform.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function seedOf({ world, dials = {} }: Scenario): WorldSeed {
  return { ...((world as WorldSeed | undefined) ?? defaultSeed), dials };
}

/** Dials that there are not, or whose value is of another kind. */
export function dialProblems({ dials = {} }: Scenario): Reason[] {
  const known = defaultDials();
  return Object.entries(dials).flatMap(([name, value]) => {
    const path = ["dials", name];
    if (!Object.hasOwn(known, name)) {
      const close = nearest(name, Object.keys(known)).join(" or ");
      return [{ path, reason: `there is no such dial${close ? `; did you mean ${close}?` : ""}` }];
    }
    const usual = known[name as keyof typeof known];
    const isLike = typeof value === typeof usual && Array.isArray(value) === Array.isArray(usual);
    return isLike ? [] : [{ path, reason: `must be like ${JSON.stringify(usual)}` }];
  });
}
