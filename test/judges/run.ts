import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Runs every judge in a process of its own and closes with one plain line. A judge passes when it exits with 0; one that
 * cannot run here (no browser) exits with 77 and counts as skipped.
 */
const judges = [
  "inspector",
  "conformance",
  "qq-official-bot",
  "satori",
  "oauth-client",
  "skill-format",
  "clawhub",
  "package",
  "page",
];
const here = import.meta.dirname;

const { dependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8")) as { dependencies: object };
if (!Object.keys(dependencies).every((name) => existsSync(join(here, "node_modules", name)))) {
  const npm = spawnSync("npm", ["ci", "--ignore-scripts"], {
    cwd: here,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (npm.status !== 0) process.exit(1);
}

function judge(name: string): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(here, `${name}.judge.ts`)], { stdio: "inherit", timeout: 180_000 });
    child.once("exit", (code, signal) => {
      if (signal) process.stdout.write(`${name} was ended by ${signal}: it hung, or somebody stopped it\n`);
      resolve(code ?? 1);
    });
  });
}

const counts = { passed: 0, failed: 0, skipped: 0 };
const wanted = process.argv.slice(2);
for (const name of judges.filter((candidate) => wanted.length === 0 || wanted.includes(candidate))) {
  const startedAt = Date.now();
  const code = await judge(name);
  const verdict = code === 0 ? "passed" : code === 77 ? "skipped" : "failed";
  counts[verdict] += 1;
  process.stdout.write(`${verdict}: ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)\n`);
}
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
process.exitCode = counts.failed > 0 ? 1 : 0;
