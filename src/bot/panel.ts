import { createHash } from "node:crypto";
import { QQError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import { callOperation } from "../operations/call.ts";
import type { Caller, OperationContext } from "../operations/context.ts";
import { createPanel, listPanels, updatePanel } from "../operations/panel.ts";
import { panelLimits } from "../protocol/limits.ts";
import { panelScopes } from "../protocol/panel.ts";
import type { Command } from "./command.ts";

interface PanelOptions {
  commands: readonly Command[];
  contextFor(caller: Caller): OperationContext;
  log: Log;
}

/** By its remark a panel is known as ours, and what it shows as still right. */
const mark = "qq-skill commands";

/**
 * Shows the commands that everybody may use as the platform's command panel in every kind of chat. Writes only what has
 * changed, and leaves a kind of chat alone where somebody else made a panel for all. Never rejects: panels are a
 * convenience, and not every bot may have them. How several panels of one scope go together is unconfirmed.
 */
export async function showCommands({ commands, contextFor, log }: PanelOptions): Promise<void> {
  const context = contextFor({ kind: "cli", grants: new Set(["read", "manage"]), label: "bot:panel" });
  for (const scope of panelScopes) {
    try {
      const outcome = await showIn(context, scope, commands);
      if (outcome !== "unchanged") log.info({ scope }, `command panel: ${outcome}`);
    } catch (error) {
      const reason = error instanceof QQError ? error.code : "bug";
      log.info({ scope, reason, error }, "the commands could not be shown as a panel");
    }
  }
}

async function showIn(
  context: OperationContext,
  scope: (typeof panelScopes)[number],
  commands: readonly Command[],
): Promise<"unchanged" | "created" | "updated" | "left alone: another one is there"> {
  const items = itemsOf(commands, scope);
  const remark = `${mark} ${createHash("sha256").update(JSON.stringify(items)).digest("hex").slice(0, 16)}`;
  const listed = await callOperation(listPanels, context, { scope, limit: panelLimits.perBot });
  const records = isRecord(listed) && Array.isArray(listed.records) ? listed.records.filter(isRecord) : [];
  const own = records.find((record) => remarkOf(record).startsWith(mark));
  if (own && remarkOf(own) === remark) return "unchanged";
  if (own) {
    await callOperation(updatePanel, context, { panel_id: own.panel_id, panel: { items, remark } });
    return "updated";
  }
  if (records.some((record) => record.target_type !== "specific")) return "left alone: another one is there";
  await callOperation(createPanel, context, { scope, target_type: "all", panel: { items, remark } });
  return "created";
}

/** The platform's `only_admin` means the group's admins, who have no rights with the bot: what needs rights is left out. */
function itemsOf(commands: readonly Command[], scope: (typeof panelScopes)[number]) {
  const isAlone = scope === "c2c" || scope === "dm";
  return commands
    .filter(({ least, isUnlisted }) => !isUnlisted && (isAlone ? least.alone : least.among) === "public")
    .slice(0, panelLimits.items)
    .map(({ chinese, summary }) => ({ name: `/${chinese}`, desc: summary.chinese, type: "command" }));
}

function remarkOf({ panel }: Record<string, unknown>): string {
  return isRecord(panel) && typeof panel.remark === "string" ? panel.remark : "";
}
