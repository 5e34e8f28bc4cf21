import { z } from "zod";

/** Continues a list that answers `next_cursor`. */
export const cursor = z.string().min(1).max(1024).optional().describe("next_cursor of the page before");

export const nextCursor = z.string().nullish().describe("cursor of the next page; empty on the last");
