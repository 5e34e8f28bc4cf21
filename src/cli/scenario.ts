import { readFileSync } from "node:fs";
import { systemClock } from "../core/clock.ts";
import { InputError, QQError } from "../core/errors.ts";
import { howToMend, type ReadScenario, readScenarios } from "../scenario/file.ts";
import { jsonReport, junitReport, textReport } from "../scenario/report.ts";
import { runScenario, type ScenarioResult } from "../scenario/run.ts";
import { type Scenario, scenarioJsonSchema } from "../scenario/scenario.ts";
import { exitCodes } from "./exit.ts";
import type { Invocation } from "./program.ts";
import { borrowedStage, dialProblems, ownStage, type ScenarioStage } from "./scenario-stage.ts";
import { openLog, readSettings } from "./settings.ts";
import { untilStopped } from "./stop.ts";

type Opening = (scenario: Scenario) => Promise<ScenarioStage>;

/** Plays scenario files, each scenario on a fresh stage. Nothing is played when one of the files is bad. */
export async function scenario({ flags, options, words }: Invocation): Promise<number> {
  if (options.schema) {
    process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
    return exitCodes.ok;
  }
  const open = openingOf(options, () => openLog(readSettings(flags, { log: "silent" })));
  const all = readFiles(words, { isOwn: typeof options.url !== "string" });
  const stopped = new AbortController();
  void untilStopped().then(() => stopped.abort(new QQError("stopped", "stopped by the user")));
  const results: ScenarioResult[] = [];
  for (const { file, read } of all) {
    if (!stopped.signal.aborted) results.push({ file, ...(await play(read, open, stopped.signal)) });
  }
  const report = options.junit ? junitReport : options.json ? jsonReport : textReport;
  process.stdout.write(report(results));
  return results.length === all.length && results.every(({ ok }) => ok) ? exitCodes.ok : exitCodes.failed;
}

function openingOf({ url, bot, ownModel }: Invocation["options"], log: () => ReturnType<typeof openLog>): Opening {
  if (typeof url === "string" && typeof bot === "string") {
    throw new InputError("--bot", "--bot starts an emulator of its own: it goes without --url");
  }
  if (typeof url === "string") return () => borrowedStage(url);
  if (typeof bot === "string") {
    return (scenario) => ownStage(scenario, { bot, ownModel: ownModel === true, log: log() });
  }
  throw new InputError("--bot", "which bot is to be tried is not said", {
    remedy: 'Give --bot "COMMAND" to start it here, or --url ADDRESS of the emulator on which it runs.',
  });
}

function readFiles(names: readonly string[], { isOwn }: { isOwn: boolean }): { file: string; read: ReadScenario }[] {
  if (names.length === 0) throw new InputError("files", "no scenario file is named", { remedy: "Name at least one." });
  const onlyOwn = (scenario: Scenario) =>
    (["world", "dials"] as const)
      .filter((field) => scenario[field] !== undefined)
      .map((field) => ({ path: [field], reason: "only for an emulator that --bot starts" }));
  const problems: string[] = [];
  const all = names.flatMap((file) => {
    try {
      return readScenarios(file, textOf(file), isOwn ? dialProblems : onlyOwn).map((read) => ({ file, read }));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(error.message);
      return [];
    }
  });
  if (problems.length > 0) throw new InputError("files", problems.join("\n"), { remedy: howToMend });
  return all;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new InputError(file, `${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

async function play(read: ReadScenario, open: Opening, stopped: AbortSignal): Promise<Omit<ScenarioResult, "file">> {
  const stage = await open(read.scenario);
  try {
    const signal = stage.ended ? AbortSignal.any([stage.ended, stopped]) : stopped;
    const connect = { name: "机器人连上 / the bot connects", wait: "connected" as const };
    const whole = {
      scenario: { ...read.scenario, steps: [connect, ...read.scenario.steps] },
      written: [{ line: 1, text: connect.name }, ...read.written],
    };
    const result = await runScenario(whole, { control: stage.control, clock: systemClock, signal });
    const output = result.ok ? undefined : stage.output?.();
    return { ...result, ...(output ? { output } : {}) };
  } finally {
    await stage.close();
  }
}
