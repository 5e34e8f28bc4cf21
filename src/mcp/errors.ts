import {
  ApiError,
  ConfigError,
  InputError,
  NetworkError,
  PermissionError,
  type QQError,
  RateLimitError,
} from "../core/errors.ts";
import { redactText } from "../core/redact.ts";
import type { OperationFacts } from "../operations/row.ts";
import type { ToolResult } from "./results.ts";

/** What failed, what it means, whether and when to try again, what to do next: as text and as `error` fields. */
export function toErrorResult(error: QQError, operation: OperationFacts): ToolResult {
  const own = `${operation.name}: `;
  const reason = error.message.startsWith(own) ? error.message.slice(own.length) : error.message;
  const lines = [`${operation.name} failed: ${reason}${codeNote(error)}`, `Retry: ${retryAdvice(error, operation)}`];
  if (error instanceof InputError && error.expected) lines.push(`Expected: ${error.expected}`);
  if (error.remedy) lines.push(`Next: ${error.remedy}`);
  if (error instanceof ApiError && error.traceId) lines.push(`Trace id: ${error.traceId}`);
  return failed(lines.join("\n"), {
    code: error.code,
    message: error.message,
    retryable: error.retryable,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    ...factsOf(error),
  });
}

/** A bug: the reference leads to the stack in the log; nothing of it is shown. */
export function toBugResult(reference: string, operation: OperationFacts): ToolResult {
  const message = `an internal error happened in ${operation.name} (reference ${reference})`;
  return failed(`${message}\nRetry: once at most.\nNext: report the reference; the log on stderr has the details.`, {
    code: "bug",
    message,
    retryable: false,
    reference,
  });
}

export function toCancelledResult(operation: OperationFacts): ToolResult {
  const message = `${operation.name} was cancelled`;
  return failed(message, { code: "cancelled", message, retryable: true });
}

function failed(text: string, error: Record<string, unknown>): ToolResult {
  const clean = Object.entries(error).map(([key, value]) => [
    key,
    typeof value === "string" ? redactText(value) : value,
  ]);
  return {
    content: [{ type: "text", text: redactText(text) }],
    structuredContent: { error: Object.fromEntries(clean) },
    isError: true,
  };
}

function codeNote(error: QQError): string {
  if (error instanceof ApiError)
    return error.qqCode === undefined ? ` (HTTP ${error.status})` : ` (QQ code ${error.qqCode})`;
  return ` (${error.code})`;
}

function retryAdvice(error: QQError, { permission }: OperationFacts): string {
  if (error instanceof RateLimitError) return `after ${Math.ceil(error.retryAfterMs / 1000)} s.`;
  if (error instanceof NetworkError && error.phase === "response" && permission !== "read")
    return "not blindly. No answer came, so it may have taken effect: check first.";
  if (error.retryable) return "yes, after a moment.";
  if (error instanceof InputError) return "with corrected input.";
  return error instanceof ConfigError ? "after the setting is made." : "no, the same call will fail again.";
}

function factsOf(error: QQError): Record<string, unknown> {
  if (error instanceof InputError)
    return { field: error.field, ...(error.expected ? { expected: error.expected } : {}) };
  if (error instanceof PermissionError) return { missing: error.missing };
  if (error instanceof ConfigError) return { setting: error.setting };
  if (!(error instanceof ApiError)) return {};
  return {
    status: error.status,
    ...(error.qqCode === undefined ? {} : { qq_code: error.qqCode }),
    ...(error.traceId === undefined ? {} : { trace_id: error.traceId }),
    ...(error instanceof RateLimitError ? { retry_after_ms: error.retryAfterMs } : {}),
  };
}
