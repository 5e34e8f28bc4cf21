import { z } from "zod";
import {
  aiLabels,
  busyPolicies,
  chance,
  conversations,
  modes,
  perMinute,
  quietHours,
  seconds,
} from "./conversation-settings.ts";
import { list, meta, text, url } from "./values.ts";

/** When the bot speaks, and what it lets in and out. */
export const speakingSettings = {
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
        "What is different where: JSON object, pattern (*, group:*, group:ID, c2c:*, channel:ID, guild:ID) -> {mode, wakeWords, busy, judgeChance, judgeCooldownSeconds, quietHours, persona, aiLabel, perPersonPerMinute, perGroupPerMinute}",
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
  judgeModel: text.optional().meta(
    meta({
      description:
        "A cheap model at that endpoint, asked in the mode judged whether to join in; a rule alone without it",
      env: "QQ_BOT_JUDGE_MODEL",
      flag: "--judge-model <name>",
    }),
  ),
  limits: z
    .enum(["on", "off"])
    .default("on")
    .meta(
      meta({
        description: "on: answer no more messages a minute than QQ_BOT_LIMIT_PERSON and QQ_BOT_LIMIT_GROUP say",
        env: "QQ_BOT_LIMITS",
        flag: "--limits <mode>",
      }),
    ),
  limitPerson: perMinute.default(20).meta(
    meta({
      description: "How many messages a minute of one person are answered (counted in memory: a restart forgives)",
      env: "QQ_BOT_LIMIT_PERSON",
      flag: "--limit-person <number>",
    }),
  ),
  limitGroup: perMinute.default(60).meta(
    meta({
      description: "How many messages a minute are answered in one group or channel",
      env: "QQ_BOT_LIMIT_GROUP",
      flag: "--limit-group <number>",
    }),
  ),
  welcome: text
    .default("你好，我是{name}，一个 AI 助手。私聊直接说话，在群里 @我 就行；发送 /帮助 看看我会什么。")
    .meta(
      meta({
        description:
          "What it says to who adds it as a friend or takes it into a group: words, file:PATH, or off. {name} is its own",
        env: "QQ_BOT_WELCOME",
        flag: "--welcome <words>",
      }),
    ),
  aiLabel: z
    .enum(aiLabels)
    .default("first")
    .meta(
      meta({
        description:
          "The mark 〔AI 生成〕, which China asks of public services: on a conversation's first reply of the day (first), on all (always), or not (off)",
        env: "QQ_BOT_AI_LABEL",
        flag: "--ai-label <mode>",
      }),
    ),
  wordFilter: text.optional().meta(
    meta({
      description:
        "File of words, one a line (# begins a comment), read anew when it changes: messages that hold one are not answered, its own words are masked",
      env: "QQ_BOT_WORD_FILTER",
      flag: "--word-filter <file>",
    }),
  ),
  moderationUrl: url.optional().meta(
    meta({
      description:
        "An OpenAI-compatible endpoint (including /v1) whose /moderations judges what people ask and what it answers; answers then do not grow",
      env: "QQ_BOT_MODERATION_URL",
      flag: "--moderation-url <url>",
    }),
  ),
  moderationModel: text.optional().meta(
    meta({
      description: "Model of that endpoint, where it wants one",
      env: "QQ_BOT_MODERATION_MODEL",
      flag: "--moderation-model <name>",
    }),
  ),
  moderationKey: text.optional().meta(meta({ description: "Its key", env: "QQ_BOT_MODERATION_KEY", secret: true })),
  moderationFails: z
    .enum(["block", "pass"])
    .default("block")
    .meta(
      meta({
        description:
          "What happens while it gives no verdict within 10 s: nothing is answered (block), or everything (pass)",
        env: "QQ_BOT_MODERATION_FAILS",
        flag: "--moderation-fails <mode>",
      }),
    ),
};
