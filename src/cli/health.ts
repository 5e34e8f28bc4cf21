import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Metric, Sample } from "../core/metrics.ts";
import { within } from "../core/within.ts";
import type { SessionStatus } from "../events/gateway-options.ts";
import type { WebhookCounts } from "../events/webhook.ts";
import type { TokenStatus } from "../rest/request.ts";
import type { InboxFacts } from "../store/inbox.ts";

export interface HealthOptions {
  transport: "gateway" | "webhook";
  /** The door as a whole: never better than its worst shard. */
  door(): { state: SessionStatus["state"]; detail?: string };
  shards(): readonly SessionStatus[];
  webhook(): WebhookCounts | undefined;
  /** May throw. */
  inbox(): InboxFacts;
  /** Rejects while the data folder takes no writes. */
  checkStore(): Promise<void>;
  /** Sends of this process by outcome. */
  sends(): Readonly<Record<string, number>>;
  token(): TokenStatus;
  clock: Clock;
  log: Log;
}

export interface Readiness {
  ready: boolean;
  /** Why not. */
  reasons: string[];
  [fact: string]: unknown;
}

export interface Health {
  alive(): { ok: true; uptime_s: number };
  ready(): Promise<Readiness>;
  metrics(): Promise<readonly Metric[]>;
}

/** How long an answer waits for the disk, and how long its last good answer counts. */
const diskMs = 1_000;
const diskGoodMs = 1_000;

/** What a supervisor, a balancer or a person can ask. It tells how things are now, not how they were. */
export function createHealth(options: HealthOptions): Health {
  const { clock } = options;
  const startedAt = clock.now();
  const disk = createDiskWatch(options);
  return {
    alive: () => ({ ok: true, uptime_s: secondsBetween(startedAt, clock.now()) }),
    async ready() {
      const problem = await disk();
      const { state, detail } = options.door();
      const reasons = [
        ...(state === "live" ? [] : [`${options.transport} is ${state}${detail === undefined ? "" : `: ${detail}`}`]),
        ...(problem === undefined ? [] : [problem]),
      ];
      return {
        ready: reasons.length === 0,
        reasons,
        transport: options.transport,
        state,
        ...(detail === undefined ? {} : { detail }),
        shards: options.shards().map((shard) => shardRow(shard, clock.now())),
        inbox: quietly(() => inboxRow(options.inbox(), clock.now())),
        disk: problem ?? "ok",
        token: tokenRow(options.token(), clock.now()),
      };
    },
    async metrics() {
      const problem = await disk();
      const isReady = options.door().state === "live" && problem === undefined;
      return [
        {
          name: "qq_ready",
          kind: "gauge",
          help: "1 while events arrive and can be stored",
          read: () => Number(isReady),
        },
        {
          name: "qq_disk_ok",
          kind: "gauge",
          help: "1 while the data folder takes writes",
          read: () => Number(problem === undefined),
        },
        ...doorMetrics(options),
        ...storeMetrics(options),
        ...processMetrics(startedAt),
      ];
    },
  };
}

/** Undefined while all is well. At most one write is under way, and a good answer serves for a while. */
function createDiskWatch({ checkStore, clock, log }: HealthOptions): () => Promise<string | undefined> {
  let goodUntil = 0;
  let wasGood = true;
  let pending: Promise<string | undefined> | undefined;
  const check = async (): Promise<string | undefined> => {
    try {
      await checkStore();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  return async () => {
    if (clock.now() < goodUntil) return undefined;
    pending ??= check().finally(() => {
      pending = undefined;
    });
    let problem: string | undefined = "the data folder did not take a write within a second";
    const told = pending.then((found) => {
      problem = found;
    });
    await within(told, diskMs, clock);
    if (problem === undefined) goodUntil = clock.now() + diskGoodMs;
    if (problem !== undefined && wasGood) log.error({ problem }, "health: the data folder takes no writes");
    if (problem === undefined && !wasGood) log.info({}, "health: the data folder takes writes again");
    wasGood = problem === undefined;
    return problem;
  };
}

function doorMetrics({ shards, webhook, clock }: HealthOptions): Metric[] {
  const each = (value: (shard: SessionStatus) => number | undefined) => () =>
    shards().map((shard): Sample => ({ labels: { shard: shard.shard.join("/") }, value: value(shard) }));
  return [
    {
      name: "qq_shard_state",
      kind: "gauge",
      help: "1 for the state that the shard is in",
      read: () => shards().map(({ shard, state }) => ({ labels: { shard: shard.join("/"), state }, value: 1 })),
    },
    {
      name: "qq_shard_last_ack_age_seconds",
      kind: "gauge",
      help: "Since the last acknowledged heartbeat",
      read: each(({ lastAckAt }) => (lastAckAt === undefined ? undefined : secondsBetween(lastAckAt, clock.now()))),
    },
    {
      name: "qq_shard_ends_total",
      kind: "counter",
      help: "Ended connections and failed attempts by cause",
      read: () =>
        shards().flatMap(({ shard, causes }) =>
          Object.entries(causes).map(([cause, value]) => ({ labels: { shard: shard.join("/"), cause }, value })),
        ),
    },
    {
      name: "qq_shard_reconnects_total",
      kind: "counter",
      help: "Connections after the first that became live",
      read: each(({ reconnects }) => reconnects),
    },
    {
      name: "qq_shard_resumed_total",
      kind: "counter",
      help: "Connections that continued their session",
      read: each(({ resumed }) => resumed),
    },
    {
      name: "qq_shard_replayed_total",
      kind: "counter",
      help: "Events that came again or late after a resume",
      read: each(({ replayed }) => replayed),
    },
    {
      name: "qq_shard_backlog",
      kind: "gauge",
      help: "Received events that are not stored yet",
      read: each(({ backlog }) => backlog),
    },
    {
      name: "qq_webhook_posts_total",
      kind: "counter",
      help: "Posts to the webhook by what became of them",
      read: () => Object.entries(webhookResults(webhook())).map(([result, value]) => ({ labels: { result }, value })),
    },
  ];
}

function webhookResults(counts: WebhookCounts | undefined): Record<string, number | undefined> {
  if (!counts) return {};
  const { accepted, repeated, challenges, refused } = counts;
  return {
    accepted,
    repeated,
    challenges,
    ...Object.fromEntries(Object.entries(refused).map(([why, n]) => [`refused_${why}`, n])),
  };
}

function storeMetrics({ inbox, sends, token, clock }: HealthOptions): Metric[] {
  return [
    {
      name: "qq_events_total",
      kind: "counter",
      help: "Events that came to the inbox",
      read: () => {
        const { accepted, duplicates } = inbox();
        return [
          { labels: { result: "accepted" }, value: accepted },
          { labels: { result: "duplicate" }, value: duplicates },
        ];
      },
    },
    { name: "qq_inbox_pending", kind: "gauge", help: "Events that wait for their turn", read: () => inbox().pending },
    {
      name: "qq_inbox_oldest_seconds",
      kind: "gauge",
      help: "Age of the oldest event that waits for its turn; 0 when none does",
      read: () => inboxRow(inbox(), clock.now()).oldest_s,
    },
    { name: "qq_inbox_dead", kind: "gauge", help: "Events that were given up", read: () => inbox().dead },
    {
      name: "qq_sends_total",
      kind: "counter",
      help: "Messages of this process by outcome",
      read: () => Object.entries(sends()).map(([result, value]) => ({ labels: { result }, value })),
    },
    {
      name: "qq_token_expires_seconds",
      kind: "gauge",
      help: "Until the access token ends; left out while there is none",
      read: () => tokenRow(token(), clock.now()).expires_in_s,
    },
  ];
}

function processMetrics(startedAt: number): Metric[] {
  return [
    {
      name: "process_start_time_seconds",
      kind: "gauge",
      help: "Unix time",
      read: () => Math.round(startedAt / 1000),
    },
    {
      name: "process_resident_memory_bytes",
      kind: "gauge",
      help: "Resident memory",
      read: () => process.memoryUsage.rss(),
    },
  ];
}

function shardRow(shard: SessionStatus, now: number) {
  const { state, detail, lastAckAt, retryAt, reconnects, causes, resumed, replayed, backlog } = shard;
  return {
    shard: shard.shard.join("/"),
    state,
    ...(detail === undefined ? {} : { detail }),
    ...(lastAckAt === undefined ? {} : { last_ack_age_s: secondsBetween(lastAckAt, now) }),
    ...(retryAt === undefined ? {} : { retry_in_s: secondsBetween(now, retryAt) }),
    ...{ reconnects, causes, resumed, replayed, backlog },
  };
}

function inboxRow({ pending, dead, oldestAt }: InboxFacts, now: number) {
  return { pending, oldest_s: oldestAt === undefined ? 0 : secondsBetween(oldestAt, now), dead };
}

function tokenRow({ state, expiresAt }: TokenStatus, now: number) {
  return { state, ...(expiresAt === undefined ? {} : { expires_in_s: Math.round((expiresAt - now) / 1000) }) };
}

function secondsBetween(from: number, to: number): number {
  return Math.max(0, Math.round((to - from) / 100) / 10);
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // What the store cannot tell is left out; why is told by the check of the disk.
    return undefined;
  }
}
