import { isRecord, type Json } from "../core/json.ts";
import { opcodes } from "../protocol/opcodes.ts";
import { parseJson } from "../protocol/parse-json.ts";
import type { SocketData } from "./socket.ts";

/** One JSON text frame of the gateway. `s`, `t` and `id` come with op 0 only, and not always. */
export interface Frame {
  op: number;
  d: Json | undefined;
  s?: number;
  t?: string;
  id?: string;
}

const utf8 = new TextDecoder("utf-8");

function textOf(data: SocketData): string {
  if (Array.isArray(data)) return utf8.decode(Buffer.concat(data));
  return utf8.decode(data);
}

/** Undefined for anything that is not a JSON object with a numeric `op`. Integers beyond 2^53 arrive as strings. */
export function decodeFrame(data: SocketData): Frame | undefined {
  const raw = parseOrUndefined(textOf(data));
  if (!isRecord(raw) || typeof raw.op !== "number") return undefined;
  const { s, t, id } = raw;
  return {
    op: raw.op,
    d: raw.d as Json | undefined,
    ...(typeof s === "number" && Number.isSafeInteger(s) && s >= 0 ? { s } : {}),
    ...(typeof t === "string" ? { t } : {}),
    ...(typeof id === "string" && id !== "" ? { id } : {}),
  };
}

function parseOrUndefined(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    // The caller logs that a frame was unreadable; its text may hold credentials and is not kept.
    return undefined;
  }
}

/** `d` is the last received `s`; null must be sent explicitly before the first event. */
export function heartbeatFrame(seq: number | null): string {
  return JSON.stringify({ op: opcodes.heartbeat, d: seq });
}

export interface Identity {
  accessToken: string;
  intents: number;
  /** `[id, count]`. */
  shard: readonly [number, number];
}

/** Without `properties`: they have no effect. */
export function identifyFrame(identity: Identity): string {
  const { accessToken, intents, shard } = identity;
  return JSON.stringify({ op: opcodes.identify, d: { token: `QQBot ${accessToken}`, intents, shard } });
}

export interface ResumeClaim {
  accessToken: string;
  sessionId: string;
  /** The replay begins after it. */
  seq: number;
}

export function resumeFrame(claim: ResumeClaim): string {
  const { accessToken, sessionId, seq } = claim;
  return JSON.stringify({ op: opcodes.resume, d: { token: `QQBot ${accessToken}`, session_id: sessionId, seq } });
}
