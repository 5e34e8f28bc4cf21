import { z } from "zod";
import { groupOpenid, userOpenid } from "../protocol/ids.ts";
import { pageLimits, panelLimits } from "../protocol/limits.ts";
import { panel, panelRecord, panelScopes } from "../protocol/panel.ts";
import { cursor, nextCursor, pageSize } from "./cursor.ts";
import { callPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { defineCall } from "./operation.ts";
import { withRows } from "./rows.ts";

const panelId = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\s/?#]+$/, "is not an id")
  .describe("Panel id, from create_panel or list_panels");
const panelScope = z.enum(panelScopes).describe("Where it is shown: c2c private chats, dm private sessions of guilds");
const targets = {
  user_openids: z.array(userOpenid).max(panelLimits.targetsPerCall).optional().describe("People; c2c panels alone"),
  group_openids: z.array(groupOpenid).max(panelLimits.targetsPerCall).optional().describe("Groups; group panels alone"),
};
const one = "/v2/panels/{panel_id}";

export const listPanels = defineCall({
  name: "list_panels",
  title: "Command panels (指令面板列表)",
  summary: "Command panels of one scope, page by page, without their targets.",
  toolset: "panel",
  permission: "read",
  scope: "bot",
  service: "bot",
  method: "GET",
  path: "/v2/panels",
  input: z.strictObject({
    scope: panelScope,
    cursor,
    limit: pageSize(pageLimits.panels, 20),
  }),
  output: z.looseObject({
    records: z.array(panelRecord),
    next_cursor: nextCursor,
    is_end: z.boolean().nullish(),
  }),
  docs: callPage("GET", "/v2/panels"),
  decode: (data) => withRows(data, "records"),
});

export const createPanel = defineCall({
  name: "create_panel",
  title: "Create a command panel (创建指令面板)",
  summary: "Entries shown above the input box of one kind of chat, for all or for listed people or groups; 20 per bot.",
  toolset: "panel",
  permission: "manage",
  scope: "bot",
  service: "bot",
  method: "POST",
  path: "/v2/panels",
  input: z.strictObject({
    scope: panelScope,
    target_type: z
      .enum(["all", "specific"])
      .optional()
      .describe("all (default), or specific: the listed people or groups; c2c and group alone"),
    ...targets,
    panel,
  }),
  output: z.looseObject({ panel_id: z.string() }),
  docs: callPage("POST", "/v2/panels"),
});

export const getPanel = defineCall({
  name: "get_panel",
  title: "One command panel (指令面板详情)",
  summary: "Entries of one command panel and whom it is for.",
  toolset: "panel",
  permission: "read",
  scope: "bot",
  service: "bot",
  method: "GET",
  path: one,
  input: z.strictObject({ panel_id: panelId }),
  output: panelRecord,
  docs: callPage("GET", one),
});

export const updatePanel = defineCall({
  name: "update_panel",
  title: "Replace the entries of a command panel (修改指令面板)",
  summary: "Replace entries and remark of a command panel; its scope and targets stay.",
  toolset: "panel",
  permission: "manage",
  scope: "bot",
  idempotent: true,
  service: "bot",
  method: "PUT",
  path: one,
  input: z.strictObject({ panel_id: panelId, panel }),
  output: z.looseObject({ version: z.union([z.number(), z.string()]).nullish() }),
  docs: callPage("PUT", one),
});

export const deletePanel = defineCall({
  name: "delete_panel",
  title: "Delete a command panel (删除指令面板)",
  summary: "Delete a command panel for everybody who sees it.",
  toolset: "panel",
  permission: "destroy",
  scope: "bot",
  idempotent: true,
  service: "bot",
  method: "DELETE",
  path: one,
  input: z.strictObject({ panel_id: panelId }),
  output: doneAnswer,
  decode: readDone,
  docs: callPage("DELETE", one),
});

export const updatePanelTargets = defineCall({
  name: "update_panel_targets",
  title: "Add or remove targets of a command panel (修改指令面板关联对象)",
  summary: "Show a command panel of type specific to more people or groups, or to fewer; 20 per call, 1000 in all.",
  toolset: "panel",
  permission: "manage",
  scope: "bot",
  idempotent: true,
  service: "bot",
  method: "PUT",
  path: `${one}/target`,
  input: z.strictObject({ panel_id: panelId, op: z.enum(["add", "del"]).describe("add or remove"), ...targets }),
  output: doneAnswer,
  decode: readDone,
  docs: callPage("PUT", `${one}/target`),
});
