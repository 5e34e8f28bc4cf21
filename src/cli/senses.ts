import { createTranscription } from "../agent/transcription.ts";
import type { Senses } from "../bot/attachments/reading.ts";
import { apiBaseOf, isLoopback } from "../config/load.ts";
import { ConfigError } from "../core/errors.ts";
import { createDownload } from "../rest/download.ts";
import { createVoiceCodec, voicePackages } from "../rest/voice-codec.ts";
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
  const transcription = createTranscription({ baseUrl, model, fetch: modelHttp.fetch, ...(apiKey ? { apiKey } : {}) });
  const codec = createVoiceCodec();
  return {
    download,
    async transcribe(audio, signal) {
      if (audio.type !== "audio/silk") return transcription(audio, signal);
      const bytes = await codec.toWave(audio.bytes, signal);
      if (bytes) return transcription({ name: "voice.wav", type: "audio/wav", bytes }, signal);
      throw new ConfigError("QQ_BOT_TRANSCRIBE_MODEL", `SILK needs the package ${voicePackages.silk}`, {
        remedy: `Run npm install ${voicePackages.silk} where qq-skill is installed.`,
      });
    },
  };
}
