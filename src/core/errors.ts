/** What every error of this program carries besides its message. */
export interface ErrorFacts {
  /** What to do about it, in one sentence. Shown to people and models alike. */
  remedy?: string;
  retryable?: boolean;
  cause?: unknown;
}

/**
 * Root of the family. `code` is stable and machine readable. Neither message nor fields may hold a secret: paths are
 * templates (`/v2/groups/{group_openid}/messages`), tokens never appear. Anything thrown that is not a QQError is a bug.
 */
export class QQError extends Error {
  readonly code: string;
  readonly remedy: string | undefined;
  readonly retryable: boolean;

  constructor(code: string, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.code = code;
    this.remedy = facts.remedy;
    this.retryable = facts.retryable ?? false;
  }
}

/** A setting is missing or wrong; `setting` is the variable to set. */
export class ConfigError extends QQError {
  readonly setting: string;
  constructor(setting: string, message: string, facts: ErrorFacts = {}) {
    super("config", message, facts);
    this.setting = setting;
  }
}

/** The caller can mend it: `field` is a dotted path, `expected` says what would be accepted. There is always a remedy. */
export class InputError extends QQError {
  readonly field: string;
  readonly expected: string | undefined;
  constructor(field: string, message: string, facts: ErrorFacts & { expected?: string } = {}) {
    super("input", message, { remedy: `Correct ${field} and try again.`, ...facts });
    this.field = field;
    this.expected = facts.expected;
  }
}

/** The caller may not do this; `missing` names the grant or the scope that would be needed. */
export class PermissionError extends QQError {
  readonly missing: string;
  constructor(missing: string, message: string, facts: ErrorFacts = {}) {
    super("permission", message, facts);
    this.missing = missing;
  }
}

export interface ApiErrorFacts extends ErrorFacts {
  service: string;
  method: string;
  /** Path template, never the filled path. */
  path: string;
  status: number;
  /** The platform's own number (`err_code`, else `code`); undefined when the body held none. */
  qqCode?: number | undefined;
  traceId?: string | undefined;
  /** An earlier attempt of the same request ended with an unknown outcome: a "duplicate" then speaks of that one. */
  retried?: boolean;
}

/** The platform answered no. */
export class ApiError extends QQError {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly qqCode: number | undefined;
  readonly traceId: string | undefined;
  readonly retried: boolean;
  constructor(message: string, facts: ApiErrorFacts) {
    super(facts.qqCode === undefined ? `http_${facts.status}` : String(facts.qqCode), message, facts);
    this.service = facts.service;
    this.method = facts.method;
    this.path = facts.path;
    this.status = facts.status;
    this.qqCode = facts.qqCode;
    this.traceId = facts.traceId;
    this.retried = facts.retried ?? false;
  }
}

/** The platform (or our own pacing) said: later. */
export class RateLimitError extends ApiError {
  readonly retryAfterMs: number;
  readonly bucket: string;
  constructor(message: string, facts: ApiErrorFacts & { retryAfterMs: number; bucket: string }) {
    super(message, { ...facts, retryable: true });
    this.retryAfterMs = facts.retryAfterMs;
    this.bucket = facts.bucket;
  }
}

/** No answer arrived. With `phase` "response" the request may have taken effect. */
export class NetworkError extends QQError {
  readonly phase: "connect" | "response";
  readonly attempts: number;
  constructor(message: string, facts: ErrorFacts & { phase: "connect" | "response"; attempts: number }) {
    super("network", message, { retryable: true, ...facts });
    this.phase = facts.phase;
    this.attempts = facts.attempts;
  }
}

/** The gateway session ended. `fatal` means the platform stopped this bot for good (4914, 4915) or it can never work. */
export class GatewayError extends QQError {
  readonly closeCode: number;
  readonly resumable: boolean;
  readonly fatal: boolean;
  constructor(message: string, facts: ErrorFacts & { closeCode: number; resumable: boolean; fatal: boolean }) {
    super(`close_${facts.closeCode}`, message, facts);
    this.closeCode = facts.closeCode;
    this.resumable = facts.resumable;
    this.fatal = facts.fatal;
  }
}

/** The language model did not answer, or answered something unusable. */
export class ModelError extends QQError {
  readonly provider: string;
  readonly status: number | undefined;
  /** How long the server asked to wait, when it did. */
  readonly retryAfterMs: number | undefined;
  /** The provider's filter held the content back. */
  readonly isFiltered: boolean;
  constructor(
    message: string,
    facts: ErrorFacts & {
      provider: string;
      status?: number | undefined;
      retryAfterMs?: number | undefined;
      isFiltered?: boolean;
    },
  ) {
    super("model", message, facts);
    this.provider = facts.provider;
    this.status = facts.status;
    this.retryAfterMs = facts.retryAfterMs;
    this.isFiltered = facts.isFiltered ?? false;
  }
}
