import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder with package.json, SKILL.md and skills/: above the source, and above the built chunks. */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
