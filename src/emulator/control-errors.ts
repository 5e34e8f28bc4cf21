import type { z } from "zod";
import { InputError } from "../core/errors.ts";

const existing = "the id of something that exists";

/** A well-formed id of nothing: answered with 404 instead of 400. */
export function missing(field: string, message: string): InputError {
  return new InputError(field, message, { expected: existing });
}

export function isMissing(error: InputError): boolean {
  return error.expected === existing;
}

/** Parses control API input; throws InputError that names the first wrong field. */
export function parseInput<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === "unrecognized_keys") {
    throw new InputError(issue.keys.join(", "), "unknown field");
  }
  throw new InputError(issue?.path.join(".") || "body", issue?.message ?? "invalid");
}
