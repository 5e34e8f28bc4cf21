import { isRecord } from "../core/json.ts";
import type { Operation } from "../operations/operation.ts";

/** Nothing that the next call would need. */
const dull = new Set(["avatar", "icon", "union_openid", "union_user_account"]);

/** The short form of an answer: its ids and names, by what the operation says the next call needs. */
export function toConcise({ concise }: Operation, output: Record<string, unknown>): Record<string, unknown> {
  const keep = new Set(concise);
  const isRow = Object.values(output).some(hasRows);
  const fields = Object.entries(output).filter(([key]) => isRow || keep.size === 0 || keep.has(key));
  return withoutDull(
    Object.fromEntries(
      fields.map(([key, value]) => [
        key,
        hasRows(value) && keep.size > 0 ? value.map((row) => picked(row, keep)) : value,
      ]),
    ),
  ) as Record<string, unknown>;
}

export function hasRows(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.some(isRecord);
}

function picked(value: unknown, keep: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => picked(item, keep));
  if (!isRecord(value)) return value;
  const fields = Object.entries(value).filter(([key]) => keep.has(key));
  return Object.fromEntries(fields.map(([key, field]) => [key, picked(field, keep)]));
}

function withoutDull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDull);
  if (!isRecord(value)) return value;
  // A message is answered by its own id; the event's is for events that have none.
  const isDull = (key: string) => dull.has(key) || (key === "event_id" && "message_id" in value);
  const fields = Object.entries(value).filter(([key, field]) => !isDull(key) && field !== null && field !== "");
  return Object.fromEntries(fields.map(([key, field]) => [key, withoutDull(field)]));
}
