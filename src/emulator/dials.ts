import { defaultIntents } from "../protocol/intents.ts";
import {
  activeLimits,
  recallWindowMs,
  replyLimits,
  textLimits,
  tokenLimits,
  uploadLimits,
  webhookLimits,
} from "../protocol/limits.ts";
import type { Scene } from "../protocol/scenes.ts";

/** What the operator, the guild's owner or the platform may set: the numbers and rights behind every refusal. */
export interface Dials {
  /** Life of an access token. */
  tokenLifeMs: number;
  /** From the message to the last passive reply. */
  replyWindowMs: Record<Scene, number>;
  /** Passive replies per message; null = no limit. */
  replyMax: Record<Scene, number | null>;
  /** Active messages to one peer, private chats and groups. */
  activePerPeerPerMinute: number;
  activePerPeerPerDay: number;
  /** Active messages of the bot per minute, in all private chats, or in all groups. */
  activePerBotPerMinute: number;
  /** Active messages per guild channel and day, and how many channels of one guild may get any. */
  activePerChannelPerDay: number;
  activeChannelsPerDay: number;
  /** Active messages in one DM session a day, and in all of them. */
  activePerDmsPerDay: number;
  activeDmsPerDay: number;
  /** Messages of any kind in one guild channel. */
  channelMessagesPerSecond: number;
  /** Ids of private chats and groups whose people switched active messages off. */
  activeRefusedBy: string[];
  /** UTF-16 units. */
  maxTextLength: number;
  recallWindowMs: number;
  /** How long an uploaded file can be sent. */
  fileLifeMs: number;
  /** What upload_prepare answers. */
  uploadBlockBytes: number;
  uploadConcurrency: number;
  uploadRetryTimeoutSeconds: number;
  uploadRetryDelaySeconds: number;
  /** Number of the first part: the documents say 0, Tencent's SDK 1. */
  uploadFirstIndex: number;
  /** How long the signed addresses of parts work. */
  uploadAddressLifeMs: number;
  /** Times that each part is still busy (40093001) when it is reported. */
  uploadBusyTimes: number;
  /** Times that the file store fails (503) for each part before it takes it. */
  uploadPartFailures: number;
  uploadBytesPerDay: number;
  /** The documents differ: voice as SILK alone, or also MP3, WAV, Ogg. */
  takesOnlySilk: boolean;
  /** Markdown in guilds is by invitation. */
  hasGuildMarkdown: boolean;
  hasArk: boolean;
  /** Whether member lists and recalls in guilds are open to this bot. */
  isPrivateDomain: boolean;
  isGuildAdmin: boolean;
  /** Whether the bot was admitted as one that speaks in voice channels. */
  isAudioBot: boolean;
  /** Calls that the guilds' owners did not grant, as `GET /guilds/{guild_id}/members`. */
  ungrantedApis: string[];
  /** Whether threads of the bot pass the review of forums. */
  isForumReviewPassed: boolean;
  /** White list: group profile and the bot's state in a group. */
  hasGroupInfo: boolean;
  /** By invitation: group members, removal, blacklist. */
  hasGroupMembers: boolean;
  /** Whether calls above a published rate per minute are refused. */
  hasInterfaceRates: boolean;
  /** Intents that identify accepts; all others end in close code 4014. */
  grantedIntents: number;
  sessionStartTotal: number;
  /** What `GET /gateway/bot` advises. */
  shards: number;
  /** Identifies allowed per `identifyWindowMs`; above it op 9 and close code 4903. Unconfirmed: 0 leaves it unchecked. */
  maxConcurrency: number;
  identifyWindowMs: number;
  /** What Hello announces. */
  heartbeatIntervalMs: number;
  /** How long a webhook may take to answer. */
  webhookAnswerWithinMs: number;
  /** How long after each failed post of an event the next one comes; as many retries as numbers. */
  webhookRetryDelaysMs: number[];
}

export function defaultDials(): Dials {
  const per = <T>(pick: (scene: Scene) => T): Record<Scene, T> => ({
    c2c: pick("c2c"),
    group: pick("group"),
    channel: pick("channel"),
    dms: pick("dms"),
  });
  return {
    tokenLifeMs: tokenLimits.lifeMs,
    replyWindowMs: per((scene) => replyLimits[scene].windowMs),
    replyMax: per((scene) => replyLimits[scene].max),
    activePerPeerPerMinute: activeLimits.c2c.perPeerPerMinute,
    activePerPeerPerDay: activeLimits.c2c.perPeerPerDay,
    activePerBotPerMinute: activeLimits.c2c.perBotPerMinute,
    activePerChannelPerDay: activeLimits.channel.perChannelPerDay,
    activeChannelsPerDay: activeLimits.channel.channelsPerGuildPerDay,
    activePerDmsPerDay: activeLimits.dms.perPeerPerDay,
    activeDmsPerDay: activeLimits.dms.perBotPerDay,
    channelMessagesPerSecond: 5,
    activeRefusedBy: [],
    maxTextLength: textLimits.maxLength,
    recallWindowMs,
    fileLifeMs: 300_000,
    uploadBlockBytes: uploadLimits.blockBytes,
    uploadConcurrency: 3,
    uploadRetryTimeoutSeconds: 300,
    uploadRetryDelaySeconds: 1,
    uploadFirstIndex: 0,
    uploadAddressLifeMs: 3_600_000,
    uploadBusyTimes: 0,
    uploadPartFailures: 0,
    uploadBytesPerDay: uploadLimits.dailyBytes,
    takesOnlySilk: false,
    hasGuildMarkdown: false,
    hasArk: false,
    isPrivateDomain: true,
    isGuildAdmin: true,
    isAudioBot: true,
    ungrantedApis: [],
    isForumReviewPassed: true,
    hasGroupInfo: true,
    hasGroupMembers: true,
    hasInterfaceRates: true,
    // The default set, and reactions (10), group members (24), message audit (27).
    grantedIntents: defaultIntents + 2 ** 10 + 2 ** 24 + 2 ** 27,
    sessionStartTotal: 1000,
    shards: 1,
    maxConcurrency: 1,
    identifyWindowMs: 0,
    heartbeatIntervalMs: 45_000,
    webhookAnswerWithinMs: webhookLimits.answerWithinMs,
    webhookRetryDelaysMs: [...webhookLimits.retryDelaysMs],
  };
}
