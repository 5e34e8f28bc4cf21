import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startTestEmulator } from "../kit/emulator.ts";
import { program, temporaryFolder } from "../kit/processes.ts";
import { blocksOf, runCommands } from "../kit/skill-commands.ts";
import { skillFolder } from "../kit/skill-examples.ts";

const { version } = JSON.parse(readFileSync(join(skillFolder, "package.json"), "utf8")) as { version: string };

/** The skill as an installer leaves it: nothing of the repository is near. */
function installed(): string {
  const folder = join(temporaryFolder(), "qq-open-platform");
  cpSync(join(skillFolder, "SKILL.md"), join(folder, "SKILL.md"));
  cpSync(join(skillFolder, "skills"), join(folder, "skills"), { recursive: true });
  return folder;
}

describe.skipIf(process.platform === "win32")("the commands of the skill", () => {
  it("all work on a local QQ, from the skill's folder alone", async () => {
    const blocks = blocksOf(installed()).filter(({ language, isRun }) => language === "sh" && isRun);
    expect(blocks.length).toBeGreaterThan(10);
    const emulator = await startTestEmulator();
    const failed: string[] = [];
    const waiting = [...blocks];
    const work = async () => {
      for (let block = waiting.shift(); block; block = waiting.shift()) {
        const ran = await runCommands({ emulator, program, version, folder: temporaryFolder() }, block);
        if (ran.code !== 0) failed.push(`${block.file}:${block.line}: ${ran.code}\n${ran.stdout}${ran.stderr}`);
      }
    };
    await Promise.all([work(), work(), work()]);
    expect(failed).toEqual([]);
  });

  it("end at the first that fails, and are only found with the pinned version", async () => {
    const emulator = await startTestEmulator();
    const stage = { emulator, program, version, folder: temporaryFolder() };
    const wrong = await runCommands(stage, { text: "npx -y qq-skill@9.9.9 operations\necho reached\n" });
    expect(wrong).toMatchObject({ code: 64, stdout: "", stderr: expect.stringContaining("not the pinned version") });
    const refused = await runCommands(stage, { text: "qq-skill call get_guild --guild_id 1\necho reached\n" });
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
  });
});
