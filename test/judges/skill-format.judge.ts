import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { readLines, splitFrontMatter } from "../../.ci/pack/front-matter.ts";
import { openWorkplace } from "./workplace.ts";

/**
 * The staged skill, as others read it: the strict validator of the format; the common installer, which lists it and
 * installs it into an empty folder; our own reader of the other registry's zip, and that registry's client if
 * SKILLHUB_CLI names its script. Prints what installing cost.
 */
const root = join(import.meta.dirname, "../..");
const workplace = openWorkplace("format");
const work = workplace.folder;
const bin = (name: string) => join(import.meta.dirname, "node_modules", name);
mkdirSync(join(work, "project"));

function run(program: string, args: readonly string[], more: Record<string, string> = {}): string {
  const env = { ...workplace.env, ...more };
  const result = spawnSync(program, args, { encoding: "utf8", env, timeout: 60_000, cwd: join(work, "project") });
  assert.equal(result.status, 0, `${args.join(" ")}: ${result.stdout}${result.stderr}`);
  return `${result.stdout}${result.stderr}`;
}

function script(name: string, command: string): string {
  const manifest = JSON.parse(readFileSync(join(bin(name), "package.json"), "utf8")) as {
    bin: string | Record<string, string>;
  };
  return join(bin(name), typeof manifest.bin === "string" ? manifest.bin : (manifest.bin[command] as string));
}
const node = (file: string, ...args: string[]) => run(process.execPath, [file, ...args]);

node(join(root, ".ci/skill-pack.ts"));
const staged = join(root, "build/skill/clawhub/qq-open-platform");
const names = readdirSync(join(staged, "skills"));
for (const folder of [staged, ...names.map((name) => join(staged, "skills", name))])
  node(script("skills-ref", "skills-ref"), "validate", folder);

const found = (...flags: string[]) =>
  /Found (\d+) skill/.exec(node(script("skills", "skills"), "add", staged, "--list", ...flags))?.[1];
assert.equal(found(), "1");
assert.equal(found("--full-depth"), String(1 + names.length));

const startedAt = performance.now();
node(script("skills", "skills"), "add", staged, "--agent", "claude-code", "--yes", "--copy");
const tookMs = performance.now() - startedAt;
const files = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
const installed = join(work, "project/.claude/skills/qq-open-platform");
assert.deepEqual(files(installed), files(staged));
const bytes = files(installed).reduce((sum, name) => sum + statSync(join(installed, name)).size, 0);

const slug = "qq-1775714520";
const zip = join(root, "build/skill/skillhub", `${slug}.zip`);
const entries = unzipSync(readFileSync(zip));
assert.ok(Object.keys(entries).every((name) => name.endsWith(".md") && !name.includes("..") && !name.includes("\\")));
const head = readLines(splitFrontMatter(Buffer.from(entries["SKILL.md"] as Uint8Array).toString("utf8")).lines);
assert.equal(head.name, slug);
for (const key of ["slug", "displayName", "version", "summary", "description", "tags"]) assert.ok(head[key], key);

const skillHub = process.env.SKILLHUB_CLI;
if (skillHub) {
  const env = { SKILLHUB_SKIP_SELF_UPGRADE: "1", SKILLHUB_SKIP_WORKSPACE_SKILLS: "1" };
  run("python3", [skillHub, "publish", join(root, "build/skill/skillhub", slug), "--dry-run", "--json"], env);
} else process.stdout.write("SKILLHUB_CLI is not set: its zip was read by our own reader alone\n");
const claude = spawnSync("claude", ["--version"], { encoding: "utf8" });
if (claude.status === 0) run("claude", ["plugin", "validate", root, "--strict"]);
else process.stdout.write("claude is not here: the plugin manifests were not validated by it\n");

workplace.close();
process.stdout.write(`skills add qq-open-platform: ${(tookMs / 1000).toFixed(1)} s, ${bytes} bytes\n`);
