import { limitOf } from "./call.ts";
import { refuse } from "./refusal.ts";

/** One page of `rows`; `next_cursor` is "" on the last. The cursor is opaque: here it is a place in the list. */
export function pageOf<T>(
  rows: readonly T[],
  query: Readonly<Record<string, string>>,
  limits: { fallback: number; max: number; badCursor: number },
): { rows: T[]; next_cursor: string } {
  const cursor = query.cursor ?? "";
  const start = cursor === "" ? 0 : Number(/^c(\d{1,9})$/.exec(cursor)?.[1] ?? refuse(limits.badCursor, "bad cursor"));
  const page = rows.slice(start, start + limitOf(query, limits.fallback, limits.max));
  const end = start + page.length;
  return { rows: page, next_cursor: end < rows.length ? `c${end}` : "" };
}
