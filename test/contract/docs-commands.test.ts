import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startTestEmulator } from "../kit/emulator.ts";
import { program, run, temporaryFolder } from "../kit/processes.ts";
import { blocksOf, runCommands } from "../kit/skill-commands.ts";

const root = join(import.meta.dirname, "../..");
const { scripts, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
  version: string;
};
const pages = [
  ...["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md", "SKILL.md"],
  ...readdirSync(join(root, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
];

/** In code, fenced or not: `qq-skill` with what follows on its line. */
function commandsOf(text: string): string[] {
  const fenced = [...text.matchAll(/^ *```(?:sh|bash)[^\n]*\n([\s\S]*?)^ *```/gm)].map(([, block = ""]) => block);
  const inline = [...text.replace(/^ *```[\s\S]*?^ *```/gm, "").matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
  return [...fenced, ...inline].flatMap((code) =>
    [...code.matchAll(/(?:^|\s|&&|\|)(?:npx -y )?qq-skill(?:@[\d.]+)? ([a-z]+(?![\w:])[^\n|&#>]*)/gm)].map(
      ([, words = ""]) => words.trim(),
    ),
  );
}

const helps = new Map<string, string>();
async function helpOf(subcommand: string): Promise<string> {
  const known = helps.get(subcommand);
  if (known !== undefined) return known;
  const { code, stdout } = await run([...(subcommand ? [subcommand] : []), "--help"]);
  const text = code === 0 ? stdout : "";
  helps.set(subcommand, text);
  return text;
}

describe.skipIf(process.platform === "win32")("the commands in the pages", () => {
  it("are found in code, fenced or not", () => {
    expect(
      commandsOf("```sh\nqq-skill doctor && qq-skill bot --dry-run\n```\nand `npx -y qq-skill@0.1.0 call x`"),
    ).toEqual([...["doctor", "bot --dry-run", "call x"]]);
    expect(commandsOf(readFileSync(join(root, "README.md"), "utf8")).length).toBeGreaterThan(20);
  });

  it.each(pages)("name subcommands, flags and scripts that exist: %s", async (page) => {
    const text = readFileSync(join(root, page), "utf8");
    const subcommands = [...(await helpOf("")).matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
    const wrong: string[] = [];
    for (const command of commandsOf(text)) {
      const [subcommand = "", ...words] = command.split(/\s+/);
      if (!subcommands.includes(subcommand)) wrong.push(command);
      // A call's flags are the operation's fields; that one has tests of its own.
      else if (subcommand !== "call") {
        const help = await helpOf(subcommand);
        for (const flag of words.filter((word) => word.startsWith("--")))
          if (!help.includes(flag.split("=")[0] as string)) wrong.push(`${command}: ${flag}`);
      }
    }
    for (const [, script = ""] of text.matchAll(/npm run ([\w:]+)/g))
      if (!(script in scripts)) wrong.push(`npm run ${script}`);
    expect(wrong).toEqual([]);
  });

  it("that are marked to be run do their work on a local QQ", async () => {
    const folder = temporaryFolder();
    for (const page of pages.filter((name) => name !== "SKILL.md")) cpSync(join(root, page), join(folder, page));
    const blocks = blocksOf(folder).filter(({ isRun }) => isRun);
    expect(blocks.length).toBeGreaterThan(0);
    const emulator = await startTestEmulator();
    for (const block of blocks) {
      const ran = await runCommands({ emulator, program, version, folder: temporaryFolder() }, block);
      expect(ran.code, `${block.file}:${block.line}\n${ran.stdout}${ran.stderr}`).toBe(0);
    }
  });
});
