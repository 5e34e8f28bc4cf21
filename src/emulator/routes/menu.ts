import { isRecord } from "../../core/json.ts";
import { menuLimits } from "../../protocol/limits.ts";
import { displayWidth } from "../../protocol/text-width.ts";
import { type Call, ok, type Route } from "../call.ts";
import { refuse, refuseOver } from "../refusal.ts";

/** Codes that menu and panels share. */
export const menuCodes = { notHttps: 40030008, over: 40030013, menuType: 40030014, missing: 40030016 } as const;

/** The menu of every private chat with the bot. */
export const menuRoutes: readonly Route[] = [
  { endpoint: "menu.get", method: "GET", path: "/v2/menu", handle: ({ platform }) => ok(platform.world.settings.menu) },
  {
    endpoint: "menu.put",
    method: "PUT",
    path: "/v2/menu",
    handle: ({ platform, body }) => {
      const menu = readMenu(body);
      const version = platform.world.settings.menu.version + 1;
      platform.world.settings.menu = { version, ...(menu ? { menu } : {}) };
      return ok({ version });
    },
  },
];

/** undefined empties the menu. */
function readMenu(body: Call["body"]): Record<string, unknown> | undefined {
  const { menu } = body;
  if (menu === undefined) return undefined;
  if (!isRecord(menu)) refuse(menuCodes.missing, "menu.items is missing");
  for (const item of listOf(menu.items, menuLimits.items, "menu.items")) {
    checkName(item, menuLimits.nameWidth);
    checkAction(item, ["switch", "send_message", "link", "menu"]);
    if (item.type !== "menu") continue;
    for (const sub of listOf(item.sub_menu_items, menuLimits.subItems, "sub_menu_items")) {
      checkName(sub, menuLimits.subNameWidth);
      checkAction(sub, ["send_message", "link"]);
    }
  }
  return menu;
}

function listOf(value: unknown, max: number, name: string): Record<string, unknown>[] {
  if (!Array.isArray(value) || (name !== "menu.items" && value.length === 0)) {
    refuse(menuCodes.missing, `${name} is missing`);
  }
  if (value.length > max) refuseOver(menuCodes.over, max, `${name}: too many`);
  return value.map((item) => (isRecord(item) ? item : refuse(menuCodes.missing, `${name} is malformed`)));
}

/** A name of 1 to `width` columns. */
export function checkName(item: Record<string, unknown>, width: number): void {
  const { name } = item;
  if (typeof name !== "string" || name.trim() === "") refuse(menuCodes.missing, "name is missing");
  if (displayWidth(name) > width) refuseOver(menuCodes.over, width, "name is too long");
}

export function checkLink(link: unknown): void {
  if (typeof link !== "string" || link === "") refuse(menuCodes.missing, "link is missing");
  if (!/^https:\/\/[^\s/]/.test(link)) refuse(menuCodes.notHttps, "link must start with https://");
}

function checkAction(item: Record<string, unknown>, types: readonly string[]): void {
  const { type } = item;
  if (typeof type !== "string" || !types.includes(type)) refuse(menuCodes.menuType, "menu item type is invalid");
  if (type === "link") checkLink(item.link);
  if (type === "send_message" && (typeof item.send_message !== "string" || item.send_message === "")) {
    refuse(menuCodes.missing, "send_message is missing");
  }
  if (type === "switch" && (!isRecord(item.switch) || typeof item.switch.switch_id !== "string")) {
    refuse(menuCodes.missing, "switch.switch_id is missing");
  }
}
