import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startConformanceServer } from "../kit/conformance-server.ts";

/** The official conformance suite: everything against a fixture on our own HTTP entry, what applies against the product. */
const suite = join(import.meta.dirname, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
const program = join(import.meta.dirname, "../../dist/qq-skill.cjs");
const home = mkdtempSync(join(tmpdir(), "qq-skill-judge-"));

function judge(...args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [suite, "server", ...args], { timeout: 60_000 });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    child.once("close", (code) => resolve({ code, output }));
  });
}

const fixture = await startConformanceServer();
const whole = await judge("--url", fixture.url, "--suite", "all", "-o", join(home, "out"));
assert.equal(whole.code, 0, whole.output);
const [, passed, failed] = /Total: (\d+) passed, (\d+) failed/.exec(whole.output) ?? [];
assert.deepEqual([passed, failed], ["44", "0"], whole.output);
await fixture.close();

const product = spawn(process.execPath, [program, "mcp", "--http", "127.0.0.1:0"], {
  env: { ...process.env, QQ_SKILL_HOME: home },
  stdio: ["ignore", "inherit", "pipe"],
});
let printed = "";
let url: string | undefined;
for await (const chunk of product.stderr) {
  printed += String(chunk);
  url = /MCP server: (\S+)/.exec(printed)?.[1];
  if (url) break;
}
assert.ok(url, printed);
const scenarios = [
  "server-initialize",
  "ping",
  "tools-list",
  "resources-list",
  "prompts-list",
  "dns-rebinding-protection",
];
for (const scenario of scenarios) {
  const { code, output } = await judge("--url", url, "--scenario", scenario);
  assert.equal(code, 0, `${scenario}\n${output}`);
}
product.kill("SIGTERM");
rmSync(home, { recursive: true, force: true });
process.stdout.write(
  `  conformance: ${passed} of 44 on our HTTP entry, ${scenarios.length} scenarios on the product\n`,
);
