import { z } from "zod";

/** Continues a list that answers `next_cursor`. */
export const cursor = z.string().min(1).max(1024).optional().describe("next_cursor of the page before");

/** Not there on the last page. */
export const nextCursor = z.string().optional().describe("cursor of the next page; absent on the last");

/** Rows of a page: more than the platform gives counts as what it gives. */
export function pageSize(max: number, usual: number) {
  return z
    .int()
    .min(1)
    .max(10_000)
    .transform((rows) => Math.min(rows, max))
    .default(usual)
    .describe(`Rows, at most ${max}`);
}
