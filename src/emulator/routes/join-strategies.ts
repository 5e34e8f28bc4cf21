import { isRecord } from "../../core/json.ts";
import { joinStrategyLimits, pageLimits } from "../../protocol/limits.ts";
import { type Call, ok, type Route, textOf } from "../call.ts";
import { admit } from "../group-people.ts";
import { badGroupInput } from "../group-state.ts";
import { secret } from "../identity.ts";
import { coversGroup, type JoinStrategy } from "../join-strategies.ts";
import { pageOf } from "../paging.ts";
import type { Platform } from "../platform.ts";
import { refuse } from "../refusal.ts";

const all = "/v2/groups/join_approval_strategy";
const one = `${all}/{strategy_id}`;
const yearMs = 365 * 86_400_000;

/** Auto-approval of join requests. The pages publish no codes of their own. */
export const joinStrategyRoutes: readonly Route[] = [
  {
    endpoint: "group.join_strategies.list",
    method: "GET",
    path: all,
    handle: ({ platform, query }) => {
      const newestFirst = [...platform.world.settings.strategies.values()].reverse();
      const limits = { fallback: 20, max: pageLimits.joinStrategies, badCursor: badGroupInput };
      const { rows, next_cursor } = pageOf(newestFirst, query, limits);
      return ok({ strategies: rows.map((strategy) => wire(platform, strategy)), next_cursor });
    },
  },
  { endpoint: "group.join_strategies.create", method: "POST", path: all, handle: create },
  { endpoint: "group.join_strategies.update", method: "PATCH", path: one, handle: update },
  {
    endpoint: "group.join_strategies.delete",
    method: "DELETE",
    path: one,
    handle: (call) => {
      call.platform.world.settings.strategies.delete(strategyOf(call).id);
      return ok({});
    },
  },
  {
    endpoint: "group.join_strategies.execute",
    method: "POST",
    path: `${one}/execute`,
    handle: (call) => {
      runOver(call.platform, strategyOf(call));
      return ok({});
    },
  },
  {
    endpoint: "group.join_strategies.whitelist",
    method: "POST",
    path: `${one}/whitelist_users`,
    handle: changeWhitelist,
  },
];

function strategyOf({ platform, params }: Call): JoinStrategy {
  const strategy = platform.world.settings.strategies.get(params.strategy_id ?? "");
  return strategy ?? refuse(badGroupInput, "no such strategy");
}

/** On the platform this takes about ten minutes; here the pending requests are settled at once. */
function runOver(platform: Platform, strategy: JoinStrategy): void {
  for (const group of platform.world.groups.filter((candidate) => coversGroup(platform, strategy, candidate))) {
    for (const { user } of [...group.state.requests]) {
      if (strategy.whitelist.has(user.qq)) admit(platform, group, user);
    }
  }
}

function create({ platform, body }: Call) {
  const { strategies } = platform.world.settings;
  if (strategies.size >= joinStrategyLimits.perBot) refuse(badGroupInput, "a bot may have 20 strategies");
  const { kind, groups } = readGroups(body);
  const now = platform.clock.now();
  const remark = readRemark(body);
  const strategy: JoinStrategy = {
    id: `st_${secret(9)}`,
    kind,
    groups,
    isEnabled: readSwitch(body) ?? true,
    expiresAt: readEnd(platform, body) ?? now + yearMs,
    createdAt: now,
    updatedAt: now,
    whitelist: new Set(),
    ...(remark === undefined ? {} : { remark }),
  };
  strategies.set(strategy.id, strategy);
  return ok({ strategy_id: strategy.id, ...state(platform, strategy) });
}

function update(call: Call) {
  const { platform, body } = call;
  const strategy = strategyOf(call);
  const changes = {
    groups: readAction(strategy, body),
    isEnabled: readSwitch(body) ?? strategy.isEnabled,
    expiresAt: readEnd(platform, body) ?? strategy.expiresAt,
    updatedAt: platform.clock.now(),
  };
  const remark = readRemark(body);
  Object.assign(strategy, changes, remark === undefined ? {} : { remark });
  return ok(state(platform, strategy));
}

function changeWhitelist(call: Call) {
  const { platform, body } = call;
  const strategy = strategyOf(call);
  const users = body.whitelist_users;
  const { usersPerCall, users: usersInAll } = joinStrategyLimits;
  if (!Array.isArray(users) || users.length === 0 || users.length > usersPerCall) {
    refuse(badGroupInput, `whitelist_users must hold 1 to ${usersPerCall}`);
  }
  if (!users.every((user) => typeof user === "string" && /^\d{1,20}$/.test(user))) {
    refuse(badGroupInput, "whitelist_users must be QQ numbers as strings");
  }
  if (body.op !== "add" && body.op !== "del") refuse(badGroupInput, "op must be add or del");
  const next = new Set(strategy.whitelist);
  for (const user of users) {
    if (body.op === "add") next.add(user);
    else next.delete(user);
  }
  if (next.size > usersInAll) refuse(badGroupInput, `a strategy may list ${usersInAll} people`);
  strategy.whitelist = next;
  strategy.updatedAt = platform.clock.now();
  return ok({
    strategy_id: strategy.id,
    whitelist_user_count: next.size,
    updated_at: platform.clock.timestamp(strategy.updatedAt),
  });
}

function readGroups(body: Call["body"]): Pick<JoinStrategy, "kind" | "groups"> {
  const kinds = (["group_openids", "group_ids"] as const).filter((kind) => body[kind] !== undefined);
  const [kind] = kinds;
  if (!kind || kinds.length > 1) refuse(badGroupInput, "exactly one of group_openids and group_ids");
  const groups = body[kind];
  const max = joinStrategyLimits.groups;
  if (!Array.isArray(groups) || groups.length === 0 || groups.length > max) {
    refuse(badGroupInput, `${kind} must name 1 to ${max}`);
  }
  const form = kind === "group_ids" ? /^\d{1,20}$/ : /^\S{1,128}$/;
  if (!groups.every((group) => typeof group === "string" && form.test(group))) {
    refuse(badGroupInput, `${kind} is malformed`);
  }
  return { kind, groups: [...new Set(groups)] };
}

function readAction(strategy: JoinStrategy, body: Call["body"]): string[] {
  const action = body.group_action;
  if (action === undefined) return strategy.groups;
  if (!isRecord(action) || (action.op !== "add" && action.op !== "del")) {
    refuse(badGroupInput, "group_action.op must be add or del");
  }
  const { kind, groups } = readGroups(action);
  if (kind !== strategy.kind) refuse(badGroupInput, `this strategy names its groups by ${strategy.kind}`);
  const next =
    action.op === "add"
      ? [...new Set([...strategy.groups, ...groups])]
      : strategy.groups.filter((group) => !groups.includes(group));
  if (next.length > joinStrategyLimits.groups) refuse(badGroupInput, "too many groups");
  return next;
}

function readSwitch(body: Call["body"]): boolean | undefined {
  const value = body.is_enable;
  if (value === undefined) return undefined;
  if (value !== "on" && value !== "off") refuse(badGroupInput, "is_enable must be on or off");
  return value === "on";
}

function readEnd(platform: Platform, body: Call["body"]): number | undefined {
  const text = textOf(body, "expire_at");
  if (text === undefined) return undefined;
  const end = Date.parse(text);
  if (!(end > platform.clock.now())) refuse(badGroupInput, "expire_at must be RFC 3339, in the future");
  return end;
}

function readRemark(body: Call["body"]): string | undefined {
  const remark = textOf(body, "remark");
  if (remark !== undefined && remark.length > joinStrategyLimits.remark) refuse(badGroupInput, "remark is too long");
  return remark;
}

function state(platform: Platform, strategy: JoinStrategy) {
  return {
    is_enable: strategy.isEnabled ? "on" : "off",
    expire_at: platform.clock.timestamp(strategy.expiresAt),
  };
}

function wire(platform: Platform, strategy: JoinStrategy): object {
  return {
    strategy_id: strategy.id,
    group_openids: strategy.kind === "group_openids" ? strategy.groups : [],
    group_ids: strategy.kind === "group_ids" ? strategy.groups : [],
    whitelist_user_count: strategy.whitelist.size,
    ...state(platform, strategy),
    created_at: platform.clock.timestamp(strategy.createdAt),
    updated_at: platform.clock.timestamp(strategy.updatedAt),
    ...(strategy.remark === undefined ? {} : { remark: strategy.remark }),
  };
}
