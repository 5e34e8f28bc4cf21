import { isRecord } from "../core/json.ts";

const limit = 12_000;

/** An operation's output as the model reads it: compact JSON; a long list is cut at whole rows and says so. */
export function toolText(output: unknown): string {
  const text = JSON.stringify(prune(output) ?? null);
  if (text.length <= limit) return text;
  if (Array.isArray(output)) return JSON.stringify({ rows: fitting(output), ...cutNote(output) });
  if (isRecord(output)) {
    const [key, list] = Object.entries(output).find(([, value]) => Array.isArray(value)) ?? [];
    if (key !== undefined && Array.isArray(list))
      return JSON.stringify({ ...(prune(output) as object), [key]: fitting(list), ...cutNote(list) });
  }
  return `${text.slice(0, limit)}… (cut: ${text.length} characters in all)`;
}

function fitting(list: readonly unknown[]): unknown[] {
  const kept: unknown[] = [];
  let size = 0;
  for (const row of list) {
    const pruned = prune(row);
    size += JSON.stringify(pruned ?? null).length + 1;
    if (size > limit) break;
    kept.push(pruned);
  }
  return kept;
}

function cutNote(list: readonly unknown[]): { cut: string } {
  return { cut: `only the first of ${list.length} rows are shown; ask for fewer or for the next page` };
}

/** Without the fields that say nothing: they cost tokens. */
function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(prune);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null && field !== undefined && field !== "")
      .map(([key, field]) => [key, prune(field)]),
  );
}
