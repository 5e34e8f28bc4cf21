import { ApiError, RateLimitError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { redactText } from "../core/redact.ts";
import { actionOf, errorCode, remedyOf } from "../protocol/error-codes.ts";
import { parseJson } from "../protocol/parse-json.ts";
import type { RestResponse } from "./request.ts";

/** Undefined for an empty body, decoded JSON, or else the text as it came (a proxy's HTML page, for one). */
export function decodeBody(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return parseJson(text);
  } catch {
    // Not JSON: callers tell a page from an answer by isPage().
    return text;
  }
}

export function isPage(data: unknown): boolean {
  return typeof data === "string" && data.trimStart().startsWith("<");
}

/** JSON that ends in its middle: the connection broke, whatever the status says. */
export function isCut(data: unknown): boolean {
  return typeof data === "string" && /^\s*[{[]/.test(data);
}

/** `err_code`, else `code`; undefined when the body holds none. 0 means success. */
export function codeOf(data: unknown): number | undefined {
  if (!isRecord(data)) return undefined;
  const code = Number(data.err_code ?? data.code ?? Number.NaN);
  return Number.isInteger(code) ? code : undefined;
}

export interface Answer {
  service: string;
  method: string;
  /** Path template. */
  path: string;
  status: number;
  data: unknown;
  traceId: string | undefined;
  retryAfterMs: number;
  bucket?: string;
  retried?: boolean;
}

/** The response, or the ApiError that the answer amounts to. 2xx with a code is a failure, but for the review codes. */
export function readAnswer(answer: Answer): RestResponse | ApiError {
  const { status, data, traceId } = answer;
  const code = codeOf(data) || undefined;
  const accepted = status >= 200 && status < 300;
  const response: RestResponse = { status, data, retried: answer.retried ?? false, ...(traceId ? { traceId } : {}) };
  if (accepted && code !== undefined && actionOf(code) === "AUDIT") {
    const auditId = auditIdOf(data);
    return { ...response, audit: { code, ...(auditId ? { auditId } : {}) } };
  }
  return accepted && code === undefined && !isPage(data) ? response : refusal({ ...answer, code });
}

/** The error for a refused call: our meaning of the code, the platform's own words behind it, and what to do. */
export function refusal(answer: Answer & { code: number | undefined }): ApiError {
  const { service, method, path, status, traceId, code, data } = answer;
  const action = actionOf(code, status);
  const words = isRecord(data) && typeof data.message === "string" ? redactText(data.message).slice(0, 300) : "";
  // Refusals for "too many" (menus, panels) say how many may be.
  const limit = isRecord(data) && typeof data.limit === "number" ? `limit ${data.limit}` : "";
  const said = [code === undefined ? `HTTP ${status}` : `code ${code}`, words, limit].filter(Boolean).join(": ");
  const facts = {
    ...{ service, method, path, status, qqCode: code, traceId, retried: answer.retried ?? false },
    remedy: isPage(data) && status < 500 && status !== 429 ? pageRemedy : remedyOf(action, code),
    // A refused token says nothing about the call.
    retryable: action === "RETRY" || action === "RETRY1" || action === "TOKEN" || status >= 500,
  };
  const message = `${method} ${path}: ${meaningOf(code, answer)} (${said})`;
  if (action !== "WAIT" && status !== 429) return new ApiError(message, facts);
  return new RateLimitError(message, {
    ...facts,
    retryAfterMs: answer.retryAfterMs,
    bucket: answer.bucket ?? `${method} ${path}`,
  });
}

const pageRemedy = "A web page answered instead of the API: check QQ_BOT_API_BASE and the proxy.";

function meaningOf(code: number | undefined, answer: Answer): string {
  const known = code === undefined ? undefined : errorCode(code);
  if (known) return known.meaning;
  if (code !== undefined) return "refused with a code that is not in the platform's tables";
  if (answer.status === 429) return "too many calls";
  if (answer.status === 401) return "the access token was refused";
  if (isPage(answer.data)) return "answered with a web page";
  return answer.status >= 500 ? "the platform failed" : "refused";
}

function auditIdOf(data: unknown): string | undefined {
  const inner = isRecord(data) && isRecord(data.data) ? data.data.message_audit : undefined;
  const id = isRecord(inner) ? inner.audit_id : undefined;
  return typeof id === "string" || typeof id === "number" ? String(id) : undefined;
}

/** `Retry-After` as seconds or as a date; undefined when missing or unreadable. */
export function retryAfterOf(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds * 1000));
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
