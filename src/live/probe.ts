import type { Clock } from "../core/clock.ts";
import { isRecord, type Json } from "../core/json.ts";
import type { Conversation } from "../protocol/scenes.ts";

/** What a platform answered to one call; a refusal is an answer too. */
export interface Outcome {
  status: number;
  /** The platform's own number, where the body holds one. */
  code?: number;
  data: unknown;
  hasTraceId: boolean;
}

export interface GatewayFrame {
  op: number;
  d: Json | undefined;
  s?: number;
  t?: string;
  id?: string;
}

/** One gateway connection, frame by frame; it keeps its own heartbeat. */
export interface Line {
  /** The first frame from now on that fits; undefined when none comes in time, or the line closes. */
  next(fits: (frame: GatewayFrame) => boolean, withinMs: number): Promise<GatewayFrame | undefined>;
  send(op: number, d: Json): void;
  /** The code with which the platform closed it; undefined when it does not in time. */
  closed(withinMs: number): Promise<number | undefined>;
  drop(): void;
}

/** A message that a person wrote to the bot, as the gateway brought it. */
export interface Heard {
  id: string;
  /** Every time that it came: by which connection, under which type. */
  arrivals: { shard: number; type: string; eventId: string | undefined }[];
  data: Json;
}

/** The ways to a platform: the real one, or the emulator. Only what is listed here can be done with it. */
export interface Probe {
  clock: Clock;
  /** Hosts differ on the real platform alone. */
  isReal: boolean;
  appId: string;
  /** Where messages may go; undefined: nowhere. */
  target: Conversation | undefined;
  call(method: string, path: string, options?: CallOptions): Promise<Outcome>;
  fetchToken(): Promise<Outcome>;
  token(): Promise<string>;
  connect(): Promise<Line>;
  /** Asks a person to write to the bot in the target, and waits for it; undefined when nobody does. */
  hear(): Promise<Heard | undefined>;
  /** A message of the target that is between 5 and 60 minutes old; undefined when there is none. */
  oldMessage(): Promise<string | undefined>;
}

export interface CallOptions {
  body?: Record<string, Json>;
  /** Instead of the usual base. */
  base?: string;
  /** Instead of the bot's token. */
  authorization?: string;
}

/** Small facts about answers: numbers, words, names of fields. Never the values of fields. */
export type Seen = { [fact: string]: Json };

/** Status and code, and of an accepted call the names of its fields. */
export function seenOf({ status, code, data }: Outcome): Seen {
  const isFine = status >= 200 && status < 300 && code === undefined;
  return { status, ...(code === undefined ? {} : { code }), ...(isFine ? { fields: shapeOf(data) } : {}) };
}

const deepest = 4;

/** The fields of a JSON value with their types, as `ext_info.ref_idx: string`; values, and names that are ids, left out. */
export function shapeOf(value: unknown, path = "", depth = 0): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [`${path}[]`] : shapeOf(value[0], `${path}[]`, depth + 1);
  if (!isRecord(value) || depth > deepest) return [`${path || "answer"}: ${value === null ? "null" : typeof value}`];
  const names = Object.keys(value).sort();
  if (names.length === 0) return [`${path || "answer"}: {}`];
  const all = names.flatMap((name) => {
    const shown = /^[a-z][a-z0-9_$]{0,39}$/i.test(name) && !/\d{5}|[0-9A-F]{12}/.test(name) ? name : "(id)";
    return shapeOf(value[name], path ? `${path}.${shown}` : shown, depth + 1);
  });
  return [...new Set(all)];
}
