import { spawnSync } from "node:child_process";

/** Everything that is checked without running the program; all of it runs, then one line says what failed. */
const steps: readonly [name: string, command: string, ...args: string[]][] = [
  ["format and lint", "biome", "ci", "--error-on-warnings", "."],
  ["types", "tsc", "-p", "."],
  ["types of the page", "tsc", "-p", "src/emulator/page"],
  ["import floors", "vitest", "run", "--reporter=dot", "test/unit/floors.test.ts"],
  ["generated docs are fresh", "node", "docs/generate.ts", "--check"],
];

const failed = steps.filter(([name, command, ...args]) => {
  const startedAt = Date.now();
  // npm puts node_modules/.bin on the path; on Windows its entries are .cmd files that only a shell starts.
  const result = spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" });
  process.stderr.write(
    `${result.status === 0 ? "ok  " : "FAIL"}  ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)\n`,
  );
  return result.status !== 0;
});

if (failed.length > 0) {
  process.stderr.write(`check failed: ${failed.map(([name]) => name).join(", ")}\n`);
  process.exitCode = 1;
}
