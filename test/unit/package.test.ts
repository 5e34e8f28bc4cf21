import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { skillFiles } from "../../.ci/pack/stage.ts";

const root = join(import.meta.dirname, "../..");
const readJson = (name: string) => JSON.parse(readFileSync(join(root, name), "utf8"));

interface LockEntry {
  version?: string;
  resolved?: string;
  optionalDependencies?: Record<string, string>;
}

describe.each(["package-lock.json", "test/judges/package-lock.json"])("%s", (name) => {
  const packages = readJson(name).packages as Record<string, LockEntry>;

  it("names the optional packages of every platform, or a clean install fails", () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (optional) => !packages[`node_modules/${optional}`] && !packages[`${path}/node_modules/${optional}`],
      ),
    );
    expect(missing).toEqual([]);
  });

  it("names no download address", () => {
    expect(Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });
});

describe("package.json", () => {
  const { scripts, version } = readJson("package.json") as { scripts: Record<string, string>; version: string };

  it("has scripts that any shell runs", () => {
    for (const [name, script] of Object.entries(scripts)) expect(script, name).not.toMatch(/[&|;$<>*'"]/);
  });

  it("has nothing installed that is in the bundle already", () => {
    expect(Object.keys(readJson("package.json").dependencies)).toEqual(["zod"]);
  });

  it("agrees with the skills about its version", () => {
    for (const [skill, text] of skillFiles(root)) {
      if (skill.endsWith("SKILL.md")) expect(text, skill).toContain(`version: "${version}"`);
      for (const [, pinned] of text.matchAll(/qq-skill@([\d.]+)/g)) expect(pinned, skill).toBe(version);
    }
  });
});
