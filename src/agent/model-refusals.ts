import { ModelError } from "../core/errors.ts";

export interface Refusal {
  provider: string;
  model: string;
  status: number | undefined;
  code: string | undefined;
  /** The server's words, redacted and cut. */
  text: string;
  /** The `retry-after` header as sent: seconds or a date. */
  retryAfter: string | null;
  nowMs: number;
}

interface Meaning {
  matches: (refusal: Refusal) => boolean;
  says: (refusal: Refusal) => string;
  remedy: string;
  retryable: boolean;
  isFiltered?: boolean;
}

/** First match wins. */
const meanings: readonly Meaning[] = [
  {
    matches: ({ status }) => status === 401 || status === 403,
    says: ({ provider }) => `${provider} refused the key`,
    remedy: "Set OPENAI_API_KEY to a key of this provider that may use OPENAI_MODEL.",
    retryable: false,
  },
  {
    matches: ({ status }) => status === 404,
    says: ({ provider, model }) => `${provider} knows no model "${model}" at this address`,
    remedy: "Check OPENAI_MODEL, and that OPENAI_BASE_URL includes /v1.",
    retryable: false,
  },
  {
    matches: ({ status, code }) => status === 402 || code === "insufficient_quota",
    says: ({ provider }) => `the account at ${provider} has no credit left`,
    remedy: "Top up the account, or point OPENAI_BASE_URL and OPENAI_MODEL to another provider.",
    retryable: false,
  },
  {
    matches: ({ status }) => status === 429,
    says: ({ provider }) => `${provider} limits the rate of calls`,
    remedy: "Wait a moment; raise the limit at the provider if it happens often.",
    retryable: true,
  },
  {
    matches: ({ status }) => status === undefined || status >= 500 || status === 408 || status === 409,
    says: ({ provider }) => `${provider} failed`,
    remedy: "Try again later.",
    retryable: true,
  },
  {
    matches: ({ code, text }) => code === "context_length_exceeded" || /context length|maximum context/i.test(text),
    says: ({ model }) => `the conversation is too long for ${model}`,
    remedy: "Use a model with a longer context (OPENAI_MODEL).",
    retryable: false,
  },
  {
    // DashScope, Azure and OpenAI, DeepSeek, GLM (1301).
    matches: ({ code, text }) =>
      code === "1301" || /data_?inspection|content_(?:filter|policy)|content exists risk|敏感/i.test(`${code} ${text}`),
    says: ({ provider }) => `${provider} held the content back`,
    remedy: "The provider's filter does not take what was said; another model may.",
    retryable: false,
    isFiltered: true,
  },
  {
    matches: () => true,
    says: ({ provider }) => `${provider} refused the request`,
    remedy: "Check that OPENAI_MODEL can call tools and that the endpoint is OpenAI-compatible.",
    retryable: false,
  },
];

export function describeRefusal(refusal: Refusal): ModelError {
  const meaning = meanings.find((candidate) => candidate.matches(refusal)) as Meaning;
  return new ModelError(`${meaning.says(refusal)}: ${refusal.text}`, {
    provider: refusal.provider,
    status: refusal.status,
    retryable: meaning.retryable,
    ...(meaning.isFiltered ? { isFiltered: true } : {}),
    remedy: meaning.remedy,
    retryAfterMs: readRetryAfter(refusal.retryAfter, refusal.nowMs),
  });
}

function readRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
