import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { startEmulator } from "../../src/emulator/emulator.ts";
import { program } from "../kit/processes.ts";
import { blocksOf, runCommands } from "../kit/skill-commands.ts";
import { skillFolder } from "../kit/skill-examples.ts";

const { version } = JSON.parse(readFileSync(join(skillFolder, "package.json"), "utf8")) as { version: string };
const work = mkdtempSync(join(tmpdir(), "qq-skill-commands-"));
const emulator = await startEmulator({ port: 0 });
afterAll(async () => {
  await emulator.close();
  rmSync(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});
const stageIn = (name: string) => ({ emulator, program, version, folder: join(work, name) });

// The skill as an installer leaves it: nothing of the repository is near.
const installed = join(work, "qq-open-platform");
cpSync(join(skillFolder, "SKILL.md"), join(installed, "SKILL.md"));
cpSync(join(skillFolder, "skills"), join(installed, "skills"), { recursive: true });
const blocks = blocksOf(installed).filter(({ language, isRun }) => language === "sh" && isRun);

describe.skipIf(process.platform === "win32")("the commands of the skill", () => {
  it("are there in the root and in every playbook that calls something", () => {
    expect(new Set(blocks.map(({ file }) => file)).size).toBeGreaterThanOrEqual(8);
  });

  it.each(blocks)("work on a local QQ: $file:$line", async (block) => {
    const ran = await runCommands(stageIn(`${block.file}-${block.line}`), block);
    expect(ran.code, `${ran.stdout}${ran.stderr}`).toBe(0);
  });

  it("end at the first that fails, and are only found with the pinned version", async () => {
    const stage = stageIn("failing");
    const wrong = await runCommands(stage, { text: "npx -y qq-skill@9.9.9 operations\necho reached\n" });
    expect(wrong).toMatchObject({ code: 64, stdout: "", stderr: expect.stringContaining("not the pinned version") });
    const refused = await runCommands(stage, { text: "qq-skill call get_guild --guild_id 1\necho reached\n" });
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
  });
});
