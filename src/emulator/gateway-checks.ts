import { isRecord } from "../core/json.ts";
import { hasIntent, intents as intentTable } from "../protocol/intents.ts";
import type { Tokens } from "./tokens.ts";

/** Why a socket is closed; with `isInvalid` an op 9 goes before. */
export interface Refusal {
  close: number;
  reason: string;
  isInvalid?: boolean;
}

export interface Identified {
  intents: number;
  shard: [number, number];
}

/** The checks of op 2, in the platform's order: form, token, shard, intents. */
export function checkIdentify(d: unknown, rights: { tokens: Tokens; grantedIntents: number }): Identified | Refusal {
  if (!isRecord(d) || typeof d.token !== "string" || typeof d.intents !== "number") {
    return { close: 4002, reason: "invalid payload: identify needs token and intents" };
  }
  const token = checkToken(d.token, rights.tokens);
  if (token) return token;
  const shard = readShard(d.shard);
  if (!shard) return { close: 4010, reason: "invalid shard" };
  const { intents } = d;
  const known = intentTable.reduce((sum, intent) => sum + intent.value, 0);
  if (!Number.isSafeInteger(intents) || intents < 0 || intents >= 2 ** 32 || (intents & ~known) !== 0) {
    return { close: 4013, reason: "invalid intents", isInvalid: true };
  }
  const missing = intentTable.filter(
    (intent) => hasIntent(intents, intent.bit) && !hasIntent(rights.grantedIntents, intent.bit),
  );
  if (missing.length > 0) {
    const names = missing.map((intent) => intent.name).join(", ");
    return { close: 4014, reason: `disallowed intents: ${names}`, isInvalid: true };
  }
  return { intents, shard };
}

export function checkResume(d: unknown, tokens: Tokens): { sessionId: string; seq: number } | Refusal {
  if (!isRecord(d) || typeof d.token !== "string" || typeof d.session_id !== "string") {
    return { close: 4002, reason: "invalid payload: resume needs token, session_id and seq" };
  }
  const token = checkToken(d.token, tokens);
  if (token) return token;
  if (!Number.isSafeInteger(d.seq)) return { close: 4007, reason: "invalid seq", isInvalid: true };
  return { sessionId: d.session_id, seq: Number(d.seq) };
}

function checkToken(token: string, tokens: Tokens): Refusal | undefined {
  const value = /^QQBot (\S+)$/.exec(token)?.[1];
  return value && tokens.isValid(value) ? undefined : { close: 4004, reason: "authentication failed" };
}

function readShard(shard: unknown): [number, number] | undefined {
  if (shard === undefined || shard === null) return [0, 1];
  if (!Array.isArray(shard) || shard.length !== 2) return undefined;
  const [id, count]: unknown[] = shard;
  if (typeof id !== "number" || typeof count !== "number") return undefined;
  return Number.isSafeInteger(id) && Number.isSafeInteger(count) && id >= 0 && id < count ? [id, count] : undefined;
}
