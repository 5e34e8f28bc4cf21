import { ConfigError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { toolsets } from "../operations/operation.ts";
import type { OperationRow } from "../operations/row.ts";
import { callName, findName, prefix } from "./names.ts";

/** What the operator wants an assistant to have. Names with or without the prefix. */
export interface Choice {
  /** Families to list, `default` or `all`. */
  toolsets?: readonly string[];
  /** Listed as well. */
  tools?: readonly string[];
  /** Not there at all; wins over everything else. */
  excluded?: readonly string[];
  /** Only what changes nothing. */
  isReadOnly?: boolean;
}

export interface Chosen {
  /** Tools of their own, in the order of the table. */
  listed: readonly OperationRow[];
  /** What can be found and called. */
  reachable: readonly OperationRow[];
  /** Whether the tool of that name, one of the two that lead to all others, is there. */
  has(helper: string): boolean;
}

/** Throws one ConfigError with every name that does not exist, each with the nearest that do. */
export function choose(operations: readonly OperationRow[], choice: Choice): Chosen {
  const { toolsets: families = ["default"], tools = [], excluded = [], isReadOnly = false } = choice;
  const names = [...operations.map(({ name }) => name), findName, callName];
  const problems = [
    ...unknown("QQ_MCP_TOOLSETS", families, ["default", "all", ...toolsets]),
    ...unknown("QQ_MCP_TOOLS", tools.map(bare), names),
    ...unknown("QQ_MCP_EXCLUDE_TOOLS", excluded.map(bare), names),
  ];
  if (problems.length > 0) {
    throw new ConfigError(problems[0]?.setting ?? "", problems.map(({ text }) => text).join("\n"), {
      remedy: "Correct the names; `qq-skill operations` lists every operation with its toolset.",
    });
  }
  const out = new Set(excluded.map(bare));
  const added = new Set(tools.map(bare));
  const reachable = operations.filter(
    ({ name, permission }) => !out.has(name) && (!isReadOnly || permission === "read"),
  );
  const isListed = ({ name, toolset, listed }: OperationRow) =>
    added.has(name) ||
    families.includes("all") ||
    families.includes(toolset) ||
    (listed && families.includes("default"));
  return { listed: reachable.filter(isListed), reachable, has: (helper) => !out.has(helper) };
}

function bare(name: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

function unknown(setting: string, words: readonly string[], known: readonly string[]) {
  return words
    .filter((word) => !known.includes(word))
    .map((word) => {
      const close = nearest(word, known);
      const hint = close.length > 0 ? close.join(", ") : known.length <= 20 ? known.join(", ") : "none is near";
      return { setting, text: `${setting}: there is no "${word}"; nearest: ${hint}` };
    });
}
