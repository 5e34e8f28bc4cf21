import { z } from "zod";
import { menu, menuAnswer } from "../protocol/menu.ts";
import { callPage } from "./docs-page.ts";
import { defineCall } from "./operation.ts";

export const getMenu = defineCall({
  name: "get_menu",
  title: "Menu of private chats (查询菜单)",
  summary: "The bot's own menu, which every private chat shows. One for all people.",
  toolset: "panel",
  permission: "read",
  scope: "bot",
  service: "bot",
  method: "GET",
  path: "/v2/menu",
  input: z.strictObject({}),
  output: menuAnswer,
  docs: callPage("GET", "/v2/menu"),
});

export const setMenu = defineCall({
  name: "set_menu",
  title: "Replace the menu of private chats (修改菜单)",
  summary: "Replace the whole menu of private chats, for everybody; 5 times a minute. Read it first to change a part.",
  toolset: "panel",
  permission: "manage",
  scope: "bot",
  idempotent: true,
  service: "bot",
  method: "PUT",
  path: "/v2/menu",
  input: z.strictObject({ menu }),
  output: z.looseObject({ version: z.union([z.number(), z.string()]).nullish() }),
  docs: callPage("PUT", "/v2/menu"),
});
