import { readFileSync } from "node:fs";
import { createModerator } from "../agent/moderation.ts";
import type { ConversationSettings } from "../bot/conversation-settings.ts";
import type { Moderation } from "../bot/moderation.ts";
import type { Config } from "../config/schema.ts";
import { ConfigError } from "../core/errors.ts";
import type { Http } from "../rest/http.ts";

/** How the bot behaves where QQ_BOT_CONVERSATIONS says nothing else. */
export function mannersOf(config: Config): ConversationSettings {
  const { mode, wakeWords, busy, judgeChance, judgeCooldownSeconds, quietHours, aiLabel, limits } = config;
  const [perPersonPerMinute, perGroupPerMinute] =
    limits === "on" ? [config.limitPerson, config.limitGroup] : [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  return {
    ...{ mode, wakeWords, busy, judgeChance, judgeCooldownSeconds, quietHours, aiLabel },
    ...{ perPersonPerMinute, perGroupPerMinute },
  };
}

/** The words of QQ_BOT_WELCOME, from its file where it names one; undefined for off. */
export function readWelcome({ welcome }: Config): string | undefined {
  if (welcome.toLowerCase() === "off") return undefined;
  if (!welcome.startsWith("file:")) return welcome;
  try {
    return readFileSync(welcome.slice("file:".length), "utf8").trim() || undefined;
  } catch (error) {
    throw new ConfigError("QQ_BOT_WELCOME", `QQ_BOT_WELCOME: ${welcome.slice("file:".length)} cannot be read`, {
      remedy: "Point it to a readable text file, or write the words themselves.",
      cause: error,
    });
  }
}

export function moderationOf(config: Config, baseUrl: string, http: Http): Moderation {
  const { moderationModel: model, moderationKey: apiKey, moderationFails: failing } = config;
  return { flags: createModerator({ baseUrl, model, apiKey, fetch: http.fetch }), failing };
}
