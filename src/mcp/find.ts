import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { parseInput } from "../operations/call.ts";
import { defineAction, type Permission, permissions, toolsets } from "../operations/operation.ts";
import { type OperationRow, rowOf } from "../operations/row.ts";
import type { Entry } from "./entry.ts";
import { findName } from "./names.ts";
import { ownParameters } from "./parameters.ts";
import { createSearch, type Search } from "./search.ts";
import { fullInput } from "./tools.ts";

/** Schemas are given for what was named, else for the best hits, as long as they stay readable. */
const schemasForHits = 2;
const longestSchemas = 6_000;

const input = z.strictObject({
  query: z.string().trim().max(200).default("").describe("Words (en, 中文) or exact names"),
  toolset: z.enum(toolsets).optional().describe("Family"),
  permission: z.enum(permissions).optional().describe("Right"),
  limit: z
    .int()
    .min(1)
    .max(200)
    .transform((rows) => Math.min(rows, 50))
    .default(6)
    .describe("Rows"),
});
type Asked = z.infer<typeof input>;

export interface FindOptions {
  accounts: readonly string[];
  grants: ReadonlySet<Permission>;
}

/** Ranked search over everything that there is, with a mark on what may not be called. Needs no credentials and no context. */
export function findEntry(operations: readonly OperationRow[], { accounts, grants }: FindOptions): Entry {
  let search: Search | undefined;
  const schemaOf = rememberSchemas(accounts);
  const operation = defineAction({
    name: findName,
    title: "Find operations",
    summary: "Search all QQ operations, also unlisted ones. Exact names and the best hits come with schemas.",
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
          toolset: z.string(),
          permission: z.string(),
          needs: z.string().optional().describe("Right that is not given, and its setting"),
          status: z.string().optional().describe("legacy or undocumented"),
          input_schema: z.looseObject({}).optional().describe("Left out of lower hits: ask by exact name"),
        }),
      ),
      more: z.number().optional().describe("Further hits that were not shown"),
      names: z.array(z.string()).optional().describe("Everything there is, when nothing matched"),
    }),
    docs: "https://bot.q.qq.com/wiki/develop/api-v2/",
    run: () => Promise.reject(new Error("find_operations is run by its entry")),
  });
  return {
    operation: rowOf(operation),
    async run(rawInput) {
      const asked = parseInput(operation, rawInput) as Asked;
      if (asked.query === "" && asked.toolset === undefined && asked.permission === undefined) {
        throw new InputError("query", "nothing to search for", {
          remedy: `Give query, or toolset (${toolsets.join(", ")}), or permission.`,
        });
      }
      search ??= createSearch(operations);
      const found = answer(hitsOf(operations, search, asked), { asked, grants, operations, schemaOf });
      return { content: [{ type: "text", text: describe(found) }], structuredContent: found };
    },
  };
}

/** Exact names win: whoever names them wants their schemas. */
function hitsOf(operations: readonly OperationRow[], search: Search, { query, toolset, permission }: Asked) {
  const words = namesIn(query);
  const named = operations.filter(({ name }) => words.has(name));
  const hits = named.length > 0 ? named : query === "" ? operations : search.rank(query);
  const isAsked = (operation: OperationRow) =>
    (toolset === undefined || operation.toolset === toolset) &&
    (permission === undefined || operation.permission === permission);
  return { hits: hits.filter(isAsked), isNamed: named.length > 0 };
}

interface Schema {
  value: Record<string, unknown>;
  text: string;
}

/** The same few are asked for again and again. */
function rememberSchemas(accounts: readonly string[]): (operation: OperationRow) => Schema {
  const known = new Map<string, Schema>();
  return (operation) => {
    const found = known.get(operation.name);
    if (found) return found;
    const value = fullInput(operation, ownParameters(operation, accounts));
    const schema = { value, text: JSON.stringify(value) };
    known.set(operation.name, schema);
    return schema;
  };
}

interface Frame extends Pick<FindOptions, "grants"> {
  asked: Asked;
  operations: readonly OperationRow[];
  schemaOf: (operation: OperationRow) => Schema;
}

function answer({ hits, isNamed }: ReturnType<typeof hitsOf>, { asked, grants, operations, schemaOf }: Frame) {
  let size = 0;
  const withSchemas = isNamed ? hits.length : asked.query === "" ? 0 : schemasForHits;
  const rows = hits.slice(0, asked.limit).map((operation, index) => {
    const { name, title, summary, toolset, permission, status } = operation;
    const schema = index < withSchemas ? schemaOf(operation) : undefined;
    if (schema) size += schema.text.length;
    return {
      ...{ name, title, summary, toolset, permission },
      ...(grants.has(permission) ? {} : { needs: `right ${permission} (QQ_MCP_RIGHTS)` }),
      ...(status === "current" ? {} : { status }),
      ...(schema && (index === 0 || size <= longestSchemas) ? { input_schema: schema.value } : {}),
    };
  });
  return {
    operations: rows,
    ...(hits.length > rows.length ? { more: hits.length - rows.length } : {}),
    ...(rows.length > 0 ? {} : { names: operations.map(({ name }) => name) }),
  };
}

/** Schemas as JSON: the next call is written from them. */
function describe({ operations, names, more }: ReturnType<typeof answer>): string {
  if (names) return `Nothing matches. Operations: ${names.join(", ")}`;
  const rows = operations.map(({ name, title, summary, toolset, permission, status, needs, input_schema: schema }) => {
    const marks = [toolset, permission, status, needs && `needs ${needs}`].filter(Boolean).join(", ");
    const input = schema === undefined ? "ask by exact name" : JSON.stringify(schema);
    return `${name} (${marks}): ${title}. ${summary}\n  input: ${input}`;
  });
  return [...rows, ...(more === undefined ? [] : [`… ${more} more: raise limit or add words.`])].join("\n");
}

function namesIn(query: string): ReadonlySet<string> {
  const words = query.toLowerCase().split(/[\s,;，、]+/);
  return new Set(words.map((word) => word.replace(/^qq_/, "")));
}
