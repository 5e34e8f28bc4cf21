import { ModelError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { redactText } from "../core/redact.ts";

export interface TranscriptionOptions {
  /** Including the version: `https://api.openai.com/v1`. */
  baseUrl: string;
  apiKey?: string;
  model: string;
  fetch: typeof globalThis.fetch;
}

export interface Recording {
  /** Servers go by its extension. */
  name: string;
  type: string;
  bytes: Uint8Array;
}

/** One attempt at the words of a recording, on any server that speaks `/audio/transcriptions`. Throws ModelError. */
export function createTranscription(options: TranscriptionOptions) {
  const { baseUrl, apiKey, model, fetch } = options;
  const provider = new URL(baseUrl).host;
  return async ({ name, type, bytes }: Recording, signal: AbortSignal): Promise<string> => {
    const form = new FormData();
    form.set("model", model);
    form.set("response_format", "json");
    form.set("file", new File([new Uint8Array(bytes)], name, { type }));
    const headers: Record<string, string> = apiKey ? { authorization: `Bearer ${apiKey}` } : {};
    try {
      const response = await fetch(`${baseUrl}/audio/transcriptions`, { method: "POST", headers, body: form, signal });
      const body = await response.text();
      if (!response.ok) throw refused({ provider, apiKey }, response.status, body);
      return wordsOf(body);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ModelError) throw error;
      throw new ModelError(`cannot reach the transcription server at ${provider}`, {
        ...{ provider, retryable: true, cause: error },
        remedy: "Check QQ_BOT_TRANSCRIBE_BASE_URL and that the server is running.",
      });
    }
  };
}

function refused({ provider, apiKey }: { provider: string; apiKey: string | undefined }, status: number, body: string) {
  const text = redactText(body, apiKey ? [apiKey] : []).slice(0, 300);
  return new ModelError(`the transcription server at ${provider} refused (${status}): ${text}`, {
    ...{ provider, status, retryable: status >= 500 || status === 429 },
    remedy: "Check QQ_BOT_TRANSCRIBE_MODEL, its base URL (with /v1) and its key.",
  });
}

/** `{text}`, or the bare words that some servers answer whatever was asked for. */
function wordsOf(body: string): string {
  try {
    const answer: unknown = JSON.parse(body);
    return isRecord(answer) && typeof answer.text === "string" ? answer.text : "";
  } catch {
    return body;
  }
}
