import { isRecord } from "../core/json.ts";

export interface ModeratorOptions {
  /** Including /v1. */
  baseUrl: string;
  model?: string | undefined;
  apiKey?: string | undefined;
  fetch: typeof fetch;
}

/** Whether an OpenAI-compatible /moderations flags a text. Rejects when it gives no verdict. */
export function createModerator({ baseUrl, model, apiKey, fetch: send }: ModeratorOptions) {
  return async (text: string, signal: AbortSignal): Promise<boolean> => {
    const response = await send(`${baseUrl}/moderations`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({ input: text, ...(model === undefined ? {} : { model }) }),
      signal,
    });
    const body: unknown = await response.json();
    const results: unknown = isRecord(body) ? body.results : undefined;
    const flags = Array.isArray(results) ? results.map((result) => isRecord(result) && result.flagged) : [];
    if (!response.ok || flags.length === 0 || flags.some((flag) => typeof flag !== "boolean"))
      throw new Error(`no verdict in the answer (HTTP ${response.status})`);
    return flags.includes(true);
  };
}
