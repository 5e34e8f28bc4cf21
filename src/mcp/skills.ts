import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Resource, ResourceText } from "./resources.ts";

/** A skill as `skills/list` shows it (SEP-2640): every file with its digest, SKILL.md among them. */
export interface Skill {
  uri: string;
  frontmatter: Readonly<Record<string, unknown>>;
  resources: readonly { uri: string; digest: string; size: number }[];
}

/** The skills of the package, from the very files that installers copy; read once, when first asked for. */
export interface Skills {
  list(): readonly Skill[];
  resources(): readonly Resource[];
  read(uri: string): ResourceText | undefined;
}

interface File {
  uri: string;
  bytes: Buffer;
}

/** `folder` holds the umbrella's SKILL.md and `skills/` with one folder per playbook. */
export function createSkills(folder: string): Skills {
  let known: { skills: Skill[]; files: Map<string, File> } | undefined;
  const open = () => {
    known ??= load(folder);
    return known;
  };
  return {
    list: () => open().skills,
    resources: () =>
      open().skills.map(({ uri, frontmatter, resources }) => ({
        uri,
        name: String(frontmatter.name),
        title: titleOf(frontmatter),
        description: String(frontmatter.description ?? ""),
        mimeType: "text/markdown",
        size: resources.find((file) => file.uri === uri)?.size ?? 0,
      })),
    read(uri) {
      const file = open().files.get(uri);
      return file && { mimeType: mimeTypeOf(uri), text: file.bytes.toString("utf8") };
    },
  };
}

function load(folder: string): { skills: Skill[]; files: Map<string, File> } {
  const playbooks = join(folder, "skills");
  const names = existsSync(playbooks) ? readdirSync(playbooks).sort() : [];
  // The umbrella is the whole: its links lead into the playbooks.
  const roots: [root: string, paths: string[]][] = [
    [folder, ["SKILL.md", ...filesBelow(playbooks).map((path) => `skills/${path}`)]],
    ...names.map((name): [string, string[]] => [join(playbooks, name), filesBelow(join(playbooks, name))]),
  ];
  const files = new Map<string, File>();
  const skills = roots
    .filter(([root]) => existsSync(join(root, "SKILL.md")))
    .map(([root, paths]) => {
      const frontmatter = readFrontmatter(readFileSync(join(root, "SKILL.md"), "utf8"));
      const own = paths.map((path) => ({
        uri: `skill://${frontmatter.name}/${path.split("/").map(encodeURIComponent).join("/")}`,
        bytes: readFileSync(join(root, path)),
      }));
      for (const file of own) files.set(file.uri, file);
      return { uri: `skill://${frontmatter.name}/SKILL.md`, frontmatter, resources: own.map(manifestRow) };
    });
  return { skills, files };
}

function manifestRow({ uri, bytes }: File) {
  return { uri, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`, size: bytes.byteLength };
}

/** Relative paths with `/`, sorted; hidden files are not part of a skill. */
function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .filter((path) => !path.split("/").some((part) => part.startsWith(".")))
    .sort();
}

/**
 * The YAML that skills are written in: `key: value`, one level of nesting, values that are JSON or plain words.
 */
function readFrontmatter(text: string): Record<string, unknown> {
  const block = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text)?.[1] ?? "";
  const fields: Record<string, unknown> = {};
  let inner = fields;
  for (const line of block.split(/\r?\n/)) {
    const found = /^(\s*)([\w-]+):\s*(.*?)\s*$/.exec(line);
    if (!found) continue;
    const [, indent, key, value] = found as unknown as [string, string, string, string];
    const target = indent === "" ? fields : inner;
    if (value === "") {
      inner = {};
      target[key] = inner;
    } else target[key] = /^["{[]/.test(value) ? JSON.parse(value) : value;
  }
  return fields;
}

function titleOf({ name, metadata }: Readonly<Record<string, unknown>>): string {
  const shown = (metadata as Record<string, unknown> | undefined)?.displayName;
  return typeof shown === "string" ? shown : String(name);
}

function mimeTypeOf(uri: string): string {
  if (uri.endsWith(".md")) return "text/markdown";
  return uri.endsWith(".json") ? "application/json" : "text/plain";
}
