import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Envelope } from "../protocol/envelope.ts";
import type { Deadlines } from "./connection.ts";
import type { IntentSearch, KnownRefusal } from "./intent-search.ts";
import type { SessionStore } from "./resume-point.ts";
import type { SocketOptions } from "./socket.ts";

/** The answer of `GET /gateway/bot`; of `GET /gateway`, `url` alone. */
export interface GatewayLookup {
  url: string;
  shards?: number | undefined;
  session_start_limit?:
    | {
        total?: number | undefined;
        /** Identifies left now. */
        remaining?: number | undefined;
        /** Ms until the count starts anew. */
        reset_after?: number | undefined;
        max_concurrency?: number | undefined;
      }
    | undefined;
}

/** `get` should hand out a token that is valid for another minute; both may throw, which counts as a failed attempt. */
export interface GatewayTokens {
  get(signal?: AbortSignal): Promise<string>;
  /** Drops `stale` and fetches again. */
  renew(stale: string, signal?: AbortSignal): Promise<string>;
}

export interface ShardAdvice {
  /** The shard count to identify with. */
  count: number;
  /** How many session starts must be left before one is spent: a set of shards that cannot be completed is not begun. */
  starts: number;
}

/** Everything that a session touches is handed in. */
export interface GatewaySessionOptions {
  appId: string;
  /** `[id, count]`; `[0, 1]` when not sharding. */
  shard: readonly [number, number];
  /** Several shards share one. */
  intents: IntentSearch;
  token: GatewayTokens;
  lookup(signal: AbortSignal): Promise<GatewayLookup>;
  /** Several shards share one: resolves when this one may identify; `maxConcurrency` as the platform named it. */
  awaitIdentifyTurn?: ((maxConcurrency: number, signal: AbortSignal) => Promise<void>) | undefined;
  sessions: SessionStore;
  /**
   * Durable when it resolves. May reject: the event is kept and offered again. Called without waiting for the one
   * before; in the order of arrival. READY and RESUMED do not come here: see `status().bot`.
   */
  onDispatch(envelope: Envelope): Promise<void>;
  /** After every change of state or detail. What it throws is logged. */
  onState?: ((status: SessionStatus) => void) | undefined;
  /** What is left out of the wanted intents, or none, once the platform has accepted the rest: worth remembering. */
  onIntentsKnown?: ((refusal: KnownRefusal) => void) | undefined;
  /** Before an identify, with the shard count that the platform advises: what to identify as. */
  adviseShards?: ((advised: number) => ShardAdvice) | undefined;
  webSocket?: Partial<SocketOptions> | undefined;
  clock: Clock;
  log: Log;
  /** In [0, 1). */
  random?: (() => number) | undefined;
  deadlines?: Partial<SessionDeadlines> | undefined;
  /** Events not yet accepted by onDispatch above which reading pauses. */
  capacity?: number | undefined;
}

export interface SessionDeadlines extends Deadlines {
  lookupMs: number;
  /** How long an end waits for events and the session to be stored. */
  stopMs: number;
}

/** `live` = READY or RESUMED arrived on the present socket; `failed` = stopped for good; `waiting` = until `retryAt`. */
export interface SessionStatus {
  shard: readonly [number, number];
  state: "stopped" | "connecting" | "live" | "waiting" | "failed";
  /** Why it is not live, or what was left out. */
  detail?: string;
  sessionId?: string;
  /** Last received sequence. */
  seq?: number;
  /** Epoch ms of the last acknowledged heartbeat: the measure of health. */
  lastAckAt?: number;
  /** The mask in use, without what was refused. */
  intents: number;
  /** Wanted bits that the platform refuses. */
  missingIntents: number;
  /** Connections after the first that became live. */
  reconnects: number;
  /** Why connections ended and attempts failed, counted: `close_4009`, `op7`, `op9`, `no_ack`, `deadline`, `lookup`, `token`. */
  causes: Readonly<Record<string, number>>;
  /** How many of them continued their session. */
  resumed: number;
  /** Events that came again, or late, through these. */
  replayed: number;
  /** Events that wait to be accepted. */
  backlog: number;
  /** Epoch ms. */
  retryAt?: number;
  /** From READY: the guild-style id of the bot, which is no openid. Unknown in a session resumed over a restart. */
  bot?: { id: string; name?: string };
}

/** All shards of this process as one: as good as the worst of them. Counts are sums, `lastAckAt` is the oldest. */
export interface GatewayStatus extends Omit<SessionStatus, "shard"> {
  shards: readonly SessionStatus[];
}
