import { isRecord } from "../core/json.ts";

/** About 6,000 tokens. */
const longest = 20_000;
/** Nothing that the next call would need. */
const dull = new Set(["avatar", "icon", "is_untrusted", "union_openid", "union_user_account"]);

/**
 * An answer as lines for a model: `name: value` for facts, one line per row of a list. Text from outside is quoted, so
 * that it cannot pretend to be a line of ours.
 */
export function renderText(output: unknown, name: string): string {
  if (!isRecord(output)) return output === undefined ? `${name}: done` : `${name}: ${inline(output)}`;
  const fields = Object.entries(output).filter(([key, value]) => !dull.has(key) && !isEmpty(value));
  if (fields.length === 0) return `${name}: ${Object.keys(output).length > 0 ? "nothing found" : "done"}`;
  const lines = fields.flatMap(([key, value]) =>
    Array.isArray(value) && value.some(isRecord)
      ? [`${key} (${value.length}):`, ...value.map((row) => `- ${inline(row)}`)]
      : [`${key}: ${inline(value)}`],
  );
  return cutLines(lines);
}

function cutLines(lines: readonly string[]): string {
  let length = 0;
  const kept = lines.filter((line) => {
    length += line.length + 1;
    return length <= longest;
  });
  const left = lines.length - kept.length;
  return left === 0
    ? kept.join("\n")
    : [...kept, `… ${left} more lines; everything is in the structured data.`].join("\n");
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (isRecord(value)) {
    return Object.entries(value)
      .filter(([key, field]) => !dull.has(key) && !isEmpty(field))
      .map(([key, field]) => (isRecord(field) ? `${key}={${inline(field)}}` : `${key}=${inline(field)}`))
      .join(" ");
  }
  return typeof value === "string" ? quoted(value) : String(value);
}

function quoted(text: string): string {
  return /^[\p{L}\p{N}_.:+/@!-]+$/u.test(text) ? text : JSON.stringify(text);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}
