import { isRecord } from "../../core/json.ts";
import { pageLimits, panelLimits } from "../../protocol/limits.ts";
import { displayWidth } from "../../protocol/text-width.ts";
import type { Panel } from "../bot-settings.ts";
import { type Call, ok, type Route } from "../call.ts";
import { secret } from "../identity.ts";
import { pageOf } from "../paging.ts";
import type { Platform } from "../platform.ts";
import { refuse, refuseOver } from "../refusal.ts";
import { checkLink, checkName, menuCodes } from "./menu.ts";

const codes = {
  ...menuCodes,
  bad: 40030001,
  unknown: 40030006,
  scope: 40030011,
  targetType: 40030012,
  itemType: 40030015,
  op: 40030017,
  notInScope: 40030018,
  allTakesNone: 40030021,
} as const;

const one = "/v2/panels/{panel_id}";
const scopes = ["c2c", "group", "channel", "dm"];
/** Where a panel may be for some conversations only, and the field that names them. */
const targetFields: Readonly<Record<string, "user_openids" | "group_openids">> = {
  c2c: "user_openids",
  group: "group_openids",
};

/** Command panels: what people see above their keyboard. */
export const panelRoutes: readonly Route[] = [
  {
    endpoint: "panels.list",
    method: "GET",
    path: "/v2/panels",
    handle: ({ platform, query }) => {
      if (!scopes.includes(query.scope ?? "")) refuse(codes.scope, "scope is invalid");
      const panels = [...platform.world.settings.panels.values()].filter((panel) => panel.scope === query.scope);
      const page = pageOf(panels, query, { fallback: 20, max: pageLimits.panels, badCursor: codes.bad });
      const records = page.rows.map((panel) => wire(platform, panel));
      return ok({ records, next_cursor: page.next_cursor, is_end: page.next_cursor === "" });
    },
  },
  { endpoint: "panels.create", method: "POST", path: "/v2/panels", handle: create },
  {
    endpoint: "panels.get",
    method: "GET",
    path: one,
    handle: (call) => {
      const panel = panelOf(call);
      const field = panel.targetType === "specific" ? targetFields[panel.scope] : undefined;
      return ok({ ...wire(call.platform, panel), ...(field ? { [field]: [...panel.targets] } : {}) });
    },
  },
  {
    endpoint: "panels.update",
    method: "PUT",
    path: one,
    handle: (call) => {
      const panel = panelOf(call);
      panel.panel = readPanel(call.body);
      panel.version += 1;
      panel.updatedAt = call.platform.clock.now();
      return ok({ version: panel.version });
    },
  },
  {
    endpoint: "panels.delete",
    method: "DELETE",
    path: one,
    handle: (call) => {
      call.platform.world.settings.panels.delete(panelOf(call).id);
      return ok({});
    },
  },
  { endpoint: "panels.target.update", method: "PUT", path: `${one}/target`, handle: changeTargets },
];

function panelOf({ platform, params }: Call): Panel {
  return platform.world.settings.panels.get(params.panel_id ?? "") ?? refuse(codes.unknown, "the panel does not exist");
}

function create({ platform, body }: Call) {
  const { panels } = platform.world.settings;
  const { scope, target_type: targetType = "all" } = body;
  if (typeof scope !== "string" || !scopes.includes(scope)) refuse(codes.scope, "scope is invalid");
  if (targetType !== "all" && targetType !== "specific") refuse(codes.targetType, "target_type is invalid");
  if (targetType === "specific" && !targetFields[scope]) refuse(codes.notInScope, "specific is for c2c and group");
  const panel = readPanel(body);
  const targets = readTargets(body, scope, targetType);
  if (panels.size >= panelLimits.perBot) refuseOver(codes.over, panelLimits.perBot, "too many panels");
  const now = platform.clock.now();
  const id = `p_${secret(12)}`;
  panels.set(id, {
    ...{ id, scope, targetType, panel, version: 1 },
    ...{ targets: new Set(targets), createdAt: now, updatedAt: now },
  });
  return ok({ panel_id: id });
}

function changeTargets(call: Call) {
  const { platform, body } = call;
  const panel = panelOf(call);
  const { op } = body;
  if (op !== "add" && op !== "del") refuse(codes.op, "op must be add or del");
  if (panel.targetType === "all") refuse(codes.allTakesNone, "a panel for all takes no targets");
  const given = readTargets(body, panel.scope, panel.targetType);
  const next = new Set(panel.targets);
  for (const id of given) {
    if (op === "add") next.add(id);
    else next.delete(id);
  }
  if (next.size > panelLimits.targets) refuseOver(codes.over, panelLimits.targets, "too many targets");
  panel.targets = next;
  panel.updatedAt = platform.clock.now();
  return ok({});
}

function readTargets(body: Call["body"], scope: string, targetType: "all" | "specific"): string[] {
  const given = (["user_openids", "group_openids"] as const).filter((field) => !isEmpty(body[field]));
  if (given.length > 0 && targetType === "all") refuse(codes.allTakesNone, "a panel for all takes no targets");
  return given.flatMap((field) => {
    if (targetFields[scope] !== field) refuse(codes.notInScope, `${field} is not for scope ${scope}`);
    const list = body[field];
    if (!Array.isArray(list) || !list.every((id) => typeof id === "string" && id !== "")) {
      refuse(codes.bad, `${field} is malformed`);
    }
    if (list.length > panelLimits.targetsPerCall)
      refuseOver(codes.over, panelLimits.targetsPerCall, "too many targets");
    return list;
  });
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function readPanel(body: Call["body"]): Record<string, unknown> {
  const { panel } = body;
  if (!isRecord(panel)) refuse(codes.missing, "panel is missing");
  const { items = [], remark = "" } = panel;
  if (!Array.isArray(items)) refuse(codes.bad, "items is malformed");
  if (items.length > panelLimits.items) refuseOver(codes.over, panelLimits.items, "too many items");
  if (typeof remark !== "string") refuse(codes.bad, "remark is malformed");
  if (remark.length > panelLimits.remark) refuseOver(codes.over, panelLimits.remark, "remark is too long");
  for (const item of items) {
    if (!isRecord(item)) refuse(codes.bad, "items is malformed");
    checkName(item, panelLimits.nameWidth);
    const { desc = "" } = item;
    if (typeof desc !== "string") refuse(codes.bad, "desc is malformed");
    if (displayWidth(desc) > panelLimits.descWidth) refuseOver(codes.over, panelLimits.descWidth, "desc is too long");
    if (item.type !== "command" && item.type !== "link") refuse(codes.itemType, "panel item type is invalid");
    if (item.type === "link") checkLink(item.link);
  }
  return panel;
}

/** Without targets: those are told only when one panel is read. */
function wire(platform: Platform, panel: Panel): object {
  return {
    panel_id: panel.id,
    scope: panel.scope,
    target_type: panel.targetType,
    panel: { ...panel.panel, version: panel.version },
    created_at: platform.clock.timestamp(panel.createdAt),
    updated_at: platform.clock.timestamp(panel.updatedAt),
    version: panel.version,
  };
}
