import { isRecord } from "../core/json.ts";
import type { Platform } from "./platform.ts";

/** One REST call after authentication, as the routes see it. */
export interface Call {
  platform: Platform;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  /** JSON object or the text fields of a form; `{}` without a body. */
  body: Readonly<Record<string, unknown>>;
  /** `file_image` of a form. */
  file?: { name: string; bytes: Uint8Array };
}

/** `body` undefined = no body at all. */
export interface Answer {
  status: number;
  body?: unknown;
}

export interface Route {
  /** Row of the platform's endpoint list. */
  endpoint: string;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `{placeholders}` as in the documentation. */
  path: string;
  handle: (call: Call) => Answer;
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** Text of a field; undefined when absent, null or not text. */
export function textOf(body: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = body[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function recordOf(body: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> | undefined {
  const value = body[key];
  return isRecord(value) && Object.keys(value).length > 0 ? value : undefined;
}

/** A page size from the query, within 1 and `max`; `fallback` when absent or unreadable. */
export function limitOf(query: Readonly<Record<string, string>>, fallback: number, max: number): number {
  const value = Number(query.limit);
  return Number.isInteger(value) && value >= 1 ? Math.min(value, max) : fallback;
}
