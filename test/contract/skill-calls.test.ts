import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startTestEmulator } from "../kit/emulator.ts";
import { blocksOf, variablesOf } from "../kit/skill-commands.ts";
import { exampleLanguages, skillFolder, startExample } from "../kit/skill-examples.ts";

describe.each(exampleLanguages)("plain calls in $language", ({ language, missing }) => {
  it.skipIf(missing)("send a text and a card with a button, as replies and on their own", async () => {
    const emulator = await startTestEmulator();
    const id = emulator.world.groups[0]?.id as string;
    const place = { scene: "group", id } as const;
    const { message_id: asked } = emulator.say({ ...place, as: "alice", content: "在吗", mention: true });
    for (const words of [[], [asked]]) {
      const args = ["group", id, "你好", ...words];
      const sending = startExample(`qq-bot/references/send-${language}.md`, variablesOf(emulator), args);
      const { code, stdout, stderr } = await sending.ended;
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/^ROBOT1\.0_\S+ ROBOT1\.0_\S+\s*$/);
    }
    const sent = emulator.messages({ ...place, after: asked }).map(({ content }) => content);
    const pair = ["你好", "# 你好\n\n**看到请点按钮**"];
    expect(sent).toEqual([...pair, ...pair]);
    const refused = startExample(`qq-bot/references/send-${language}.md`, variablesOf(emulator), [
      "group",
      id,
      "晚了",
      "x",
    ]);
    expect(await refused.ended).toMatchObject({ code: 1, stderr: expect.stringContaining("40034024") });
  });

  it.skipIf(missing)("look up guilds, channels and roles", async () => {
    const emulator = await startTestEmulator();
    const look = startExample(`qq-channel/references/lookup-${language}.md`, variablesOf(emulator));
    const { code, stdout } = await look.ended;
    expect(code).toBe(0);
    const guild = emulator.world.guilds[0];
    for (const { name, id } of guild?.channels ?? []) expect(stdout).toContain(`子频道 ${name} ${id}`);
    expect(stdout).toContain(`频道 示例频道 ${guild?.id}（4 人）`);
    expect(stdout).toContain("论坛子频道 讨论区");
    expect(stdout).toContain("身份组 活跃成员 11");
  });
});

it("the examples in TypeScript keep to its strict rules", () => {
  mkdirSync(join(skillFolder, "build"), { recursive: true });
  const folder = mkdtempSync(join(skillFolder, "build/examples-"));
  try {
    const found = blocksOf(join(skillFolder, "skills")).filter(({ language, isRun }) => language === "ts" && isRun);
    expect(found).toHaveLength(6);
    for (const [index, { text }] of found.entries()) writeFileSync(join(folder, `example-${index}.ts`), text);
    const config = { extends: "../../tsconfig.json", include: ["*.ts"], compilerOptions: { noEmit: true } };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const compiler = join(skillFolder, "node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", folder], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, ""]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
