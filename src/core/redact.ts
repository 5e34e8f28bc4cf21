const secretKey =
  /^(authorization|access_?token|refresh_?token|auth_?token|client_?secret|app_?secret|session_?key|secret|password|api_?key|token|bot_encrypt_secret|cookie)$/i;
const authTokenEntry = /auth_token=[^\s",\]]*/g;
const bearer = /\b(QQBot|Bearer|Bot)\s+[A-Za-z0-9._~+/=-]{6,}/g;
const mark = "[redacted]";

/** Removes credentials from text: authorization values, `auth_token=` entries, and every listed secret. */
export function redactText(text: string, secrets: readonly string[] = []): string {
  let clean = text.replace(bearer, `$1 ${mark}`).replace(authTokenEntry, `auth_token=${mark}`);
  for (const secret of secrets) if (secret.length >= 6) clean = clean.split(secret).join(mark);
  return clean;
}

/**
 * A copy of a JSON-like value without credentials at any depth: by key name, by form, and by listed secret.
 * Values under a key such as `prompt_tokens` stay; only the names that the platform and model APIs use for secrets go.
 */
export function redact(value: unknown, secrets: readonly string[] = []): unknown {
  if (typeof value === "string") return redactText(value, secrets);
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets));
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Error)
    return { name: value.name, message: redactText(value.message, secrets), ...redactFields(value, secrets) };
  return redactFields(value, secrets);
}

function redactFields(value: object, secrets: readonly string[]): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    copy[key] = secretKey.test(key) && field !== null && field !== undefined ? mark : redact(field, secrets);
  }
  return copy;
}
