import type { GatewayStatus, SessionStatus } from "./gateway-options.ts";

/** Worst first. */
const severity: readonly SessionStatus["state"][] = ["failed", "waiting", "connecting", "stopped", "live"];

/** One truth about several shards, of which `expected` there are to be; `intents` is the mask while there is none. */
export function combine(
  shards: readonly SessionStatus[],
  { expected, intents }: { expected: number; intents: number },
): GatewayStatus {
  const [worst] = [...shards].sort((one, other) => severity.indexOf(one.state) - severity.indexOf(other.state));
  const { shard: _, ...facts } = worst ?? nothing(intents);
  if (shards.length < expected && (!worst || worst.state === "live")) {
    const detail = expected > 1 ? `${shards.length} of ${expected} shards live` : undefined;
    return { ...facts, state: "connecting", ...(detail === undefined ? {} : { detail }), shards };
  }
  if (shards.length < 2) return { ...facts, shards };
  const { sessionId: _id, seq: _seq, ...common } = facts;
  const sum = (count: (one: SessionStatus) => number) => shards.reduce((total, one) => total + count(one), 0);
  const acks = shards.map(({ lastAckAt }) => lastAckAt).filter((at) => at !== undefined);
  const bot = shards.find((one) => one.bot)?.bot;
  return {
    ...common,
    ...(worst ? detailOf(worst, shards) : {}),
    ...(acks.length > 0 ? { lastAckAt: Math.min(...acks) } : {}),
    reconnects: sum((one) => one.reconnects),
    resumed: sum((one) => one.resumed),
    replayed: sum((one) => one.replayed),
    backlog: sum((one) => one.backlog),
    causes: sumOf(shards.map(({ causes }) => causes)),
    ...(bot ? { bot } : {}),
    shards,
  };
}

function detailOf(worst: SessionStatus, shards: readonly SessionStatus[]): { detail?: string } {
  if (worst.state === "live") return worst.detail === undefined ? {} : { detail: worst.detail };
  const live = shards.filter(({ state }) => state === "live").length;
  const why = worst.detail === undefined ? "" : `: ${worst.detail}`;
  return { detail: `${live} of ${shards.length} shards live; shard ${worst.shard[0]} of ${worst.shard[1]}${why}` };
}

function sumOf(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const count of counts) for (const [name, n] of Object.entries(count)) total[name] = (total[name] ?? 0) + n;
  return total;
}

function nothing(intents: number): SessionStatus {
  return {
    ...{ shard: [0, 1], state: "stopped", intents, missingIntents: 0, causes: {} },
    ...{ reconnects: 0, resumed: 0, replayed: 0, backlog: 0 },
  };
}
