import type { Scene } from "./scenes.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const megabyte = 1024 * 1024;

export interface ReplyLimit {
  /** From receipt of the message or event. */
  windowMs: number;
  /** Replies per message or event; null = no published count. */
  max: number | null;
}

/**
 * Passive replies per scene. C2C: the message overview of 2026-09 says 60 minutes and 4 (5 before 2026-01-10), a field
 * text of the same pages 5 minutes: tried up to 60, with the refusal as the judge. Others: pages of 2026-09.
 */
export const replyLimits: Readonly<Record<Scene, ReplyLimit>> = {
  c2c: { windowMs: 60 * minute, max: 4 },
  group: { windowMs: 5 * minute, max: 5 },
  channel: { windowMs: 5 * minute, max: null },
  dms: { windowMs: 5 * minute, max: null },
};

/** Range of msg_seq; unique per (msg_id, msg_seq), 1 when left out. Reported by users; the pages give no range. */
export const msgSeq = { min: 1, max: 4_294_967_295 } as const;

/** A bot's own message; group admins may also recall members' messages. Pages of 2026-09. */
export const recallWindowMs = 2 * minute;

/** Text. The platform publishes no length: a phone shows about 15,000 characters in full. All ours. */
export const textLimits = {
  /** Display width (CJK = 2) at which delivery splits, for readers; other clients use 900 to 5000. */
  splitWidth: 2000,
  /** UTF-16 units above which one message is refused before it reaches the wire. */
  maxLength: 15_000,
} as const;

/** Keyboards. Pages of 2026-09; above rows or buttons: 40034029. */
export const keyboardLimits = {
  rows: 5,
  buttonsPerRow: 5,
  /** Characters. */
  label: 10,
  modalContent: 40,
  modalButton: 4,
} as const;

/** Media by file_type: above `soft` it is shown as a file, above `hard` refused (850031). Upload page of 2026-09. */
export const mediaLimits = {
  image: { softBytes: 20 * megabyte, hardBytes: 200 * megabyte },
  video: { softBytes: 30 * megabyte, hardBytes: 200 * megabyte },
  voice: { softBytes: 20 * megabyte, hardBytes: 200 * megabyte },
  file: { softBytes: 200 * megabyte, hardBytes: 200 * megabyte },
} as const;

/** Uploads. Pages of 2026-09 and the constants of Tencent's SDK. */
export const uploadLimits = {
  /** From here on the SDK uploads in chunks; proxies refuse about 32 MB of base64. */
  chunkThresholdBytes: 5 * megabyte,
  simpleBytes: 20 * megabyte,
  blockBytes: 5 * megabyte,
  /** The first bytes that `md5_10m` covers; not 10 MiB. */
  md5HeadBytes: 10_002_432,
  maxConcurrency: 10,
  retryTimeoutMs: 5 * minute,
  retryDelayMs: 1000,
  dailyBytes: 2 * 1024 * megabyte,
} as const;

/** Access tokens. Token page of 2026-09. */
export const tokenLimits = {
  lifeMs: 2 * hour,
  /** Only in this last part of its life does the platform give out a new one; the old one stays valid meanwhile. */
  renewBeforeMs: minute,
} as const;

/** Timeouts: the docs ask for at least 5 s on sends; the rest is what Tencent's SDK uses. */
export const timeouts = {
  requestMs: 30_000,
  uploadMs: 120_000,
  partMs: 300_000,
  tokenMs: 10_000,
  handshakeMs: 30_000,
} as const;

/** Gateway. Official pages of 2026-09 and clients in the field. */
export const gatewayLimits = {
  /** Documented sample; used for a missing, zero or unreadable value. */
  defaultHeartbeatMs: 45_000,
  minHeartbeatMs: 100,
  maxHeartbeatMs: 10 * minute,
  /** `session_start_limit.max_concurrency` identifies per this time. */
  identifyWindowMs: 5000,
  /** Assumed: the platform does not say how long a session can be resumed. */
  resumableMs: 10 * minute,
  maxFailedResumes: 3,
  /** From hello to READY or RESUMED. */
  readyTimeoutMs: 30_000,
  /** After op 9: the close frame with the true reason follows. */
  closeFrameWaitMs: 5000,
  maxRefusedIdentifies: 5,
  /** Ceilings of the waits between attempts; the wait itself is random below them. */
  backoffMs: [1000, 2000, 5000, 10_000, 30_000, 60_000],
  /** Ours: above it a shard count is a slip of the pen. */
  maxShards: 1000,
  /** Ours: session starts that are not spent on finding out which intents are granted. */
  reservedStarts: 50,
  /** Ours: no wait that only saves session starts is longer. */
  maxStartPaceMs: 10 * minute,
} as const;

/**
 * Webhooks. Ports are documented; freshness is ours. Users report up to 3 retries of an event that is not answered in time;
 * the time and the delays are unconfirmed.
 */
export const webhookLimits = {
  ports: [80, 443, 8080, 8443],
  freshnessMs: 5 * minute,
  answerWithinMs: 3000,
  /** Ours: how long an answer waits for the disk before it asks for the event again. */
  storeWithinMs: 2500,
  /** Ours: the largest event and the largest address check that is read. */
  bodyBytes: megabyte,
  challengeBytes: 1024,
  /** Ours: event ids kept in memory against repeats. */
  replays: 20_000,
  retryDelaysMs: [1000, 2000, 4000],
} as const;

/** Active messages (without msg_id and event_id). Pages of 2026-09; the unverified bot's numbers. */
export const activeLimits = {
  c2c: { perPeerPerMinute: 20, perPeerPerDay: 1000, perBotPerSecond: 5, perBotPerMinute: 30 },
  group: { perPeerPerMinute: 20, perPeerPerDay: 1000, perBotPerMinute: 30 },
  /** Unless the guild's owner set other numbers. */
  channel: { perChannelPerDay: 20, channelsPerGuildPerDay: 2 },
  dms: { perPeerPerDay: 2, perBotPerDay: 200 },
} as const;

/**
 * Private chats: one wake-up message in each period after the person's last message, by the ends of the periods. Message
 * overview of 2026-09; whether "the same day" ends at midnight or after 24 hours is unconfirmed.
 */
export const wakeUpEndsMs = [day, 3 * day, 7 * day, 30 * day] as const;

/** Largest pages. Pages of 2026-09. */
export const pageLimits = {
  guilds: 100,
  members: 400,
  roleMembers: 400,
  reactionUsers: 50,
  joinRequests: 50,
  joinStrategies: 50,
  panels: 50,
  blacklist: 100,
  channelMessages: 20,
} as const;

/** Groups: mutes, removals and the blacklist. Pages of 2026-09. */
export const groupLimits = { perCall: 20, muteMs: 30 * day, membersPerPage: 30 } as const;

/** Auto-approval strategies; `remark` in characters. Pages of 2026-09. */
export const joinStrategyLimits = {
  perBot: 20,
  groups: 100,
  usersPerCall: 10_000,
  users: 100_000,
  remark: 255,
} as const;

/** The menu of private chats; widths count CJK as 2. Page of 2026-09. */
export const menuLimits = { items: 10, nameWidth: 10, subItems: 5, subNameWidth: 14 } as const;

/** Command panels; widths count CJK as 2, `remark` is in characters. Pages of 2026-09. */
export const panelLimits = {
  perBot: 20,
  items: 20,
  nameWidth: 14,
  descWidth: 30,
  remark: 255,
  targetsPerCall: 20,
  targets: 1000,
} as const;

/** `callback_data` of a share link, characters. Page of 2026-09. */
export const shareLinkDataLimit = 32;

export const pinLimit = 20;
export const scheduleLimits = { perAdminPerDay: 10, perGuildPerDay: 100, maxMs: 7 * day } as const;
