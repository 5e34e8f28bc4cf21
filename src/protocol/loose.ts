import { z } from "zod";

/**
 * Pieces of schemas for what the platform sends: unknown fields pass, every field may be missing or null, numbers may come
 * as digits and ids as numbers. The checks tell shape from nonsense; they never cost a message.
 */
export const looseText = z.string().nullish();
export const looseId = z.union([z.string(), z.number()]).nullish();
export const looseNumber = z.union([z.number(), z.string().regex(/^-?\d+$/)]).nullish();
export const looseFlag = z.union([z.boolean(), z.string(), z.number()]).nullish();
/** RFC 3339 text in messages, Unix seconds in lifecycle events. */
export const looseTime = z.union([z.string(), z.number()]).nullish();

export function looseList<T extends z.ZodType>(item: T) {
  return z.array(item).nullish();
}
