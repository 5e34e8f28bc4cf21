export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Signs that would start a new line or turn the direction of what follows, where a person reads the text. */
const deceptive = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A value from outside in the midst of our own text: as JSON, so that nothing in it can pass for a line of ours. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? "null";
  return text.replace(deceptive, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
