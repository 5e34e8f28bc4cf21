import { createDecipheriv, createHash, timingSafeEqual } from "node:crypto";
import { isRecord } from "../core/json.ts";

/** Signature of open data: sha1 over the exact text received and the session key as it is (base64 text, not decoded). */
export function miniSignature(rawData: string, sessionKey: string): string {
  return createHash("sha1")
    .update(rawData + sessionKey)
    .digest("hex");
}

export function isMiniSignature(signature: string, from: { rawData: string; sessionKey: string }): boolean {
  const given = Buffer.from(signature.toLowerCase());
  const right = Buffer.from(miniSignature(from.rawData, from.sessionKey));
  return given.length === right.length && timingSafeEqual(given, right);
}

export interface OpenData {
  data: Record<string, unknown>;
  watermark: { appid: string; timestamp: number };
}

/**
 * AES-128-CBC with the session key. Undefined for everything that is not the data that the platform encrypted: a wrong
 * vector is no error of the cipher, it only spoils the first 16 bytes, so that JSON and watermark decide.
 */
export function decryptMiniData(from: { sessionKey: string; iv: string; encryptedData: string }): OpenData | undefined {
  const [key, iv] = [from.sessionKey, from.iv].map((text) => Buffer.from(text, "base64"));
  if (key?.length !== 16 || iv?.length !== 16) return undefined;
  let data: unknown;
  try {
    const cipher = createDecipheriv("aes-128-cbc", key, iv);
    const bytes = Buffer.concat([cipher.update(Buffer.from(from.encryptedData, "base64")), cipher.final()]);
    data = JSON.parse(bytes.toString("utf8"));
  } catch {
    // Wrong key, cut text or no JSON: all the same to the caller.
    return undefined;
  }
  const mark = isRecord(data) ? data.watermark : undefined;
  if (!isRecord(data) || !isRecord(mark)) return undefined;
  const { appid, timestamp } = mark;
  if ((typeof appid !== "string" && typeof appid !== "number") || !Number.isFinite(Number(timestamp))) return undefined;
  return { data, watermark: { appid: String(appid), timestamp: Number(timestamp) } };
}
