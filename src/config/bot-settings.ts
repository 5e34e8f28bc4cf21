import { z } from "zod";
import { talkPolicies } from "./conversation-settings.ts";
import { speakingSettings } from "./speaking-settings.ts";
import { meta, people, text } from "./values.ts";

/** What the bot that answers by itself is told: its people and its manners. */
export const botSettings = {
  owners: people.default([]).meta(
    meta({
      description:
        "The bot's owners, separated by commas: c2c:ID, group:MEMBER_ID, user:GUILD_USER_ID or bare ids. Only they may have it reach other places",
      env: "QQ_BOT_OWNERS",
      flag: "--owners <ids>",
    }),
  ),
  admins: people.default([]).meta(
    meta({
      description: "People who may have it manage the conversation or guild that they speak in, as QQ_BOT_OWNERS",
      env: "QQ_BOT_ADMINS",
      flag: "--admins <ids>",
    }),
  ),
  trusted: people.default([]).meta(
    meta({
      description: "People who may have it read the whole guild that they speak in, as QQ_BOT_OWNERS",
      env: "QQ_BOT_TRUSTED",
      flag: "--trusted <ids>",
    }),
  ),
  guildAdmins: z
    .enum(["on", "off"])
    .default("off")
    .meta(
      meta({
        description: "on: a guild's owner and admins count as admin in it, and who leads a channel as trusted",
        env: "QQ_BOT_GUILD_ADMINS",
        flag: "--guild-admins <mode>",
      }),
    ),
  talkPrivate: z
    .enum(talkPolicies)
    .optional()
    .meta(
      meta({
        description:
          "Who may talk with the bot in private: open (default), pairing (an owner lets people in by a code), allowlist (qq-skill senders), off",
        env: "QQ_BOT_TALK_PRIVATE",
        flag: "--talk-private <policy>",
      }),
    ),
  talkGroups: z
    .enum(talkPolicies)
    .optional()
    .meta(
      meta({
        description: "The same for groups and guilds",
        env: "QQ_BOT_TALK_GROUPS",
        flag: "--talk-groups <policy>",
      }),
    ),
  persona: text.optional().meta(
    meta({
      description: "Markdown file that says who the bot is, or a folder: persona.md, group.md, group-ID.md and so on",
      env: "QQ_BOT_PERSONA",
      flag: "--persona <path>",
    }),
  ),
  contextTokens: z.coerce
    .number()
    .int()
    .min(2_000)
    .max(1_000_000)
    .default(16_000)
    .meta(
      meta({
        description:
          "How much of a conversation a prompt shows, in tokens as we count them; what is older is condensed by the model",
        env: "QQ_BOT_CONTEXT_TOKENS",
        flag: "--context-tokens <number>",
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
  commandPanel: z
    .enum(["auto", "off"])
    .default("auto")
    .meta(
      meta({
        description: "auto: at its start the bot shows its commands as QQ's command panel, where there is none yet",
        env: "QQ_BOT_COMMAND_PANEL",
        flag: "--command-panel <mode>",
      }),
    ),
  ...speakingSettings,
};
