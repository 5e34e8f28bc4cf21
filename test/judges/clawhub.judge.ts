import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startEmulator } from "../../src/emulator/emulator.ts";
import { blocksOf, runCommands } from "../kit/skill-commands.ts";
import { startRegistry } from "./registry.ts";
import { openWorkplace } from "./workplace.ts";

/**
 * The real registry client publishes the staged skill, publishes it again, installs it into an empty folder and updates
 * it, against a registry on this machine; the commands of the installed texts run on a local QQ. Prints what installing cost.
 */
const root = join(import.meta.dirname, "../..");
const workplace = openWorkplace("clawhub");
const work = workplace.folder;
const client = join(import.meta.dirname, "node_modules/clawhub");
const manifest = JSON.parse(readFileSync(join(client, "package.json"), "utf8")) as { bin: Record<string, string> };
const registry = await startRegistry();

const packed = spawnSync(process.execPath, [join(root, ".ci/skill-pack.ts")], { encoding: "utf8" });
assert.equal(packed.status, 0, packed.stderr);
const staged = join(root, "build/skill/clawhub/qq-open-platform");

/** The judge serves the registry: it must not wait for the client with its hands bound. */
function clawhub(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [join(client, manifest.bin.clawhub as string), "--no-input", ...args], {
    cwd: work,
    env: {
      ...workplace.env,
      CLAWHUB_REGISTRY: registry.origin,
      CLAWHUB_SITE: registry.origin,
      CLAWHUB_CONFIG_PATH: join(work, "clawhub.json"),
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, output })));
}

async function passes(...args: string[]): Promise<string> {
  const { code, output } = await clawhub(...args);
  assert.equal(code, 0, `clawhub ${args.join(" ")}: ${output}`);
  return output;
}

function filesOf(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(join(folder, name)).isFile() && !/^(\.clawhub|_meta)/.test(name));
  return new Map(files.sort().map((name) => [name, readFileSync(join(folder, name), "base64")]));
}

const publish = ["skill", "publish", staged, "--slug", "qq-open-platform", "--changelog", "first", "--json"];
await passes("login", "--token", "clh_test");
assert.match(await passes(...publish, "--version", "0.0.1"), /"status":\s*"published"/);
assert.match(await passes(...publish), /"status":\s*"unchanged"/);

const startedAt = performance.now();
await passes("install", "qq-open-platform");
const tookMs = performance.now() - startedAt;
const installed = join(work, "skills/qq-open-platform");
assert.deepEqual(filesOf(installed), filesOf(staged), "what was installed is not what was staged");
assert.ok(existsSync(join(installed, "SKILL.md")));

// What the texts say can be run, from where it was installed, with the program behind the pinned npx.
const emulator = await startEmulator({ port: 0 });
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const blocks = blocksOf(installed).filter(({ language, isRun }) => language === "sh" && isRun);
for (const [index, block] of blocks.entries()) {
  const folder = join(work, `run-${index}`);
  mkdirSync(folder);
  const ran = await runCommands({ emulator, program: join(root, "dist/qq-skill.cjs"), version, folder }, block);
  assert.equal(ran.code, 0, `${block.file}:${block.line}: ${ran.stdout}${ran.stderr}`);
}
await emulator.close();

// A newer release reaches those who have the old one.
const next = join(work, "next/qq-open-platform");
mkdirSync(next, { recursive: true });
for (const [name, bytes] of filesOf(staged)) {
  mkdirSync(join(next, name, ".."), { recursive: true });
  writeFileSync(join(next, name), Buffer.from(bytes, "base64"));
}
writeFileSync(join(next, "SKILL.md"), `${readFileSync(join(next, "SKILL.md"), "utf8")}\n新的一行\n`);
await passes(
  "skill",
  "publish",
  next,
  "--slug",
  "qq-open-platform",
  "--version",
  "0.0.2",
  "--changelog",
  "next",
  "--json",
);
await passes("update", "--all");
assert.deepEqual(filesOf(installed), filesOf(next), "the update did not arrive");

// What a review holds against it keeps it out.
registry.moderate("qq-open-platform", { isSuspicious: true, isMalwareBlocked: false });
rmSync(join(work, "skills"), { recursive: true });
rmSync(join(work, ".clawhub"), { recursive: true });
assert.notEqual((await clawhub("install", "qq-open-platform")).code, 0, "a suspicious skill was installed unasked");
await passes("install", "qq-open-platform", "--force");
registry.moderate("qq-open-platform", { isSuspicious: true, isMalwareBlocked: true });
rmSync(join(work, "skills"), { recursive: true });
assert.notEqual((await clawhub("install", "qq-open-platform", "--force")).code, 0, "a blocked skill was installed");

registry.close();
workplace.close();
const bytes = [...filesOf(staged).values()].reduce((sum, text) => sum + Buffer.from(text, "base64").length, 0);
process.stdout.write(
  `clawhub install qq-open-platform: ${(tookMs / 1000).toFixed(1)} s, ${bytes} bytes; ${blocks.length} blocks of commands run from there\n`,
);
