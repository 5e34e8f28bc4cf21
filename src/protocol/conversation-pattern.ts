import type { Conversation } from "./scenes.ts";

/**
 * Which conversations a rule is about: `*`, all of a scene (`group:*`), the channels and private sessions of a guild
 * (`guild:ID`, `guild:*`), or one (`group:ID`).
 */
const form = /^(?:\*|(?:c2c|group|channel|dms|guild):(?:\*|[\w.-]{1,128}))$/;

export const conversationPatternForms = "*, c2c:*, group:*, channel:*, dms:*, guild:*, or an ID in place of the last *";

export function isConversationPattern(text: string): boolean {
  return form.test(text);
}

/** Every pattern that a conversation falls under, from the most general to its own. */
export function patternsOf({ scene, id }: Conversation, guildId: string | undefined): string[] {
  const isGuild = scene === "channel" || scene === "dms";
  return [
    "*",
    ...(isGuild ? ["guild:*"] : []),
    `${scene}:*`,
    ...(isGuild && guildId !== undefined ? [`guild:${guildId}`] : []),
    `${scene}:${id}`,
  ];
}
