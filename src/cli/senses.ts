import { createTranscription } from "../agent/transcription.ts";
import type { Senses } from "../bot/attachments/reading.ts";
import { apiBaseOf, isLoopback } from "../config/load.ts";
import { createDownload } from "../rest/download.ts";
import { defaultModelBase } from "./model.ts";
import type { Platform } from "./platform.ts";

/** How the bot gets at pictures, voice and files, by the settings. */
export function openSenses({ config, http, modelHttp }: Platform): Senses {
  const base = apiBaseOf(config);
  const download = createDownload({
    fetch: http.fetch,
    ...(isLoopback(base) ? { localOrigin: new URL(base).origin } : {}),
  });
  const { transcribeModel: model, transcribeBaseUrl, transcribeApiKey, openaiBaseUrl, openaiApiKey } = config;
  if (model === undefined) return { download };
  const isOwnServer = transcribeBaseUrl === undefined;
  // Another server must not get the model's key.
  const apiKey = transcribeApiKey ?? (isOwnServer ? openaiApiKey : undefined);
  const baseUrl = transcribeBaseUrl ?? openaiBaseUrl ?? defaultModelBase;
  const transcribe = createTranscription({ baseUrl, model, fetch: modelHttp.fetch, ...(apiKey ? { apiKey } : {}) });
  return { download, transcribe };
}
