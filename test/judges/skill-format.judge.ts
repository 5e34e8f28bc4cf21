import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The strict validator of the skill format accepts every skill, and the common installer finds the root one. */
const root = join(import.meta.dirname, "../..");
const work = mkdtempSync(join(tmpdir(), "qq-skill-format-"));
const bin = (name: string) => join(import.meta.dirname, "node_modules", name);

function run(script: string, ...args: string[]): string {
  const env = { ...process.env, HOME: work, DISABLE_TELEMETRY: "1" };
  const result = spawnSync(process.execPath, [script, ...args], { encoding: "utf8", env, timeout: 60_000, cwd: work });
  assert.equal(result.status, 0, `${args.join(" ")}: ${result.stdout}${result.stderr}`);
  return `${result.stdout}${result.stderr}`;
}

function script(name: string, command: string): string {
  const manifest = JSON.parse(readFileSync(join(bin(name), "package.json"), "utf8")) as {
    bin: string | Record<string, string>;
  };
  return join(bin(name), typeof manifest.bin === "string" ? manifest.bin : (manifest.bin[command] as string));
}

// The validator wants the folder to be named like the skill, which a checkout is not.
const rootCopy = join(work, "qq-open-platform");
cpSync(join(root, "SKILL.md"), join(rootCopy, "SKILL.md"));
cpSync(join(root, "skills"), join(rootCopy, "skills"), { recursive: true });
const folders = [rootCopy, ...readdirSync(join(root, "skills")).map((name) => join(rootCopy, "skills", name))];
for (const folder of folders) run(script("skills-ref", "skills-ref"), "validate", folder);

const found = run(script("skills", "skills"), "add", rootCopy, "--list");
assert.ok(found.includes("qq-open-platform"), found);
rmSync(work, { recursive: true, force: true });
