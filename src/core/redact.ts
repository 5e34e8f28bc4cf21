import { QQError } from "./errors.ts";

const secretKey =
  /^(authorization|access_?token|refresh_?token|auth_?token|client_?secret|app_?secret|session_?key|secret|password|api_?key|token|bot_encrypt_secret|cookie)$/i;
/** A name and its value inside other text, also in JSON that travels as a string. */
const namedSecret =
  /\b((?:auth|access|refresh)_?token|(?:client|app)_?secret|session_?key)((?:\\*["'])?\s*[=:]\s*(?:\\*["'])?)[^\s"',;&\]}\\]+/gi;
/** A scheme and a token: it holds a digit or is long, other than the next word of a sentence about a Bot. */
const bearer =
  /\b(?:(QQBot|Bearer)\s+(?=[A-Za-z._~+/=-]*\d|\S{20})[A-Za-z0-9._~+/=-]{6,}|(Bot)\s+\d{4,}\.[\w.~+/=-]{4,})/g;
const deepest = 50;
const mark = "[redacted]";

/** Removes credentials from text: authorization values, what follows the name of a secret, and every listed secret. */
export function redactText(text: string, secrets: readonly string[] = []): string {
  let clean = text.replace(bearer, `$1$2 ${mark}`).replace(namedSecret, `$1$2${mark}`);
  for (const secret of secrets) if (secret.length >= 6) clean = clean.split(secret).join(mark);
  return clean;
}

/**
 * A copy of a JSON-like value without credentials at any depth: by key name, by form, and by listed secret.
 * Values under a key such as `prompt_tokens` stay; only the names that the platform and model APIs use for secrets go.
 * Errors show name, message, fields and cause; those that are bugs also where they happened.
 */
export function redact(value: unknown, secrets: readonly string[] = []): unknown {
  return redactAt(value, secrets, 0);
}

function redactAt(value: unknown, secrets: readonly string[], depth: number): unknown {
  if (typeof value === "string") return redactText(value, secrets);
  if (value === null || typeof value !== "object") return value;
  if (depth > deepest) return "[too deep]";
  if (Array.isArray(value)) return value.map((item) => redactAt(item, secrets, depth + 1));
  const whole = value instanceof Error ? errorFields(value) : value;
  const copy: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(whole)) {
    const isSecret = secretKey.test(key) && field !== null && field !== undefined;
    copy[key] = isSecret ? mark : redactAt(field, secrets, depth + 1);
  }
  return copy;
}

function errorFields(error: Error): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const isBug = !(error instanceof QQError);
  // Those of other libraries may hold sockets, and with them half of the process.
  const own = Object.entries(error).filter(([, field]) => field === null || typeof field !== "object");
  return {
    ...{ name, message, ...Object.fromEntries(own) },
    ...(isBug ? { stack } : {}),
    ...(cause === undefined ? {} : { cause }),
  };
}
