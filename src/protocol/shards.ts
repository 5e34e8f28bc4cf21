import { ConfigError } from "../core/errors.ts";
import { gatewayLimits } from "./limits.ts";

/** Which shards a process holds: as many as the platform advises, or these of so many. */
export type ShardPlan = { kind: "auto" } | { kind: "fixed"; ids: readonly number[]; count: number };

/** The setting: `auto`, a count, or the ids of this process out of a count, as `0,1/4`. Throws ConfigError on QQ_BOT_SHARDS. */
export function parseShards(text: string): ShardPlan {
  if (text.trim().toLowerCase() === "auto") return { kind: "auto" };
  const parts = /^\s*(?:([\d\s,]+)\/)?\s*(\d+)\s*$/.exec(text);
  const count = Number(parts?.[2]);
  if (!parts || count < 1 || count > gatewayLimits.maxShards) throw wrong(`does not fit: "${text}"`);
  if (parts[1] === undefined) return { kind: "fixed", ids: Array.from({ length: count }, (_, id) => id), count };
  const ids = parts[1].split(",").map((id) => (id.trim() === "" ? Number.NaN : Number(id)));
  const outside = ids.find((id) => !(Number.isInteger(id) && id < count));
  if (outside !== undefined) throw wrong(`has a shard outside 0 to ${count - 1}: "${text}"`);
  return { kind: "fixed", ids: [...new Set(ids)].sort((one, other) => one - other), count };
}

/** Whether other processes hold the rest. */
export function isPart(plan: ShardPlan): plan is Extract<ShardPlan, { kind: "fixed" }> {
  return plan.kind === "fixed" && plan.ids.length < plan.count;
}

function wrong(problem: string): ConfigError {
  return new ConfigError("QQ_BOT_SHARDS", `QQ_BOT_SHARDS ${problem}`, {
    remedy: `Set auto, a number from 1 to ${gatewayLimits.maxShards}, or the ids that this process holds, such as 0,1/4.`,
  });
}

/**
 * Where the platform sends a guild's events. Which shard gets private chats and groups is not documented: every event is
 * taken from every shard, and known ones are dropped.
 */
export function shardOfGuild(guildId: string, count: number): number {
  return Number((BigInt(guildId) >> 22n) % BigInt(count));
}

/**
 * How far apart identifies must be. The documents allow `max_concurrency` per 5 s; Tencent's own SDK leaves 2 s for a
 * concurrency of 1 and otherwise at least a second. Neither is exceeded.
 */
export function identifySpacingMs(maxConcurrency: number): number {
  const allowed = Math.max(1, maxConcurrency);
  return Math.max(Math.ceil(gatewayLimits.identifyWindowMs / allowed), sdkSpacingMs(allowed));
}

/** The interval of Tencent's SDK: 2 s shared by the concurrency, in whole seconds, at least one. */
export function sdkSpacingMs(maxConcurrency: number): number {
  return Math.max(1, Math.round(2 / Math.max(1, maxConcurrency))) * 1000;
}
