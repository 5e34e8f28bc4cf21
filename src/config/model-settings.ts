import { z } from "zod";
import { list, meta, type SettingMeta, text, url } from "./values.ts";

const count = z.coerce.number().int().min(1);
/** 0 = no limit. */
const tokens = z.coerce.number().int().min(0);
const money = z.coerce.number().min(0);

/** "2/8" for every model, or "big=2/8, small=0.5/1": model (* = every other) -> price of a million tokens. */
const prices = z.preprocess(
  (value) => {
    if (typeof value !== "string") return value;
    const rows = value.split(",").map((row) => {
      const [, name, input, output] = /^(?:(.+)=)?([\d.]+)\/([\d.]+)$/.exec(row.trim()) ?? [];
      return [name?.trim() ?? "*", { input: Number(input), output: Number(output) }];
    });
    return Object.fromEntries(rows);
  },
  z.record(text, z.strictObject({ input: money, output: money }), { error: "must be IN/OUT or NAME=IN/OUT, …" }),
);

const setting = <Schema extends z.ZodType>(schema: Schema, facts: SettingMeta) => schema.meta(meta(facts));

/** Which model thinks, how, and what it may cost. */
export const modelSettings = {
  openaiApiKey: setting(text.optional(), {
    description: "Key of the model endpoint",
    env: "OPENAI_API_KEY",
    secret: true,
  }),
  openaiBaseUrl: setting(url.optional(), {
    description: "Any OpenAI-compatible endpoint, including /v1",
    env: "OPENAI_BASE_URL",
    flag: "--openai-base-url <url>",
  }),
  openaiModel: setting(text.optional(), {
    description: "Model name at that endpoint",
    env: "OPENAI_MODEL",
    flag: "--model <name>",
  }),
  openaiDialect: setting(
    z.enum(["auto", "openai", "deepseek", "kimi", "glm", "qwen", "mistral", "groq", "ollama", "plain"]).default("auto"),
    {
      description:
        "What the endpoint wants otherwise than plain Chat Completions; auto: by its host and the model's name",
      env: "OPENAI_DIALECT",
      flag: "--dialect <name>",
    },
  ),
  openaiThinking: setting(z.enum(["auto", "off"]).default("auto"), {
    description: "off: no hidden reasoning where the endpoint can switch it off; answers come sooner",
    env: "OPENAI_THINKING",
    flag: "--thinking <mode>",
  }),
  openaiMaxTokens: setting(count.optional(), {
    description: "Tokens of one answer at most; without it the endpoint decides",
    env: "OPENAI_MAX_TOKENS",
    flag: "--max-tokens <number>",
  }),
  openaiTemperature: setting(z.coerce.number().min(0).max(2).optional(), {
    description: "Sampling temperature, where the model has one; without it the endpoint decides",
    env: "OPENAI_TEMPERATURE",
    flag: "--temperature <number>",
  }),
  smallModel: setting(text.optional(), {
    description: "Cheaper model of the same endpoint: it answers when four fifths of a day's budget are used",
    env: "OPENAI_SMALL_MODEL",
    flag: "--small-model <name>",
  }),
  fallbackModel: setting(text.optional(), {
    description: "Model that is asked when the other does not answer",
    env: "OPENAI_FALLBACK_MODEL",
    flag: "--fallback-model <name>",
  }),
  fallbackBaseUrl: setting(url.optional(), {
    description: "Endpoint of the fallback model, where it is another",
    env: "OPENAI_FALLBACK_BASE_URL",
    flag: "--fallback-base-url <url>",
  }),
  fallbackApiKey: setting(text.optional(), {
    description: "Key of the fallback model's endpoint, where it is another",
    env: "OPENAI_FALLBACK_API_KEY",
    secret: true,
  }),
  models: setting(list.default([]), {
    description:
      "Further models of the endpoint that an owner may choose per conversation with /model, separated by commas",
    env: "QQ_BOT_MODELS",
    flag: "--models <list>",
  }),
  prices: setting(prices.default({}), {
    description: "Price of a million tokens in any currency, in/out: 2/8, or by model: big=2/8, small=0.5/1",
    env: "QQ_BOT_PRICES",
    flag: "--prices <list>",
  }),
  turnModelCalls: setting(count.default(12), {
    description: "Model calls of one answer at most; then it closes with what it knows",
    env: "QQ_BOT_TURN_MODEL_CALLS",
    flag: "--turn-model-calls <number>",
  }),
  turnToolCalls: setting(count.default(40), {
    description: "Tool calls of one answer at most",
    env: "QQ_BOT_TURN_TOOL_CALLS",
    flag: "--turn-tool-calls <number>",
  }),
  turnTokens: setting(count.default(200_000), {
    description: "Tokens of one answer at most, read and written, over all its calls",
    env: "QQ_BOT_TURN_TOKENS",
    flag: "--turn-tokens <number>",
  }),
  turnSeconds: setting(count.max(3_600).default(240), {
    description: "Seconds that one answer may take",
    env: "QQ_BOT_TURN_SECONDS",
    flag: "--turn-seconds <number>",
  }),
  turnCost: setting(money.default(0), {
    description: "Money that one answer may cost, by QQ_BOT_PRICES; 0: no limit",
    env: "QQ_BOT_TURN_COST",
    flag: "--turn-cost <amount>",
  }),
  dailyTokensUser: setting(tokens.default(500_000), {
    description: "Tokens a day (UTC+8) for one person, the owner aside; 0: no limit",
    env: "QQ_BOT_DAILY_TOKENS_USER",
    flag: "--daily-tokens-user <number>",
  }),
  dailyTokensGroup: setting(tokens.default(2_000_000), {
    description: "Tokens a day for one group or channel; 0: no limit",
    env: "QQ_BOT_DAILY_TOKENS_GROUP",
    flag: "--daily-tokens-group <number>",
  }),
  dailyTokensTotal: setting(tokens.default(20_000_000), {
    description: "Tokens a day for the whole bot; 0: no limit",
    env: "QQ_BOT_DAILY_TOKENS_TOTAL",
    flag: "--daily-tokens-total <number>",
  }),
  dailyCostUser: setting(money.default(0), {
    description: "Money a day for one person, by QQ_BOT_PRICES; 0: no limit",
    env: "QQ_BOT_DAILY_COST_USER",
    flag: "--daily-cost-user <amount>",
  }),
  dailyCostGroup: setting(money.default(0), {
    description: "Money a day for one group or channel; 0: no limit",
    env: "QQ_BOT_DAILY_COST_GROUP",
    flag: "--daily-cost-group <amount>",
  }),
  dailyCostTotal: setting(money.default(0), {
    description: "Money a day for the whole bot; 0: no limit",
    env: "QQ_BOT_DAILY_COST_TOTAL",
    flag: "--daily-cost-total <amount>",
  }),
  traces: setting(text.optional(), {
    description:
      "Folder for one line of JSON per answer: calls, tools, tokens, cost and times, no words; a file per day, 30 kept",
    env: "QQ_BOT_TRACES",
    flag: "--traces <folder>",
  }),
};
