import { isRecord } from "../core/json.ts";
import type { Operation } from "../operations/operation.ts";
import { renderText } from "./text.ts";

export interface ToolResult {
  content: { type: "text"; text: string }[];
  structuredContent: Record<string, unknown>;
  isError?: true;
}

/** About 20,000 tokens: a large host cuts at 25,000. */
const longestData = 60_000;

/**
 * The whole answer as data and a short text for clients that show only text. The data always fits the listed schema: a
 * field of a surprising type is left to the text, because a client's check must not turn a sent message into a failure.
 */
export function toResult(operation: Operation, output: unknown): ToolResult {
  const { value, cut } = bounded(isRecord(output) ? output : {});
  const { data, odd } = conforming(operation, value);
  const shown = isRecord(output) ? value : output;
  const lines = [renderText(shown, operation.name)];
  if (cut) lines.push(cut);
  if (odd.length > 0) lines.push(`Note: unexpected form of ${odd.join(", ")}; shown here as received.`);
  return { content: [{ type: "text", text: lines.join("\n") }], structuredContent: data };
}

function conforming(operation: Operation, output: Record<string, unknown>) {
  const parsed = operation.output.safeParse(output);
  const names = parsed.success ? [] : parsed.error.issues.map((issue) => String(issue.path[0] ?? ""));
  const odd = [...new Set(names)].filter((name) => name in output);
  const kept = Object.entries(output).filter(([name]) => !odd.includes(name));
  return { data: odd.length === 0 ? output : Object.fromEntries(kept), odd };
}

/** Cuts the longest list of an answer that no model could take in; its mark of a next page would then be wrong. */
function bounded(output: Record<string, unknown>): { value: Record<string, unknown>; cut?: string } {
  if (JSON.stringify(output).length <= longestData) return { value: output };
  const lists = Object.entries(output).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  const [name, rows] = lists.sort((a, b) => JSON.stringify(b[1]).length - JSON.stringify(a[1]).length)[0] ?? [];
  if (name === undefined || rows === undefined) return { value: output };
  const size = JSON.stringify(rows).length;
  const count = Math.max(1, Math.floor((rows.length * (longestData - 2_000)) / size));
  const rest = Object.entries(output).filter(([key]) => !key.startsWith("next"));
  return {
    value: { ...Object.fromEntries(rest), [name]: rows.slice(0, count) },
    cut: `Only the first ${count} of ${rows.length} ${name} are shown. Ask again with limit ${count}.`,
  };
}
