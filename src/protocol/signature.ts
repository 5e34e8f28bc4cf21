import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { ConfigError } from "../core/errors.ts";
import { webhookLimits } from "./limits.ts";

/**
 * Ed25519 of webhooks: events are signed over timestamp + raw body, address checks (op 13) over event_ts + plain_token, both with
 * a key that grows from the AppSecret. Source: official signature page; its body sample does not verify, ours are
 * recomputed.
 */
export interface Signer {
  /** Hex, 128 digits. */
  sign(timestamp: string, body: string | Uint8Array): string;
  /** Of the raw bytes as received: a body that was parsed and written again does not verify. */
  verify(signature: string, timestamp: string, body: string | Uint8Array): boolean;
  /** Hex of the raw public key. */
  publicKey: string;
}

const seedLength = 32;
/** PKCS#8 frame of a raw Ed25519 seed (RFC 8410). */
const pkcs8Head = Buffer.from("302e020100300506032b657004220420", "hex");
const signers = new Map<string, Signer>();

/** The secret repeated until it fills 32 bytes, cut there. Throws ConfigError for an empty one. */
export function deriveSeed(secret: string): Buffer {
  const bytes = Buffer.from(secret, "utf8");
  if (bytes.length === 0)
    throw new ConfigError("QQ_BOT_APP_SECRET", "the AppSecret is empty", { remedy: "Set QQ_BOT_APP_SECRET." });
  return Buffer.concat(Array.from({ length: Math.ceil(seedLength / bytes.length) }, () => bytes)).subarray(
    0,
    seedLength,
  );
}

/** Keys are derived once per secret. */
export function signerOf(secret: string): Signer {
  const known = signers.get(secret);
  if (known) return known;
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Head, deriveSeed(secret)]),
    format: "der",
    type: "pkcs8",
  });
  const made = makeSigner(privateKey, createPublicKey(privateKey));
  signers.set(secret, made);
  return made;
}

function makeSigner(privateKey: KeyObject, publicKey: KeyObject): Signer {
  return {
    sign: (timestamp, body) => sign(null, message(timestamp, body), privateKey).toString("hex"),
    verify(signature, timestamp, body) {
      if (!/^[0-9a-f]{128}$/i.test(signature)) return false;
      const bytes = Buffer.from(signature, "hex");
      // The top bits of a valid scalar are clear; a forger could set them.
      if (((bytes[63] ?? 0xff) & 0xe0) !== 0) return false;
      return verify(null, message(timestamp, body), publicKey, bytes);
    },
    publicKey: publicKey.export({ format: "der", type: "spki" }).subarray(-seedLength).toString("hex"),
  };
}

function message(timestamp: string, body: string | Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(timestamp, "utf8"), typeof body === "string" ? Buffer.from(body, "utf8") : body]);
}

/** Whether a signature's time (Unix seconds, or ms) is at most 5 minutes off. */
export function isFresh(timestamp: string, nowMs: number): boolean {
  if (!/^\d{10,13}$/.test(timestamp)) return false;
  const time = timestamp.length > 11 ? Number(timestamp) : Number(timestamp) * 1000;
  return Math.abs(nowMs - time) <= webhookLimits.freshnessMs;
}

export interface ChallengeAnswer {
  plain_token: string;
  signature: string;
}

/**
 * The answer to the console's address check, or null for anything else that asks to be signed. Whoever gets an arbitrary
 * text signed here could sign an event with it: only digits and a plain token pass, which no JSON body can look like, and
 * only a fresh time.
 */
export function answerChallenge(challenge: unknown, secret: string, nowMs: number): ChallengeAnswer | null {
  if (challenge === null || typeof challenge !== "object") return null;
  const { plain_token: token, event_ts: time } = challenge as Record<string, unknown>;
  if (typeof token !== "string" || !/^[A-Za-z0-9_-]{8,64}$/.test(token)) return null;
  if (typeof time !== "string" || !isFresh(time, nowMs)) return null;
  return { plain_token: token, signature: signerOf(secret).sign(time, token) };
}
