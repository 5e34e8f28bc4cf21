import { isRecord } from "../core/json.ts";

/** Of an answer that is no object; objects come in portions. */
const longest = 15_000;

/**
 * An answer as lines for a model: `name: value` for facts, one line per row of a list. Text from outside is quoted, so
 * that it cannot pretend to be a line of ours.
 */
export function renderText(output: unknown, name: string): string {
  if (!isRecord(output)) return output === undefined ? `${name}: done` : `${name}: ${inline(output).slice(0, longest)}`;
  const fields = Object.entries(output).filter(([, value]) => !isEmpty(value));
  // A list that comes first is the answer itself, also when it is empty.
  const [first, list] = Object.entries(output)[0] ?? [];
  const none = Array.isArray(list) && list.length === 0 && fields.length > 0 ? [`${first}: none`] : [];
  if (fields.length === 0) return `${name}: ${Object.keys(output).length > 0 ? "nothing found" : "done"}`;
  const lines = fields.flatMap(([key, value]) =>
    Array.isArray(value) && value.some(isRecord)
      ? [`${key} (${value.length}):`, ...value.map((row) => `- ${inline(row)}`)]
      : [`${key}: ${inline(value)}`],
  );
  return [...none, ...lines].join("\n");
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (isRecord(value)) {
    return Object.entries(value)
      .filter(([, field]) => !isEmpty(field))
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
