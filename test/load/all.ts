import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Every measurement, one after the other: they would disturb each other side by side. */
const failed = ["mcp", "bot", "events", "sends"].filter((name) => {
  process.stdout.write(`\n== ${name}\n`);
  return spawnSync(process.execPath, [join(import.meta.dirname, `${name}.ts`)], { stdio: "inherit" }).status !== 0;
});
if (failed.length > 0) {
  process.stdout.write(`failed: ${failed.join(", ")}\n`);
  process.exitCode = 1;
}
