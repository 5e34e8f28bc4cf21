import { isRecord } from "../core/json.ts";

/**
 * Reading of payloads whose every field may be missing, null or of another type: real traffic has all of that, and a
 * strict reader loses messages.
 */
export type Fields = Readonly<Record<string, unknown>>;

const none: Fields = {};

export function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : none;
}

export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** The first of the fields that holds a non-empty string, or a number as its digits. */
export function textOf(from: Fields, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = from[name];
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number" && Number.isFinite(value)) return String(value);
  }
  return undefined;
}

/** A number, also from a string of digits. */
export function numberOf(from: Fields, name: string): number | undefined {
  const value = from[name];
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}
