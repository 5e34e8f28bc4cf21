import { ConfigError } from "../core/errors.ts";

/**
 * One bit of the subscription mask. `grant`: everyone = basic; application = asked for in the console; private = bots
 * of the private domain only.
 */
export interface Intent {
  bit: number;
  /** 2 ** bit. */
  value: number;
  name: string;
  grant: "everyone" | "application" | "private";
  /** Other words that settings may use for it. */
  aliases: readonly string[];
  /** What it brings, and what is uncertain about it. */
  note: string;
}

function intent(bit: number, name: string, facts: Pick<Intent, "grant" | "aliases" | "note">): Intent {
  return { bit, value: 2 ** bit, name, ...facts };
}

/** Source: official intents page, event pages and Tencent's SDKs, as of 2026-09. */
export const intents: readonly Intent[] = [
  intent(0, "GUILDS", {
    grant: "everyone",
    aliases: ["GUILD"],
    note: "guilds and channels created, changed, deleted",
  }),
  intent(1, "GUILD_MEMBERS", {
    grant: "everyone",
    aliases: ["MEMBERS"],
    note: "guild members come, change, go; one report of 2026 says that it needs a grant",
  }),
  intent(9, "GUILD_MESSAGES", {
    grant: "private",
    aliases: [],
    note: "every message of text channels, and deletions",
  }),
  intent(10, "GUILD_MESSAGE_REACTIONS", {
    grant: "application",
    aliases: ["REACTIONS"],
    note: "reactions on guild messages",
  }),
  intent(12, "DIRECT_MESSAGE", {
    grant: "application",
    aliases: ["DIRECT_MESSAGES", "DMS", "DM"],
    note: "private sessions inside a guild; an older page lists it as basic",
  }),
  intent(18, "OPEN_FORUMS_EVENT", {
    grant: "application",
    aliases: ["OPEN_FORUM_EVENT", "OPEN_FORUMS"],
    note: "forums for public-domain bots: ids only",
  }),
  intent(19, "AUDIO_OR_LIVE_CHANNEL_MEMBER", {
    grant: "application",
    aliases: ["AUDIO_LIVE_MEMBER"],
    note: "people enter and leave voice and live channels",
  }),
  intent(23, "ENTER_AIO", {
    grant: "application",
    aliases: [],
    note: "a person opens the private chat; known from one official SDK only",
  }),
  intent(24, "GROUP_MEMBER_EVENT", {
    grant: "application",
    aliases: ["GROUP_MEMBERS", "GROUP_MEMBER"],
    note: "group members come and go, requests to join",
  }),
  intent(25, "GROUP_AND_C2C_EVENT", {
    grant: "application",
    aliases: ["GROUP_AND_C2C", "GROUP_C2C", "C2C_GROUP", "PUBLIC_MESSAGES", "GROUP", "C2C"],
    note: "messages of private chats and groups (mentions and full messages), friends and groups added and removed",
  }),
  intent(26, "INTERACTION", {
    grant: "application",
    aliases: ["INTERACTIONS", "BUTTONS"],
    note: "button clicks and menu choices",
  }),
  intent(27, "MESSAGE_AUDIT", {
    grant: "application",
    aliases: ["AUDIT"],
    note: "verdict on messages that were held for review",
  }),
  intent(28, "FORUMS_EVENT", { grant: "private", aliases: ["FORUMS"], note: "forum threads, posts, replies" }),
  intent(29, "AUDIO_ACTION", { grant: "application", aliases: ["AUDIO"], note: "playback and microphone" }),
  intent(30, "PUBLIC_GUILD_MESSAGES", {
    grant: "everyone",
    aliases: ["AT_MESSAGES", "PUBLIC_GUILD"],
    note: "messages that mention the bot in text channels",
  }),
];

/** Bits 0, 1, 12, 25, 26, 30: what Tencent's current Node SDK asks for. */
export const defaultIntents = 1_174_409_219;

/** Most missed first: what a bot is for, then what people click, then the rest. Bits that are not named come last. */
const importance: readonly number[] = [30, 25, 0, 1, 26, 12, 9, 10, 27, 28, 18, 19, 29, 23, 24];

/** Whether `mask` holds `bit`; safe for every bit, unlike 32-bit operators. */
export function hasIntent(mask: number, bit: number): boolean {
  return Math.floor(mask / 2 ** bit) % 2 === 1;
}

/** The bits of `mask`, most important first. */
export function bitsByImportance(mask: number): number[] {
  const rank = (bit: number) => (importance.includes(bit) ? importance.indexOf(bit) : importance.length + bit);
  return maskBits(mask).sort((one, other) => rank(one) - rank(other));
}

/** Names of the bits in `mask`; unknown bits as `BIT_n`. */
export function intentNames(mask: number): string[] {
  const names: string[] = [];
  for (let bit = 0; bit <= 31; bit++) {
    if (hasIntent(mask, bit)) names.push(intents.find((known) => known.bit === bit)?.name ?? `BIT_${bit}`);
  }
  return names;
}

/**
 * The mask of a setting: a number, or names separated by commas, case-insensitive, numbers among them too; `default`
 * stands for the default mask. Throws ConfigError on QQ_BOT_INTENTS naming the word that is wrong.
 */
export function parseIntents(text: string): number {
  const bits = new Set<number>();
  const words = text.split(/[,\s]+/).filter(Boolean);
  for (const word of words) for (const bit of bitsOf(word)) bits.add(bit);
  if (bits.size === 0) throw wrongIntents(text.trim() === "" ? "is empty" : "subscribes to nothing");
  return [...bits].reduce((mask, bit) => mask + 2 ** bit, 0);
}

function bitsOf(word: string): number[] {
  const name = word.toUpperCase();
  const known = intents.find((candidate) => candidate.name === name || candidate.aliases.includes(name));
  if (known) return [known.bit];
  if (name === "DEFAULT") return maskBits(defaultIntents);
  const number = /^(\d{1,10}|0X[0-9A-F]{1,8})$/.test(name) ? Number(name) : Number.NaN;
  if (Number.isNaN(number)) throw wrongIntents(`does not know "${word}"`);
  if (number > 2 ** 32 - 1) throw wrongIntents(`has a number above 32 bits: ${word}`);
  return maskBits(number);
}

function maskBits(mask: number): number[] {
  return Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => hasIntent(mask, bit));
}

function wrongIntents(problem: string): ConfigError {
  const known = intents.map((candidate) => candidate.name).join(", ");
  return new ConfigError("QQ_BOT_INTENTS", `QQ_BOT_INTENTS ${problem}`, {
    remedy: `Give a number such as ${defaultIntents}, or names separated by commas: ${known}.`,
  });
}
