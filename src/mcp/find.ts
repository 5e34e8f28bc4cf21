import { z } from "zod";
import { parseInput } from "../operations/call.ts";
import { defineAction } from "../operations/operation.ts";
import { type OperationRow, rowOf } from "../operations/row.ts";
import type { Entry } from "./entry.ts";
import { lean } from "./tools.ts";
import { findWords } from "./words.ts";

/** Schemas are given for what was named, else for the best hits, as long as they stay readable. */
const schemasForHits = 3;
const longestSchemas = 9_000;

interface Hit {
  operation: OperationRow;
  score: number;
}

const input = z.strictObject({
  query: z.string().trim().min(1).max(200).describe("Words or names"),
  limit: z.int().min(1).max(20).default(6).describe("Rows"),
});

/** Ranked search over everything that may be called. Needs no credentials and no context. */
export function findEntry(operations: readonly OperationRow[]): Entry {
  const operation = defineAction({
    name: "find_operations",
    title: "Find operations",
    summary: "Search all QQ operations, also unlisted ones, by words (en, 中文) or exact names; returns input schemas.",
    toolset: "account",
    permission: "read",
    scope: "bot",
    input,
    output: z.looseObject({
      operations: z.array(
        z.looseObject({
          name: z.string().describe("For qq_call_operation"),
          title: z.string(),
          summary: z.string(),
          permission: z.string(),
          status: z.string().optional().describe("legacy or undocumented"),
          input_schema: z.looseObject({}).optional().describe("Left out of lower hits: ask by exact name"),
        }),
      ),
      names: z.array(z.string()).optional().describe("Everything there is, when nothing matched"),
    }),
    docs: "https://bot.q.qq.com/wiki/develop/api-v2/",
    run: () => Promise.reject(new Error("find_operations is run by its entry")),
  });
  return {
    operation: rowOf(operation),
    async run(rawInput) {
      const { query, limit } = parseInput(operation, rawInput) as z.infer<typeof input>;
      const found = search(operations, query, limit);
      return { content: [{ type: "text", text: describe(found) }], structuredContent: found };
    },
  };
}

/** Schemas as JSON: the next call is written from them. */
function describe({ operations, names }: ReturnType<typeof search>): string {
  if (names) return `Nothing matches. Operations: ${names.join(", ")}`;
  return operations
    .map(({ name, title, summary, permission, status, input_schema: schema }) => {
      const mark = status === undefined ? "" : `, ${status}`;
      const input = schema === undefined ? "ask by exact name" : JSON.stringify(schema);
      return `${name} (${permission}${mark}): ${title}. ${summary}\n  input: ${input}`;
    })
    .join("\n");
}

export function search(operations: readonly OperationRow[], query: string, limit: number) {
  const named = operations.filter(({ name }) => mentions(query, name));
  const hits = named.length > 0 ? named : rank(operations, query).map((hit) => hit.operation);
  let size = 0;
  const rows = hits.slice(0, limit).map((operation, index) => {
    const { name, title, summary, permission, status } = operation;
    const schema = lean(operation.inputSchema());
    const isShown = named.length > 0 || index < schemasForHits;
    if (isShown) size += JSON.stringify(schema).length;
    return {
      ...{ name, title, summary, permission },
      ...(status === "current" ? {} : { status }),
      ...(isShown && (index === 0 || size <= longestSchemas) ? { input_schema: schema } : {}),
    };
  });
  return { operations: rows, ...(rows.length > 0 ? {} : { names: operations.map(({ name }) => name) }) };
}

function mentions(query: string, name: string): boolean {
  return query
    .toLowerCase()
    .split(/[\s,;，、]+/)
    .some((word) => word.replace(/^qq_/, "") === name);
}

function rank(operations: readonly OperationRow[], query: string): Hit[] {
  const words = findWords(query);
  return operations
    .map((operation) => ({ operation, score: score(operation, words) }))
    .filter((hit) => hit.score > 0)
    .sort((a, b) => b.score - a.score);
}

/** The name says most, then the title; a word that merely begins another counts half. */
function score({ name, title, summary, toolset, permission, path }: OperationRow, words: readonly string[]): number {
  const fields: [string[], number][] = [
    [name.split("_"), 6],
    [findWords(title), 3],
    [[toolset, permission], 2],
    [findWords(`${summary} ${path ?? ""}`), 1],
  ];
  let total = 0;
  for (const word of words) {
    const best = fields.map(([terms, weight]) => weight * Math.max(0, ...terms.map((term) => likeness(term, word))));
    total += Math.max(...best);
  }
  return total;
}

function likeness(term: string, word: string): number {
  if (term === word || term === `${word}s` || `${term}s` === word) return 1;
  return word.length >= 3 && (term.startsWith(word) || word.startsWith(term)) && term.length >= 3 ? 0.5 : 0;
}
