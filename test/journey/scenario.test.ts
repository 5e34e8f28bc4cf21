import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { junitReport } from "../../src/scenario/report.ts";
import type { ScenarioResult } from "../../src/scenario/run.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { run, temporaryFolder } from "../kit/processes.ts";
import { RawBot } from "../kit/raw-bot.ts";

const fixture = (name: string) => join(import.meta.dirname, "../fixtures", name);
const bot = `"${process.execPath}" "${fixture("scenario-bot.mjs")}"`;
const [everything, failing] = [fixture("everything.scenario.yaml"), fixture("failing.scenario.yaml")];

describe("qq-skill scenario", () => {
  it("plays every kind of step against a bot of another hand", async () => {
    const { code, stdout, stderr } = await run(["scenario", everything, "--bot", bot, "--junit"]);
    const all = { tests: "1", failures: "0", errors: "0", skipped: "0" };
    expect(readJunit(stdout)).toEqual({
      suites: [all, { name: everything, ...all }],
      cases: ["每一种步骤"],
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it("says what failed, with what the bot did instead and without its secret; the rest is skipped", async () => {
    const { code, stdout } = await run(["scenario", failing, "--bot", bot, "--json"]);
    expect(code).toBe(1);
    const { ok, scenarios } = JSON.parse(stdout) as { ok: boolean; scenarios: ScenarioResult[] };
    expect(ok).toBe(false);
    const outcome = scenarios.map(({ name, steps }) => {
      const bad = steps.find(({ status }) => status === "failed" || status === "error");
      return [name, bad?.line, bad?.status, bad?.detail];
    });
    expect(outcome).toEqual([
      ["说了别的", 5, "failed", expect.stringMatching(/机器人说了.*"pong" {2}\(another text\)/s)],
      ["说了太多", 11, "failed", expect.stringContaining("3 messages instead of 2")],
      ["不该说话", 16, "failed", expect.stringContaining('came although it must not: "pong"')],
      ["崩溃了", 21, "error", expect.stringContaining("the bot ended (3)")],
      ["没有这个人", 25, "error", expect.stringContaining("zoe")],
    ]);
    expect(scenarios[0]?.steps.at(-1)?.status).toBe("skipped");
    expect(scenarios[3]?.output).toBe("fatal: secret is [redacted]\n");
    const all = { tests: "5", failures: "3", errors: "2", skipped: "0" };
    const { suites, cases } = readJunit(junitReport(scenarios));
    expect(suites).toEqual([all, { name: failing, ...all }]);
    expect(cases).toEqual(scenarios.map(({ name }) => name));
  });

  it("uses an emulator that runs already, and leaves it without faults", async () => {
    const [emulator, home] = [await startTestEmulator(), temporaryFolder()];
    const mute = await new RawBot(emulator).login();
    await mute.connect();
    const [chat] = emulator.world.c2c;
    emulator.say({ as: "alice", scene: "c2c", id: chat?.id ?? "", content: "from before" });
    emulator.addFault({ kind: "server_error", count: null });
    const steps = ["say: hi", "fault: { kind: rate_limited, count: null }", "expect_none: { within: 100ms }"];
    writeFileSync(join(home, "mute.yaml"), `name: 不说话\nsteps:\n${steps.map((step) => `  - ${step}\n`).join("")}`);
    const { code, stdout } = await run(["scenario", "mute.yaml", "--url", emulator.pageUrl], { home });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("✓ 不说话  (mute.yaml") });
    expect(emulator.faults()).toEqual([]);
    expect(emulator.messages({ scene: "c2c", id: chat?.id ?? "" }).map(({ content }) => content)).toEqual(["hi"]);
  });

  it("refuses bad files before anything runs, and says which bot is missing", async () => {
    const home = temporaryFolder();
    const [noFile, noBot, both, ownWorld, noEmulator] = await Promise.all([
      run(["scenario", "nowhere.yaml", "--bot", bot], { home }),
      run(["scenario", everything]),
      run(["scenario", everything, "--bot", bot, "--url", "http://127.0.0.1:1/?token=a"]),
      run(["scenario", everything, "--url", "http://127.0.0.1:1/?token=a"]),
      run(["scenario", failing, "--url", "http://127.0.0.1:1/?token=a"]),
    ]);
    expect([noFile, noBot, both, ownWorld, noEmulator].map(({ code }) => code)).toEqual([2, 2, 2, 2, 1]);
    expect(noFile.stderr).toContain("nowhere.yaml: cannot be read (ENOENT)");
    expect(noBot.stderr).toContain("--bot");
    expect(both.stderr).toContain("without --url");
    expect(ownWorld.stderr).toMatch(/everything\.scenario\.yaml:4 dials: only for an emulator that --bot starts/);
    expect(noEmulator.stderr).toMatch(/does not answer/);
  });
});

/** Reads the report as JUnit's readers do: elements in order and nesting, attributes with entities, nothing else. */
function readJunit(xml: string) {
  expect(xml).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites /);
  const open: string[] = [];
  const suites: Record<string, string>[] = [];
  const cases: string[] = [];
  const inside: Record<string, readonly string[]> = {
    "": ["testsuites"],
    testsuites: ["testsuite"],
    testsuite: ["testcase"],
    testcase: ["failure", "error", "system-out"],
  };
  const body = xml.slice(xml.indexOf("\n") + 1);
  const rest = body.replace(/<(\/?)([\w-]+)((?: [\w-]+="[^"<]*")*)(\/?)>/g, (_, end, name, attributes, empty) => {
    if (end) expect(open.pop()).toBe(name);
    else {
      expect(inside[open.at(-1) ?? ""] ?? [], `${name} in ${open.at(-1)}`).toContain(name);
      const pairs = [...attributes.matchAll(/ ([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]);
      const facts = Object.fromEntries(pairs) as Record<string, string>;
      const { time, ...counts } = facts;
      if (name.startsWith("testsuite")) suites.push(counts);
      if (name === "testcase") cases.push(facts.name ?? "");
      if (time !== undefined) expect(Number(time)).toBeGreaterThan(0);
      if (!empty) open.push(name);
    }
    return "";
  });
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/<|(?!\n)\p{Cc}|&(?!(amp|lt|gt|quot|#10);)/u);
  return { suites, cases };
}
