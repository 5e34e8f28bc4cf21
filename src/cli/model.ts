import type { ModelPort } from "../agent/model.ts";
import { createOpenAiModel } from "../agent/openai-model.ts";
import type { Config } from "../config/schema.ts";
import { ConfigError } from "../core/errors.ts";
import type { Http } from "../rest/http.ts";

export const defaultModelBase = "https://api.openai.com/v1";

/** Whether the settings name a model: a key or an endpoint is enough, the name may be missing. */
export function hasModel(config: Config): boolean {
  return config.openaiApiKey !== undefined || config.openaiBaseUrl !== undefined;
}

/** Throws ConfigError when the settings name no model. */
export function openModel(config: Config, http: Http): ModelPort {
  if (!hasModel(config)) {
    throw new ConfigError(
      "OPENAI_BASE_URL",
      "no model is configured: OPENAI_API_KEY and OPENAI_BASE_URL are both unset",
      {
        remedy:
          "Set OPENAI_MODEL and OPENAI_API_KEY (or OPENAI_BASE_URL for any compatible server). To try it without one: qq-skill playground.",
      },
    );
  }
  if (!config.openaiModel) {
    throw new ConfigError("OPENAI_MODEL", "OPENAI_MODEL is not set", {
      remedy: "Name a model that the endpoint offers.",
    });
  }
  return createOpenAiModel({
    baseUrl: config.openaiBaseUrl ?? defaultModelBase,
    model: config.openaiModel,
    vision: config.vision,
    fetch: http.fetch,
    ...(config.openaiApiKey ? { apiKey: config.openaiApiKey } : {}),
  });
}
