import { z } from "zod";
import { busyPolicies, chance, conversations, modes, quietHours, seconds } from "./conversation-settings.ts";
import { list, meta, people, text } from "./values.ts";

/** What the bot that answers by itself is told: its people and its manners. */
export const botSettings = {
  judgeModel: text.optional().meta(
    meta({
      description:
        "A cheap model at that endpoint, asked in the mode judged whether to join in; a rule alone without it",
      env: "QQ_BOT_JUDGE_MODEL",
      flag: "--judge-model <name>",
    }),
  ),
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
  persona: text
    .optional()
    .meta(
      meta({ description: "Markdown file that says who the bot is", env: "QQ_BOT_PERSONA", flag: "--persona <file>" }),
    ),
  mode: z
    .enum(modes)
    .default("mention")
    .meta(
      meta({
        description:
          "When it speaks in groups and channels: named or quoted (mention), also at a wake word (keyword), also when it has something to say (judged), always (all), never (off)",
        env: "QQ_BOT_MODE",
        flag: "--mode <mode>",
      }),
    ),
  wakeWords: list.default([]).meta(
    meta({
      description: "Words that wake it in the mode keyword, separated by commas",
      env: "QQ_BOT_WAKE_WORDS",
      flag: "--wake-words <list>",
    }),
  ),
  judgeChance: chance.default(0.3).meta(
    meta({
      description: "Mode judged: how often it considers a message that nobody addressed to it, from 0 to 1",
      env: "QQ_BOT_JUDGE_CHANCE",
      flag: "--judge-chance <number>",
    }),
  ),
  judgeCooldownSeconds: seconds.default(120).meta(
    meta({
      description: "Mode judged: how long it does not join in after it spoke",
      env: "QQ_BOT_JUDGE_COOLDOWN",
      flag: "--judge-cooldown <seconds>",
    }),
  ),
  quietHours: quietHours.optional().meta(
    meta({
      description: "Mode judged: when it does not join in, such as 23:00-07:00 (UTC+8)",
      env: "QQ_BOT_QUIET_HOURS",
      flag: "--quiet-hours <from-to>",
    }),
  ),
  conversations: conversations.default({}).meta(
    meta({
      description:
        "What is different where: JSON object, pattern (*, group:*, group:ID, c2c:*, channel:ID, guild:ID) -> {mode, wakeWords, busy, judgeChance, judgeCooldownSeconds, quietHours}",
      env: "QQ_BOT_CONVERSATIONS",
    }),
  ),
  busy: z
    .enum(busyPolicies)
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
};
