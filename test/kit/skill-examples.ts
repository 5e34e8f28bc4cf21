import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Program, temporaryFolder, type Variables } from "./processes.ts";
import { type Block, blocksOf } from "./skill-commands.ts";

export const skillFolder = join(import.meta.dirname, "../..");

/** A Python that has what the examples import, or why there is none. */
export const python: { command?: string; why?: string } = findPython();

function findPython(): { command?: string; why?: string } {
  const candidates = ["python3", "/usr/bin/python3", "python"];
  const command = candidates.find(
    (name) => spawnSync(name, ["-c", "import websockets, cryptography"], { stdio: "ignore" }).status === 0,
  );
  return command ? { command } : { why: "no Python with websockets and cryptography" };
}

/** For `describe.each`; `missing` says why the language cannot be tried here. */
export const exampleLanguages = [
  { language: "typescript", missing: undefined },
  { language: "python", missing: python.why },
] as const;

/** The only runnable block in a page of the skills, below `skills/`. */
export function exampleOf(page: string): Block {
  const path = join(skillFolder, "skills", page);
  const found = blocksOf(join(path, "..")).filter(({ file, isRun }) => isRun && page.endsWith(file));
  const [block] = found;
  if (!block || found.length > 1) throw new Error(`${page} has ${found.length} runnable blocks, not 1`);
  if (!readFileSync(path, "utf8").includes(block.text)) throw new Error(`${page} was not read`);
  return block;
}

/** Starts the example of a page, as a reader would: saved under its name, run by the language's own program. */
export function startExample(page: string, env: Variables, args: readonly string[] = []): Program {
  const { language, text } = exampleOf(page);
  const home = temporaryFolder();
  const isPython = language === "python";
  const name = isPython ? "example.py" : "example.ts";
  writeFileSync(join(home, name), text);
  const command = isPython ? (python.command ?? "python3") : process.execPath;
  return new Program([name, ...args], { command: [command], home, env: { ...env, PYTHONUNBUFFERED: "1" } });
}
