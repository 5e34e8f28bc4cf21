import { isRecord } from "../core/json.ts";

/** The list in an answer that is either bare or wrapped in `field`; anything else counts as empty. */
export function rowsOf(data: unknown, field: string): unknown[] {
  if (Array.isArray(data)) return data;
  const wrapped = isRecord(data) ? data[field] : undefined;
  return Array.isArray(wrapped) ? wrapped : [];
}

/** The answer with that list in place, whether it came bare, wrapped or not at all; an empty `next_cursor` is none. */
export function withRows(data: unknown, field: string): Record<string, unknown> {
  const { next_cursor: next, ...rest } = isRecord(data) ? data : {};
  return { ...rest, [field]: rowsOf(data, field), ...(next ? { next_cursor: next } : {}) };
}

/**
 * `next_cursor` of a list that is continued after its last id. The platform sends no mark of the end: a page that is
 * not full is the last one.
 */
export function nextAfter(lastId: unknown, rows: number, limit: number): { next_cursor?: string } {
  return rows >= limit && typeof lastId === "string" ? { next_cursor: lastId } : {};
}
