import { ApiError, RateLimitError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { redactText } from "../core/redact.ts";
import { actionOf } from "../protocol/error-codes.ts";
import type { ErrorAction } from "../protocol/error-codes-data.ts";
import { loginError } from "../protocol/login-errors.ts";
import { miniError } from "../protocol/mini-errors.ts";
import { type Answer, decodeBody, isPage, readAnswer } from "./answer.ts";
import type { RestResponse } from "./request.ts";

/** How a service takes its token, writes its answers and refuses. */
export interface Dialect {
  tokenIn: "header" | "query";
  decode(text: string): unknown;
  /** `secrets` are what the call was made with: an answer may quote them. */
  read(answer: Answer, secrets: readonly string[]): RestResponse | ApiError;
  actionOf(code: number | undefined, status: number): ErrorAction;
}

export const botDialect: Dialect = { tokenIn: "header", decode: decodeBody, read: readAnswer, actionOf };

/** QQ login: JSONP, form text or JSON whatever was asked for; refusals come with status 200. */
export const connectDialect: Dialect = {
  tokenIn: "query",
  decode: decodeLogin,
  read: (answer, secrets) => {
    const { data } = answer;
    const code = isRecord(data) ? numberOf(data.error ?? data.ret ?? 0) : undefined;
    const words = isRecord(data) ? (data.error_description ?? data.msg) : undefined;
    return settle(answer, { code, words, secrets, known: code === undefined ? undefined : loginError(code) });
  },
  actionOf: (code, status) => (code === undefined ? undefined : loginError(code)?.action) ?? byStatus(status),
};

/** The mini program's server API: `errcode`, or `errCode` where content is checked, with status 200. */
export const miniDialect: Dialect = {
  tokenIn: "query",
  decode: decodeBody,
  read: (answer, secrets) => {
    const { data } = answer;
    const code = isRecord(data) ? numberOf(data.errcode ?? data.errCode ?? 0) : undefined;
    const words = isRecord(data) ? (data.errmsg ?? data.errMsg) : undefined;
    return settle(answer, { code, words, secrets, known: code === undefined ? undefined : miniError(code) });
  },
  actionOf: (code, status) => (code === undefined ? undefined : miniError(code)?.action) ?? byStatus(status),
};

function byStatus(status: number): ErrorAction {
  if (status === 429) return "WAIT";
  return status >= 500 ? "RETRY" : "GIVEUP";
}

/** Never run as a script: the callback is cut off, a trailing comma of the platform's own samples is forgiven. */
export function decodeLogin(text: string): unknown {
  const inner = /^\s*[A-Za-z_]\w*\s*\(\s*([\s\S]*?)\s*\)\s*;?\s*$/.exec(text)?.[1];
  const data = decodeBody(inner === undefined ? text : inner.replace(/,(\s*})\s*$/, "$1"));
  if (typeof data !== "string" || !/^[A-Za-z_]\w*=/.test(data.trim())) return data;
  return Object.fromEntries(new URLSearchParams(data.trim()));
}

function numberOf(value: unknown): number | undefined {
  const code = Number(value);
  return Number.isInteger(code) ? code : undefined;
}

interface Verdict {
  /** 0 = success; undefined when the body holds none. */
  code: number | undefined;
  words: unknown;
  secrets: readonly string[];
  known: { meaning: string; action: ErrorAction; remedy: string } | undefined;
}

function settle(answer: Answer, { code, words, secrets, known }: Verdict): RestResponse | ApiError {
  const { service, method, path, status, data, traceId } = answer;
  const retried = answer.retried ?? false;
  if (status >= 200 && status < 300 && !code && isRecord(data)) {
    return { status, data, retried, ...(traceId ? { traceId } : {}) };
  }
  const action = known?.action ?? byStatus(status);
  const text = typeof words === "string" ? redactText(words, secrets).slice(0, 300) : "";
  const said = [code ? `code ${code}` : `HTTP ${status}`, text].filter(Boolean).join(": ");
  const facts = {
    ...{ service, method, path, status, qqCode: code || undefined, traceId, retried },
    remedy: known?.remedy ?? (isPage(data) ? "A web page answered instead of the API: check the proxy." : fallback),
    retryable: action === "RETRY" || action === "RETRY1" || status >= 500,
  };
  const meaning = known?.meaning ?? (code ? "refused with an unknown code" : "no usable answer");
  const message = `${method} ${path}: ${meaning} (${said})`;
  if (action !== "WAIT") return new ApiError(message, facts);
  return new RateLimitError(message, { ...facts, retryAfterMs: answer.retryAfterMs, bucket: `${method} ${path}` });
}

const fallback = "The message of the platform says what is wrong.";
