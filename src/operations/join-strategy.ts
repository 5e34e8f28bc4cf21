import { z } from "zod";
import { joinStrategy } from "../protocol/group.ts";
import { groupOpenid } from "../protocol/ids.ts";
import { joinStrategyLimits, pageLimits } from "../protocol/limits.ts";
import { cursor, nextCursor, pageSize } from "./cursor.ts";
import { callPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { defineCall } from "./operation.ts";
import { withRows } from "./rows.ts";

const all = "/v2/groups/join_approval_strategy";
const one = "/v2/groups/join_approval_strategy/{strategy_id}";

const ofBot = { toolset: "group", scope: "bot", service: "bot" } as const;
const number = (what: string) =>
  z
    .string()
    .regex(/^\d{1,20}$/, "only digits")
    .describe(what);
const strategyId = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\s/?#]+$/, "is not an id")
  .describe("Strategy id");
const groups = {
  group_openids: z
    .array(groupOpenid)
    .min(1)
    .max(joinStrategyLimits.groups)
    .optional()
    .describe("Groups by openid, at most 100; or group_ids"),
  group_ids: z
    .array(number("QQ group number"))
    .min(1)
    .max(joinStrategyLimits.groups)
    .optional()
    .describe("Groups by QQ group number, at most 100; or group_openids"),
};
const onceNamed = { path: ["group_openids"], error: "give exactly one of group_openids and group_ids" };

function namesGroupsOnce(given: { group_openids?: unknown; group_ids?: unknown }): boolean {
  return (given.group_openids === undefined) !== (given.group_ids === undefined);
}

const settings = {
  is_enable: z.enum(["on", "off"]).optional().describe("Whether it works; default on"),
  expire_at: z.iso
    .datetime({ offset: true })
    .optional()
    .describe("End as 2027-11-24T12:00:00+08:00; default in one year"),
  remark: z.string().max(joinStrategyLimits.remark).optional().describe("Note to yourself"),
};
const switched = z.looseObject({
  strategy_id: z.string().nullish(),
  is_enable: z.string().nullish(),
  expire_at: z.union([z.string(), z.number()]).nullish(),
});

export const listJoinStrategies = defineCall({
  name: "list_join_strategies",
  title: "Auto-approval strategies (入群自动审批策略列表)",
  summary: "Rules by which listed QQ numbers get into groups without an admin, newest first, page by page.",
  ...ofBot,
  permission: "read",
  method: "GET",
  path: all,
  input: z.strictObject({
    cursor,
    limit: pageSize(pageLimits.joinStrategies, 20),
  }),
  output: z.looseObject({ strategies: z.array(joinStrategy), next_cursor: nextCursor }),
  docs: callPage("GET", all),
  decode: (data) => withRows(data, "strategies"),
});

export const createJoinStrategy = defineCall({
  name: "create_join_strategy",
  title: "Create an auto-approval strategy (创建入群自动审批策略)",
  summary:
    "A rule that lets listed QQ numbers into groups, named by exactly one of group_openids and group_ids; 20 per bot. Works where the bot is a group admin; fill it with update_join_strategy_whitelist.",
  ...ofBot,
  permission: "manage",
  method: "POST",
  path: all,
  input: z.strictObject({ ...groups, ...settings }).refine(namesGroupsOnce, onceNamed),
  output: switched,
  docs: callPage("POST", all),
});

export const updateJoinStrategy = defineCall({
  name: "update_join_strategy",
  title: "Change an auto-approval strategy (修改入群自动审批策略)",
  summary: "Switch an auto-approval strategy on or off, move its end, or add and remove groups.",
  ...ofBot,
  permission: "manage",
  idempotent: true,
  method: "PATCH",
  path: one,
  input: z.strictObject({
    strategy_id: strategyId,
    ...settings,
    group_action: z
      .strictObject({ op: z.enum(["add", "del"]).describe("add or remove"), ...groups })
      .refine(namesGroupsOnce, onceNamed)
      .optional()
      .describe("Groups to add or remove, named as at creation"),
  }),
  output: switched,
  docs: callPage("PATCH", one),
});

export const deleteJoinStrategy = defineCall({
  name: "delete_join_strategy",
  title: "Delete an auto-approval strategy (删除入群自动审批策略)",
  summary: "Delete an auto-approval strategy with its list of people.",
  ...ofBot,
  permission: "destroy",
  idempotent: true,
  method: "DELETE",
  path: one,
  input: z.strictObject({ strategy_id: strategyId }),
  output: doneAnswer,
  decode: readDone,
  docs: callPage("DELETE", one),
});

export const runJoinStrategy = defineCall({
  name: "run_join_strategy",
  title: "Run an auto-approval strategy (执行入群自动审批策略)",
  summary: "Apply a strategy to requests that already wait in its groups; takes about ten minutes.",
  ...ofBot,
  permission: "manage",
  idempotent: true,
  method: "POST",
  path: `${one}/execute`,
  input: z.strictObject({ strategy_id: strategyId }),
  output: doneAnswer,
  decode: readDone,
  docs: callPage("POST", `${one}/execute`),
});

export const updateJoinStrategyWhitelist = defineCall({
  name: "update_join_strategy_whitelist",
  title: "Change who a strategy lets in (修改策略白名单)",
  summary: "Add or remove QQ numbers that a strategy lets in: 10,000 per call, 100,000 in all.",
  ...ofBot,
  permission: "manage",
  idempotent: true,
  method: "POST",
  path: `${one}/whitelist_users`,
  input: z.strictObject({
    strategy_id: strategyId,
    op: z.enum(["add", "del"]).describe("add or remove"),
    whitelist_users: z
      .array(number("QQ number"))
      .min(1)
      .max(joinStrategyLimits.usersPerCall)
      .describe("QQ numbers as strings"),
  }),
  output: z.looseObject({
    strategy_id: z.string().nullish(),
    whitelist_user_count: z.union([z.number(), z.string()]).nullish().describe("An estimate"),
    updated_at: z.union([z.string(), z.number()]).nullish(),
  }),
  docs: callPage("POST", `${one}/whitelist_users`),
});
