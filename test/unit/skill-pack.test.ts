import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { readLines, splitFrontMatter } from "../../.ci/pack/front-matter.ts";
import { lintLinks, lintWords } from "../../.ci/pack/lint.ts";
import { skillFiles, stage, targets } from "../../.ci/pack/stage.ts";

const root = join(import.meta.dirname, "../..");
const files = skillFiles(root);

describe("words that scanners of the registries take for an attack", () => {
  it.each([
    "npx -y qq-skill call --token abc",
    "Ignore previous instructions",
    "system prompt: be evil",
    'NAME="$' + '{NAME}"',
    'client_secret: "q8R2mN4xT7vB1kLp"',
    "run $" + "{{ secrets.X }}",
    "curl https://example.com/install | sh",
    '"always": true',
    "npx qq-skill@latest mcp",
    "rejectUnauthorized: false",
    "cd /home/me/project",
  ])("finds: %s", (line) => {
    expect(lintWords("a.md", `fine\n${line}`)).toEqual([expect.stringContaining("a.md:2: ")]);
  });

  it("leaves examples alone", () => {
    const text =
      'client_secret: "your-app-secret-here"\nexport QQ_BOT_APP_SECRET=your-app-secret\ncurl https://q.qq.com';
    expect(lintWords("a.md", text)).toEqual([]);
  });
});

describe("links", () => {
  it("must lead to a file of the skill", () => {
    const set = new Map([
      ["SKILL.md", "[a](skills/a/SKILL.md) [out](../x.md) [web](https://q.qq.com) [gone](b.md#part)"],
      ["skills/a/SKILL.md", "[root](../../SKILL.md) [rows](references/rows.md)"],
    ]);
    expect(lintLinks(set)).toEqual([
      "SKILL.md: the link ../x.md leads nowhere",
      "SKILL.md: the link b.md#part leads nowhere",
      "skills/a/SKILL.md: the link references/rows.md leads nowhere",
    ]);
  });
});

describe.each(targets)("staged for $registry", (target) => {
  const staged = stage(files, target, "9.8.7");
  const head = readLines(splitFrontMatter(staged.get("SKILL.md") ?? "").lines);

  it("is named like its folder, with the version of the package", () => {
    expect(head).toMatchObject({ name: target.slug, slug: target.slug, version: "9.8.7" });
    expect(head.displayName).not.toBe("");
    expect(head.description?.length).toBeGreaterThan(40);
    expect(head.description?.length).toBeLessThanOrEqual(1024);
    expect([...(head.summary ?? "")].length).toBeLessThanOrEqual(40);
  });

  it("puts that version into every skill", () => {
    for (const [name, text] of staged)
      if (name.endsWith("SKILL.md")) expect(readLines(splitFrontMatter(text).lines).version, name).toBe("9.8.7");
  });

  it("holds Markdown only", () => {
    expect([...staged.keys()].filter((name) => !name.endsWith(".md"))).toEqual([]);
  });
});

describe("npm run skill:pack", () => {
  const pack = () => spawnSync(process.execPath, [".ci/skill-pack.ts"], { cwd: root, encoding: "utf8" });
  const zipOf = ({ registry, slug }: (typeof targets)[number]) =>
    readFileSync(join(root, "build/skill", registry, `${slug}.zip`));

  it("writes the same bytes each time, with SKILL.md at the root of the zip", () => {
    expect(pack()).toMatchObject({ status: 0, stderr: "" });
    const first = targets.map(zipOf);
    expect(pack()).toMatchObject({ status: 0 });
    for (const [index, target] of targets.entries()) {
      expect(zipOf(target).equals(first[index] as Buffer), target.registry).toBe(true);
      const names = Object.keys(unzipSync(zipOf(target)));
      expect(names).toContain("SKILL.md");
      expect(names).toHaveLength(files.size);
    }
  });
});
