import type { ConversationSettings } from "../bot/conversation-settings.ts";
import type { Config } from "../config/schema.ts";

/** How the bot behaves where QQ_BOT_CONVERSATIONS says nothing else. */
export function mannersOf(config: Config): ConversationSettings {
  const { mode, wakeWords, busy, judgeChance, judgeCooldownSeconds, quietHours } = config;
  return { mode, wakeWords, busy, judgeChance, judgeCooldownSeconds, quietHours };
}
