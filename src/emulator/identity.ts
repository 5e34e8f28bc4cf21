import { createHash, randomFillSync, randomUUID } from "node:crypto";

/** 32 upper-case hex digits, the same for the same app and parts: openids are stable per bot, and differ per identity. */
export function openid(appId: string, ...parts: readonly string[]): string {
  return digest(appId, parts).slice(0, 32).toUpperCase();
}

/** Decimal id as a string, of exactly `digits` digits, stable for the same app and parts. */
export function decimalId(digits: number, appId: string, ...parts: readonly string[]): string {
  const low = 10n ** BigInt(digits - 1);
  return String(low + (BigInt(`0x${digest(appId, parts)}`) % (8n * low)));
}

/** Message id of private chats and groups: holds `.`, `-`, `_` and ends with `!`, so that sloppy URL building breaks. */
export function v2MessageId(): string {
  const opaque = text(59);
  return `ROBOT1.0_${opaque.slice(0, 4)}.${opaque.slice(4, 21)}-${opaque.slice(21, 29)}_${opaque.slice(29)}!`;
}

/** Message id of guild channels and DM sessions: lower-case hex. */
export function guildMessageId(): string {
  return `08${randomBytes(23).toString("hex")}b206`;
}

/** Ids in forums: threads (B), posts (C), replies (R). */
export function forumId(kind: "B" | "C" | "R"): string {
  return `${kind}_${randomBytes(18).toString("hex")}X60`;
}

/** Quote index of a message in private chats and groups. */
export function refIndex(): string {
  return `REFIDX_${randomBytes(16).toString("base64")}`;
}

/** Outer event id. Messages of private chats and groups carry a long opaque part, everything else a UUID. */
export function eventId(type: string): string {
  const isV2Message = type.startsWith("C2C_MESSAGE") || type.startsWith("GROUP_AT_") || type === "GROUP_MESSAGE_CREATE";
  return `${type}:${isV2Message ? text(60).toLowerCase() : randomUUID()}`;
}

/** `bytes` of randomness in characters that are safe in a URL. */
export function secret(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}

const pool = Buffer.alloc(16_384);
let used = pool.length;

/** Random bytes out of a pool: an id needs few, and asking for them one id at a time is what would take long. */
export function randomBytes(count: number): Buffer {
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  return Buffer.from(pool.subarray(used - count, used));
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function text(length: number): string {
  let out = "";
  for (const byte of randomBytes(length)) out += letters[byte % letters.length];
  return out;
}

function digest(appId: string, parts: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify([appId, ...parts]))
    .digest("hex");
}
