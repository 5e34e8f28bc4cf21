import { type Budget, defaultBudget } from "../agent/budget.ts";
import type { ModelPort } from "../agent/model.ts";
import { createOpenAiModel } from "../agent/openai-model.ts";
import type { Allowance, DailyBudget } from "../bot/spending.ts";
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
  return modelNamed(config, http, config.openaiModel);
}

/** Those beside the usual one, as far as the settings name them. */
export function openOtherModels(config: Config, http: Http) {
  const { smallModel, fallbackModel, fallbackBaseUrl, fallbackApiKey, judgeModel, models } = config;
  // A key belongs to its endpoint: it must not be shown to another.
  const elsewhere = { openaiBaseUrl: fallbackBaseUrl, openaiApiKey: fallbackApiKey };
  const fallback = fallbackBaseUrl ? { ...config, ...elsewhere } : config;
  return {
    ...(smallModel ? { smallModel: modelNamed(config, http, smallModel) } : {}),
    ...(fallbackModel ? { fallbackModel: modelNamed(fallback, http, fallbackModel) } : {}),
    ...(judgeModel ? { judgeModel: modelNamed(config, http, judgeModel) } : {}),
    otherModels: models.map((name) => modelNamed(config, http, name)),
  };
}

function modelNamed(config: Config, http: Http, name: string): ModelPort {
  const { openaiBaseUrl, openaiApiKey, openaiDialect, openaiMaxTokens, openaiTemperature, openaiThinking } = config;
  const price = config.prices[name] ?? config.prices["*"];
  return createOpenAiModel({
    baseUrl: openaiBaseUrl ?? defaultModelBase,
    ...{ model: name, fetch: http.fetch, thinking: openaiThinking, vision: config.vision },
    ...(openaiApiKey ? { apiKey: openaiApiKey } : {}),
    ...(openaiDialect === "auto" ? {} : { dialect: openaiDialect }),
    ...(openaiMaxTokens === undefined ? {} : { maxTokens: openaiMaxTokens }),
    ...(openaiTemperature === undefined ? {} : { temperature: openaiTemperature }),
    ...(price ? { price } : {}),
  });
}

export function budgetOf(config: Config): Budget {
  const { turnModelCalls, turnToolCalls, turnTokens, turnSeconds, turnCost } = config;
  return {
    ...defaultBudget,
    ...{ maxTurns: turnModelCalls, maxCalls: turnToolCalls, maxTokens: turnTokens, maxSeconds: turnSeconds },
    ...(turnCost > 0 ? { maxCost: turnCost } : {}),
  };
}

export function dailyBudgetOf(config: Config): DailyBudget {
  const allowance = (tokens: number, cost: number): Allowance => ({
    tokens: tokens || undefined,
    cost: cost || undefined,
  });
  return {
    user: allowance(config.dailyTokensUser, config.dailyCostUser),
    group: allowance(config.dailyTokensGroup, config.dailyCostGroup),
    total: allowance(config.dailyTokensTotal, config.dailyCostTotal),
  };
}

/** Throws ConfigError where money is to be limited and a model has no price, or a choice names a model that there is not. */
export function requirePrices(config: Config): void {
  const { turnCost, dailyCostUser, dailyCostGroup, dailyCostTotal, prices, conversations } = config;
  const { openaiModel, smallModel, fallbackModel, judgeModel, models } = config;
  const offered = [openaiModel, ...models];
  for (const [pattern, { model }] of Object.entries(conversations)) {
    if (model === undefined || offered.includes(model)) continue;
    throw new ConfigError("QQ_BOT_CONVERSATIONS", `QQ_BOT_CONVERSATIONS: ${pattern} names the model ${model}`, {
      remedy: "Name it in QQ_BOT_MODELS too.",
    });
  }
  if ([turnCost, dailyCostUser, dailyCostGroup, dailyCostTotal].every((limit) => limit === 0) || prices["*"]) return;
  const unpriced = [...offered, smallModel, fallbackModel, judgeModel].find((name) => name && !prices[name]);
  if (!unpriced) return;
  throw new ConfigError("QQ_BOT_PRICES", `money is limited, but QQ_BOT_PRICES has no price for ${unpriced}`, {
    remedy: `Add ${unpriced}=IN/OUT (of a million tokens), or IN/OUT for all models.`,
  });
}
