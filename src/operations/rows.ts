import { isRecord } from "../core/json.ts";

/** The list in an answer that is either bare or wrapped in `field`; anything else counts as empty. */
export function rowsOf(data: unknown, field: string): unknown[] {
  if (Array.isArray(data)) return data;
  const wrapped = isRecord(data) ? data[field] : undefined;
  return Array.isArray(wrapped) ? wrapped : [];
}

/** The answer with that list in place, whether it came bare, wrapped or not at all. */
export function withRows(data: unknown, field: string): Record<string, unknown> {
  return { ...(isRecord(data) ? data : {}), [field]: rowsOf(data, field) };
}

/**
 * `next_after` for the next page of a list that is continued after its last id. The platform sends no mark of the end:
 * a page that is not full is the last one.
 */
export function nextAfter(lastId: unknown, rows: number, limit: number): { next_after?: string } {
  return rows >= limit && typeof lastId === "string" ? { next_after: lastId } : {};
}
