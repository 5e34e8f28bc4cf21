import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLines, splitFrontMatter } from "../../.ci/pack/front-matter.ts";
import { lintLinks, lintWords } from "../../.ci/pack/lint.ts";
import { loadConfig, settings } from "../../src/config/load.ts";
import { operations } from "../../src/operations/all.ts";
import { readScenarios } from "../../src/scenario/file.ts";
import { countTokens } from "../kit/tokens.ts";

const root = join(import.meta.dirname, "../..");
const playbooks = readdirSync(join(root, "skills"));

/** The files of one skill by their path inside it: what is there when it is installed alone. */
function filesOf(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
  return new Map(names.map((name) => [name.replaceAll("\\", "/"), readFileSync(join(folder, name), "utf8")]));
}

const skills = playbooks.map((name) => ({ name, files: filesOf(join(root, "skills", name)) }));
const rootText = readFileSync(join(root, "SKILL.md"), "utf8");
const all = [{ name: "SKILL.md", text: rootText }].concat(
  skills.flatMap(({ name, files }) => [...files].map(([file, text]) => ({ name: `${name}/${file}`, text }))),
);
/** Without code, where other rules hold. */
const prose = (text: string) => text.replace(/```[\s\S]*?```/g, "").replace(/`[^`\n]*`/g, "");

describe("the root skill", () => {
  it("is short, and leads to every playbook", () => {
    expect(rootText.split("\n").length).toBeLessThan(300);
    expect(countTokens(rootText)).toBeLessThan(5000);
    for (const name of playbooks) expect(rootText).toContain(`(skills/${name}/SKILL.md)`);
  });

  it("names every variable, host and command that it needs", () => {
    for (const name of ["init", "doctor", "playground", "mcp", "call", "operations"])
      expect(rootText).toContain(` ${name}`);
    for (const { default: initial } of settings()) {
      const host = /^https:\/\/([\w.]+)/.exec(initial)?.[1];
      if (host) expect(rootText).toContain(`\`${host}\``);
    }
  });
});

describe.each(skills)("the playbook $name", ({ name, files }) => {
  const text = files.get("SKILL.md") ?? "";

  it("can be installed alone: its name, its links, what to know before", () => {
    const { name: said, description = "", slug } = readLines(splitFrontMatter(text).lines);
    expect([said, slug]).toEqual([name, name]);
    expect([...description].length).toBeLessThanOrEqual(1024);
    expect(description).toMatch(/Use (for|to|when) /);
    expect(lintLinks(files)).toEqual([]);
    const before = /<!-- before:start -->\n([\s\S]*)\n<!-- before:end -->/.exec(text)?.[1] ?? "";
    expect(before.split("\n").length).toBeLessThanOrEqual(12);
    expect(before).toContain("密钥");
  });

  it("is short, and links each of its references", () => {
    expect(text.split("\n").length).toBeLessThan(300);
    expect(countTokens(text)).toBeLessThan(5000);
    const links = [...text.matchAll(/\]\((references\/[^)]+)\)/g)].map(([, target]) => target);
    expect([...new Set(links)].sort()).toEqual([...files.keys()].filter((file) => file !== "SKILL.md").sort());
  });
});

describe.each(all)("$name", ({ text }) => {
  it("has nothing that a scanner takes for an attack, and Chinese with its own punctuation", () => {
    expect(lintWords("", text)).toEqual([]);
    const own = text.includes("由 `npm run docs` 生成") ? "" : prose(text);
    expect(own.match(/[\u4e00-\u9fff][,;:?!].{0,10}|.{0,10}[,;:?!][\u4e00-\u9fff]/g)).toBeNull();
  });

  it("shows scenarios that can be played", () => {
    for (const [, shown = ""] of text.matchAll(/^```yaml\n([\s\S]*?)^```/gm))
      expect(readScenarios("example.yaml", shown)).toHaveLength(1);
  });

  it("names only settings that there are", () => {
    const variables = new Set([...settings().map(({ env }) => env), "QQ_SKILL_CONFIG"]);
    const asked = [...text.matchAll(/\b(?:QQ_(?:BOT|MCP|SKILL|CONNECT|MINI|BIND)|OPENAI)_[A-Z_]+\b/g)];
    expect(asked.map(([word]) => word).filter((word) => !variables.has(word))).toEqual([]);
  });
});

it("the settings files in the bot's playbook are settings files", () => {
  const text = all.find(({ name }) => name === "qq-autonomous-bot/SKILL.md")?.text ?? "";
  const shown = [...text.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(([, json = ""]) => JSON.parse(json));
  expect(shown.length).toBeGreaterThan(2);
  for (const content of shown) loadConfig({ file: { path: "settings.json", content }, env: {} });
});

describe("operations named in the skills", () => {
  const names = new Set(operations.map((operation) => operation.name));
  const verbs = new Set([...names].map((name) => name.split("_")[0]));
  const fields = new Set(operations.flatMap(({ input }) => Object.keys(input.shape)));
  const other = new Set(["find_operations", "call_operation", "verify_info"]);

  it.each(all.filter(({ name }) => name.endsWith("SKILL.md")))("in $name exist", ({ text }) => {
    const words = [...text.matchAll(/`(?:qq_)?([a-z]+(?:_[a-z0-9]+)+)[` ]/g)].map(([, word = ""]) => word);
    const unknown = words.filter((word) => verbs.has(word.split("_")[0]) && !names.has(word));
    expect(unknown.filter((word) => !other.has(word) && !fields.has(word))).toEqual([]);
  });
});
