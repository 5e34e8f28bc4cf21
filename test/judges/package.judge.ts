import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openWorkplace } from "./workplace.ts";

/**
 * The npm package as npm packs it: what is in it, and that from an empty project and an empty home its command works
 * without another machine. Then the bundle for desktop clients, by its maker's tool. Prints what installing cost.
 */
const root = join(import.meta.dirname, "../..");
const workplace = openWorkplace("package");
const work = workplace.folder;
const isWindows = process.platform === "win32";

function run(command: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): string {
  const all = { ...process.env, ...env };
  const result = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 120_000, shell: isWindows, env: all });
  assert.equal(result.status, 0, `${command} ${args.join(" ")}: ${result.stdout}${result.stderr}`);
  return result.stdout;
}

interface Packed {
  filename: string;
  size: number;
  unpackedSize: number;
  files: { path: string }[];
}

const packed = (JSON.parse(run("npm", ["pack", "--json", "--pack-destination", work], root)) as Packed[])[0] as Packed;
const allowed =
  /^(dist\/|skills\/.*\.md$|SKILL\.md$|README(\.zh-CN)?\.md$|CHANGELOG\.md$|LICENSE$|package\.json$|\.env\.example$)/;
const paths = packed.files.map(({ path }) => path);
assert.deepEqual(
  paths.filter((path) => !allowed.test(path) || (/\.ts$/.test(path) && !/^dist\/templates\/|\.d\.ts$/.test(path))),
  [],
);
for (const path of [
  "dist/qq-skill.cjs",
  "dist/lib/index.js",
  "dist/lib/index.d.ts",
  "dist/page/index.html",
  "dist/third-party-licenses.txt",
  "SKILL.md",
])
  assert.ok(paths.includes(path), `${path} is not in the package`);
assert.ok(packed.unpackedSize < 5_000_000, `${packed.unpackedSize} bytes unpacked`);

const project = join(work, "project");
mkdirSync(project);
writeFileSync(join(project, "package.json"), '{"private":true,"type":"module"}');
const startedAt = performance.now();
run("npm", ["install", "--prefer-offline", join(work, packed.filename)], project);
const tookMs = performance.now() - startedAt;
const folders = readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."));

const program = join(project, "node_modules/qq-skill/dist/qq-skill.cjs");
const clean = { ...workplace.env };

/** Starts it and waits until what it writes matches. */
async function start(
  args: readonly string[],
  pattern: RegExp,
  input = "",
): Promise<{ match: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [program, ...args], { cwd: project, env: clean });
  child.stdin.write(input);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8");
  return new Promise((resolve, reject) => {
    const hear = (text: string) => {
      output += text;
      const match = pattern.exec(output);
      if (match) resolve({ match: match[1] ?? match[0], child });
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", () => reject(new Error(`${args.join(" ")} ended: ${output}`)));
    setTimeout(() => reject(new Error(`${args.join(" ")} said only: ${output}`)), 30_000).unref();
  });
}

const hello = [
  {
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "judge", version: "1" } },
  },
  { method: "notifications/initialized" },
  { id: 2, method: "tools/call", params: { name: "qq_list_guilds", arguments: {} } },
];
const lines = hello.map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`).join("");
const mcp = await start(["mcp", "--emulator"], /id=(\d{6,}) name=/, lines);
mcp.child.kill();

const playground = await start(["playground", "--port", "0"], /(http:\/\/\S+token=\S+)/);
const page = await fetch(playground.match);
assert.ok(page.ok && (await page.text()).includes("<html"), "the playground has no page");
playground.child.kill();

const emulator = await start(["emulator", "--port", "0"], /([\s\S]*QQ_BOT_TOKEN_URL=\S+)\s/);
const variables = [...emulator.match.matchAll(/(?:export )?(QQ_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]);
Object.assign(clean, Object.fromEntries(variables));
const called = spawnSync(process.execPath, [program, "call", "list_guilds"], {
  cwd: project,
  env: clean,
  encoding: "utf8",
});
assert.equal(called.status, 0, called.stderr);
assert.ok(JSON.parse(called.stdout));
emulator.child.kill();

const own = { cwd: project, env: clean, encoding: "utf8" } as const;
const made = spawnSync(process.execPath, [program, "new", "my-bot"], own);
assert.equal(made.status, 0, made.stderr);
const bot = `"${process.execPath}" my-bot/bot.ts`;
const played = spawnSync(process.execPath, [program, "scenario", "my-bot/scenario.yaml", "--bot", bot], own);
assert.equal(played.status, 0, played.stdout + played.stderr);

writeFileSync(
  join(project, "bot.js"),
  'import { operations } from "qq-skill"; process.stdout.write(String(operations.length));',
);
assert.ok(Number(run(process.execPath, ["bot.js"], project)) > 100);

const bundle = join(work, "bundle");
for (const name of ["manifest.json", "dist", "skills", "SKILL.md", "package.json", "LICENSE"])
  cpSync(join(root, name), join(bundle, name), {
    recursive: true,
    filter: (path) => !/[/\\]dist[/\\]lib($|[/\\])/.test(path),
  });
const mcpb = join(import.meta.dirname, "node_modules/.bin/mcpb");
run(mcpb, ["validate", join(bundle, "manifest.json")], work);
run(mcpb, ["pack", bundle, join(work, "qq-skill.mcpb")], work);
const bundled = statSync(join(work, "qq-skill.mcpb")).size;

workplace.close();
process.stdout.write(
  `npm install of the tarball: ${(tookMs / 1000).toFixed(1)} s, ${packed.size} bytes packed, ${packed.unpackedSize} unpacked, packages: ${folders.join(", ")}\nbundle for desktop clients: ${bundled} bytes\n`,
);
