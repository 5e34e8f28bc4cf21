import { createHash, randomBytes, randomInt, randomUUID } from "node:crypto";

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
  return `ROBOT1.0_${text(4)}.${text(17)}-${text(8)}_${text(30)}!`;
}

/** Message id of guild channels and DM sessions: lower-case hex. */
export function guildMessageId(): string {
  return `08${randomBytes(23).toString("hex")}b206`;
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

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function text(length: number): string {
  let out = "";
  for (let at = 0; at < length; at++) out += letters[randomInt(letters.length)];
  return out;
}

function digest(appId: string, parts: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify([appId, ...parts]))
    .digest("hex");
}
