import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { joinFrontMatter, readLines, splitFrontMatter, withValue } from "./front-matter.ts";

/** A registry, and how the skill is called there. */
export interface Target {
  registry: "clawhub" | "skillhub";
  /** Folder and name of the staged skill. */
  slug: string;
}

export const targets: readonly Target[] = [
  { registry: "clawhub", slug: "qq-open-platform" },
  { registry: "skillhub", slug: "qq-1775714520" },
];

/** Both ours: registries take 10 MB and more, but whoever installs a skill reads and scans all of it. */
export const limits = { lines: 300, zippedBytes: 160 * 1024 } as const;

const tags = ["qq", "qqbot", "mcp", "bot", "oauth", "miniprogram"];

/** The Markdown files of the skill by path; nothing else is published: registries refuse or distrust more. */
export function skillFiles(root: string): Map<string, string> {
  const nested = readdirSync(join(root, "skills"), { recursive: true, encoding: "utf8" })
    .map((name) => `skills/${name.replaceAll("\\", "/")}`)
    .filter((name) => name.endsWith(".md"));
  return new Map(["SKILL.md", ...nested.sort()].map((name) => [name, readFileSync(join(root, name), "utf8")]));
}

/** The same files as one registry wants them: its name, and the version of the package in every skill. */
export function stage(files: ReadonlyMap<string, string>, { registry, slug }: Target, version: string) {
  return new Map(
    [...files].map(([name, text]) => {
      if (!name.endsWith("SKILL.md")) return [name, text];
      const { lines, body } = splitFrontMatter(text);
      const versioned = withValue(lines, "version", JSON.stringify(version));
      if (name !== "SKILL.md" || registry !== "skillhub") return [name, joinFrontMatter({ lines: versioned, body })];
      return [name, joinFrontMatter({ lines: forSkillHub(versioned, slug), body })];
    }),
  );
}

/** Its form and its server read these at the top level, where the strict format does not allow them. */
function forSkillHub(lines: readonly string[], slug: string): string[] {
  const { displayName = "", version = "", summary = "" } = readLines(lines);
  const own = withValue(withValue(lines, "name", slug), "slug", slug);
  const at = own.indexOf("metadata:");
  return [
    ...own.slice(0, at),
    `slug: ${slug}`,
    `displayName: ${JSON.stringify(displayName)}`,
    `version: ${JSON.stringify(version)}`,
    `summary: ${JSON.stringify(summary)}`,
    `tags: [${tags.join(", ")}]`,
    ...own.slice(at),
  ];
}
