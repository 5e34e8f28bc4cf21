import type { Right } from "./rights.ts";

const bare = /@+everyone/gi;
const tag = /<qqbot-at-everyone[^<>]*>/gi;

/**
 * What the bot says where a stranger made it speak: nobody but the owner calls all members of a guild together through
 * it. The words stay, the call does not.
 */
export function withoutMassMention(text: string, right: Right): string {
  // In this order, and with these words: what one step leaves behind must not become what the other looks for.
  return right === "owner" ? text : text.replace(bare, "everyone").replace(tag, "all members");
}
