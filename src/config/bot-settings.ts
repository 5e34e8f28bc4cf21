import { z } from "zod";
import { list, meta, text, url } from "./values.ts";

/** What the bot that answers by itself is told: its model, its owner, its manners. */
export const botSettings = {
  openaiApiKey: text
    .optional()
    .meta(meta({ description: "Key of the model endpoint", env: "OPENAI_API_KEY", secret: true })),
  openaiBaseUrl: url.optional().meta(
    meta({
      description: "Any OpenAI-compatible endpoint, including /v1",
      env: "OPENAI_BASE_URL",
      flag: "--openai-base-url <url>",
    }),
  ),
  openaiModel: text
    .optional()
    .meta(meta({ description: "Model name at that endpoint", env: "OPENAI_MODEL", flag: "--model <name>" })),
  owners: list.default([]).meta(
    meta({
      description:
        "Openids and guild user ids of the bot's owner, separated by commas: only they may have it reach other places, manage or delete",
      env: "QQ_BOT_OWNERS",
      flag: "--owners <ids>",
    }),
  ),
  persona: text
    .optional()
    .meta(
      meta({ description: "Markdown file that says who the bot is", env: "QQ_BOT_PERSONA", flag: "--persona <file>" }),
    ),
  busy: z
    .enum(["queue", "merge", "latest"])
    .default("queue")
    .meta(
      meta({
        description: "What happens to messages that arrive while a turn runs",
        env: "QQ_BOT_BUSY",
        flag: "--busy <mode>",
      }),
    ),
  stream: z
    .enum(["auto", "off"])
    .default("auto")
    .meta(
      meta({
        description: "auto: in private chats an answer grows while the model writes it, where QQ lets the bot",
        env: "QQ_BOT_STREAM",
        flag: "--stream <mode>",
      }),
    ),
  limits: z
    .enum(["on", "off"])
    .default("on")
    .meta(
      meta({
        description: "on: answer at most 20 messages a minute per person and 60 per group",
        env: "QQ_BOT_LIMITS",
        flag: "--limits <mode>",
      }),
    ),
};
