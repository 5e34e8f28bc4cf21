import { isRecord } from "../core/json.ts";
import { hideClaimCodes } from "./claim-code.ts";

const tokenKey = /^auth_?token$/i;
const tokenEntry = /^\s*auth_?token\s*[=:]/i;
/** Inside other text, also in JSON that travels as a string. */
const tokenInText = /auth_?token(?:\\*["'])?\s*[=:]\s*(?:\\*["'])?[^\s"',;&\]}\\]*/gi;
const deepest = 200;

/**
 * A payload without `auth_token`, the credential that group messages carry in `message_scene.ext`: list entries and fields go,
 * text keeps a mark in its place; and without the codes that make somebody the bot's owner, which become their digests. At any depth and for every event, known or not. Returns the same object when there
 * was none. What lies deeper than 200 levels becomes null: no event is that deep.
 */
export function scrub<T>(data: T): T {
  return scrubAt(data, 0) as T;
}

function scrubAt(value: unknown, depth: number): unknown {
  if (typeof value === "string") return scrubText(value);
  if (value === null || typeof value !== "object") return value;
  if (depth >= deepest) return null;
  if (Array.isArray(value)) return scrubList(value, depth);
  return isRecord(value) ? scrubFields(value, depth) : value;
}

function scrubText(text: string): string {
  return text.length < 10 ? text : hideClaimCodes(text.replace(tokenInText, "[removed]"));
}

function scrubList(list: readonly unknown[], depth: number): readonly unknown[] {
  const kept = list.filter((item) => !(typeof item === "string" && tokenEntry.test(item)));
  const clean = kept.map((item) => scrubAt(item, depth + 1));
  return clean.length === list.length && clean.every((item, at) => item === list[at]) ? list : clean;
}

function scrubFields(record: Record<string, unknown>, depth: number): Record<string, unknown> {
  const entries = Object.entries(record);
  const kept = entries.filter(([key]) => !tokenKey.test(key));
  const clean = kept.map(([key, value]) => [key, scrubAt(value, depth + 1)] as const);
  const isSame = kept.length === entries.length && clean.every(([, value], at) => value === kept[at]?.[1]);
  return isSame ? record : Object.fromEntries(clean);
}
