import { type Document, isNode, isPair, LineCounter, parseAllDocuments } from "yaml";
import type { z } from "zod";
import { InputError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { type Scenario, scenario, stepKinds } from "./scenario.ts";

export interface ReadScenario {
  scenario: Scenario;
  /** Of each step: its line in the file, from 1, and how it is written there. */
  written: { line: number; text: string }[];
}

export const howToMend = "Correct what is named; `qq-skill scenario --schema` prints every field.";

/** Largest file and nesting that is read: a scenario is written by hand. */
const largest = 1024 * 1024;
const longestTitle = 100;

/**
 * The scenarios of one file: a YAML document each. Throws InputError that lists every problem as
 * `FILE:LINE field: reason`. `check` adds what only the caller knows to be wrong.
 */
export function readScenarios(
  name: string,
  text: string,
  check: (scenario: Scenario) => readonly Reason[] = () => [],
): ReadScenario[] {
  if (text.length > largest) throw new InputError(name, `${name} is larger than 1 MB`);
  const lines = new LineCounter();
  // Aliases could make a small file very large.
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  if (!Array.isArray(documents) || documents.length === 0) throw problem(name, [`${name}:1 the file is empty`]);
  const problems: string[] = [];
  const found = documents.flatMap((document) => {
    const broken = [...document.errors, ...document.warnings];
    for (const { pos, message } of broken) problems.push(`${name}:${lines.linePos(pos[0]).line} YAML: ${message}`);
    if (broken.length > 0) return [];
    const parsed = scenario.safeParse(contentOf(document));
    const lineAt = (path: readonly PropertyKey[]) => lineOf(document, lines, path);
    const reasons = parsed.success ? check(parsed.data) : parsed.error.issues.flatMap((issue) => explain(issue));
    for (const { path, reason } of reasons) problems.push(`${name}:${lineAt(path)} ${fieldOf(path)}: ${reason}`);
    if (!parsed.success) return [];
    const written = parsed.data.steps.map((_, at) => {
      const [from = 0, to = 0] = rangeOf(document.getIn(["steps", at], true)) ?? [];
      return { line: lineAt(["steps", at]), text: oneLine(text.slice(from, to)) };
    });
    return [{ scenario: parsed.data, written }];
  });
  if (problems.length > 0) throw problem(name, problems);
  return found;
}

function problem(name: string, problems: readonly string[]): InputError {
  return new InputError(name, problems.join("\n"), { remedy: howToMend });
}

function contentOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    // More aliases than any person writes.
    return undefined;
  }
}

/** The line of the innermost part of the path that the file has. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const [parent, key] = [path.slice(0, length - 1), path[length - 1]];
    const holder = parent.length === 0 ? document.contents : document.getIn(parent, true);
    const at = keyAt(holder, key) ?? startOf(document.getIn(path.slice(0, length), true));
    if (at !== undefined) return lines.linePos(at).line;
  }
  return lines.linePos(startOf(document.contents) ?? document.range?.[0] ?? 0).line;
}

/** A wrong value is looked for at its name. */
function keyAt(holder: unknown, key: PropertyKey | undefined): number | undefined {
  const items = isNode(holder) && "items" in holder ? (holder.items as unknown[]) : [];
  for (const item of items) {
    if (isPair(item) && isNode(item.key) && String(item.key) === String(key)) return startOf(item.key);
  }
  return undefined;
}

function startOf(node: unknown): number | undefined {
  return rangeOf(node)?.[0];
}

function rangeOf(node: unknown) {
  return isNode(node) ? node.range : undefined;
}

function oneLine(source: string): string {
  const line = source
    .replace(/^\s*#.*$/gm, "")
    .replace(/\s+/g, " ")
    .trim();
  return line.length > longestTitle ? `${line.slice(0, longestTitle)}…` : line;
}

function fieldOf(path: readonly PropertyKey[]): string {
  return (
    path.map((part, at) => (typeof part === "number" ? `[${part + 1}]` : `${at ? "." : ""}${String(part)}`)).join("") ||
    "file"
  );
}

export interface Reason {
  path: readonly PropertyKey[];
  reason: string;
}

/** Of a union, the problems of the form that was meant: the one that got furthest into the value. */
function explain(issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): Reason[] {
  const path = [...above, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0 && !/^must|^needs/.test(issue.message)) {
    const meant = issue.errors.reduce((best, form) => (depth(form) > depth(best) ? form : best));
    return meant.flatMap((inner) => explain(inner, path));
  }
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...path, key], reason: unknownField(key, path) }));
  }
  if (issue.code === "invalid_type" && issue.message.endsWith("received undefined"))
    return [{ path, reason: "is missing" }];
  return [{ path, reason: issue.message }];
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(...issues.map((issue) => issue.path.length + (issue.code === "unrecognized_keys" ? 1 : 0)));
}

function unknownField(key: string, path: readonly PropertyKey[]): string {
  const known = path.at(-2) === "steps" ? stepKinds : [];
  const close = nearest(key, known);
  return `unknown field${close.length > 0 ? `; did you mean ${close.join(" or ")}?` : known.length > 0 ? `; a step is one of ${known.join(", ")}` : ""}`;
}
