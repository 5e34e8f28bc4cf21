import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/core/errors.ts";
import { readScenarios } from "../../../src/scenario/file.ts";
import { scenarioJsonSchema, stepKinds } from "../../../src/scenario/scenario.ts";

function problemsOf(text: string): string[] {
  try {
    readScenarios("a.yaml", text);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).remedy).toMatch(/scenario --schema/);
    return (error as InputError).message.split("\n");
  }
  return [];
}

const steps = (...lines: string[]) => ["name: x", "steps:", ...lines.map((line) => `  - ${line}`)].join("\n");

describe("a scenario file", () => {
  it("is read with its steps, the lines on which they stand, and times in milliseconds", () => {
    const [first, second] = readScenarios(
      "a.yaml",
      `${steps("say: hi", "advance: 1.5h")}\n---\n${steps("wait: 20ms")}`,
    );
    expect(first?.written).toEqual([
      { line: 3, text: "say: hi" },
      { line: 4, text: "advance: 1.5h" },
    ]);
    expect(first?.scenario.steps[1]?.advance).toBe(5_400_000);
    expect(second?.written).toEqual([{ line: 8, text: "wait: 20ms" }]);
  });

  it.each([
    ["an unknown step", steps("say: a", "expct: b"), "a.yaml:4 steps[2].expct: unknown field; did you mean expect?"],
    ["an unknown field", steps("say: { text: a, too: b }"), "a.yaml:3 steps[1].say.too: unknown field"],
    ["a missing field", steps("say: { as: alice }"), "a.yaml:3 steps[1].say.text: is missing"],
    ["two steps in one", steps("say: a\n    advance: 1h"), "a.yaml:3 steps[1]: needs exactly one of say, "],
    [
      "a time without unit",
      steps("expect:\n      text: a\n      within: 5"),
      "a.yaml:5 steps[1].expect.within: must be a time",
    ],
    [
      "a broken expression",
      steps("expect: { text: /a(/ }"),
      "a.yaml:3 steps[1].expect.text: Invalid regular expression",
    ],
    ["a place of no form", steps("say: { in: groups, text: a }"), "a.yaml:3 steps[1].say.in: must be c2c, dms"],
    ["nowhere to go", steps("join: { as: bob }"), "a.yaml:3 steps[1].join: needs either group or guild"],
    ["no steps", "name: x\nsteps: []", "a.yaml:2 steps: "],
    ["nothing", "", "a.yaml:1 the file is empty"],
    ["no mapping", "- a", "a.yaml:1 file: "],
    ["broken YAML", "name: [", "a.yaml:1 YAML: "],
    ["a name twice", "name: a\nname: b\nsteps: [{ say: a }]", "a.yaml:2 YAML: Map keys must be unique"],
    ["more aliases than anybody writes", bomb(), "a.yaml:1 file: "],
  ])("with %s is refused by file, line, field and reason", (_, text, message) => {
    expect(problemsOf(text)).toContainEqual(expect.stringContaining(message));
  });

  it("tells all its problems at once, those of its caller too", () => {
    expect(problemsOf(steps("sy: a", "wait: soon", "recall: { by: x }")).length).toBeGreaterThanOrEqual(3);
    const check = () => [{ path: ["steps", 1], reason: "not here" }];
    expect(() => readScenarios("a.yaml", steps("say: a", "say: b"), check)).toThrow("a.yaml:4 steps[2]: not here");
  });

  it("may hold variables in an expression", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the scenario
    expect(problemsOf(steps('expect: { text: "/a ${b} c/" }'))).toEqual([]);
  });
});

function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(",")}]`);
  return ["a0: &a0 lol", ...levels].join("\n");
}

describe("docs/scenarios.md", () => {
  const page = readFileSync(new URL("../../../docs/scenarios.md", import.meta.url), "utf8");
  const named = (section: string) => {
    const body = page.split(/^## /m).find((part) => part.startsWith(section)) ?? "";
    const cells = [...body.matchAll(/^\| (`.*?) \|/gm)].map((row) => row[1] ?? "");
    return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((word) => word[1] ?? "")).sort();
  };
  interface Schema {
    properties: Record<string, Schema>;
    items: Schema;
    anyOf: Schema[];
  }
  const schema = scenarioJsonSchema() as unknown as Schema;

  it("has every field, every step and every expectation, and no other", () => {
    expect(named("File")).toEqual(Object.keys(schema.properties).sort());
    expect(named("Steps")).toEqual([...stepKinds].sort());
    const expected = schema.properties.steps?.items.properties.expect?.anyOf.find(({ properties }) => properties);
    expect(named("Expectations")).toEqual(Object.keys(expected?.properties ?? {}).sort());
  });
});

describe("scenarios in documents", () => {
  const root = join(import.meta.dirname, "../../..");
  const documents = ["docs", "skills"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name)),
  );
  const examples = documents.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/```yaml\n(name: [^`]*steps:[^`]*)```/g)].map((match) => ({
      file,
      text: match[1] ?? "",
    })),
  );

  it.each(examples)("are right in $file", ({ file, text }) => {
    expect(readScenarios(file, text).length).toBeGreaterThan(0);
  });
});
