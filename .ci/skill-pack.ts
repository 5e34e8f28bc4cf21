import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { lintLinks, lintWords } from "./pack/lint.ts";
import { limits, skillFiles, stage, targets } from "./pack/stage.ts";

/**
 * Stages the skill for each registry under `build/skill/<registry>/<slug>/`, with a zip beside the folder that has the
 * same bytes on every run. Fails when a file breaks a rule of the registries, and then writes nothing.
 */
const root = join(import.meta.dirname, "..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const files = skillFiles(root);
const problems = [
  ...[...files].flatMap(([name, text]) => lintWords(name, text)),
  ...[...files]
    .filter(([name, text]) => name.endsWith("SKILL.md") && text.split("\n").length > limits.lines)
    .map(([name]) => `${name}: more than ${limits.lines} lines`),
  ...lintLinks(files),
];

/** ZIP knows no time zone; any fixed day will do. */
const mtime = "2026-01-01T00:00:00";

const packed = targets.map((target) => {
  const staged = stage(files, target, version);
  const entries = [...staged].map(([name, text]) => [name, strToU8(text)] as const);
  const zip = zipSync(Object.fromEntries(entries), { level: 9, mtime });
  if (zip.length > limits.zippedBytes) problems.push(`${target.registry}: ${zip.length} bytes zipped is too much`);
  return { target, staged, zip };
});

if (problems.length > 0) {
  process.stderr.write(`${problems.join("\n")}\n${problems.length} problems; nothing was packed\n`);
  process.exitCode = 1;
} else {
  for (const { target, staged, zip } of packed) {
    const home = join(root, "build/skill", target.registry);
    rmSync(home, { recursive: true, force: true });
    for (const [name, text] of staged) {
      const path = join(home, target.slug, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    writeFileSync(join(home, `${target.slug}.zip`), zip);
    const bytes = [...staged.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    process.stdout.write(
      `build/skill/${target.registry}/${target.slug}: ${staged.size} files, ${bytes} bytes, zip ${zip.length} bytes\n`,
    );
    for (const [name, text] of staged) process.stdout.write(`  ${name} ${Buffer.byteLength(text)}\n`);
  }
}
