import { z } from "zod";
import { channelId, guildId } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
import { defineCall } from "./operation.ts";
import { rowsOf } from "./rows.ts";

export const listApiPermissions = defineCall({
  name: "list_api_permissions",
  title: "What the bot may call in a guild (接口权限列表)",
  summary: "Calls of the platform with whether this guild granted them to the bot.",
  toolset: "guild",
  permission: "read",
  scope: { guild: "guild_id" },
  service: "bot",
  method: "GET",
  path: "/guilds/{guild_id}/api_permission",
  input: z.strictObject({ guild_id: guildId }),
  output: z.looseObject({
    apis: z.array(
      z.looseObject({
        path: z.string(),
        method: z.string(),
        desc: z.string().optional(),
        auth_status: z.number().describe("1 granted, 0 not"),
      }),
    ),
  }),
  docs: docsPage("channel/api_permissions/get_guild_api_permission"),
  decode: (data) => ({ apis: rowsOf(data, "apis") }),
});

export const requestApiPermission = defineCall({
  name: "request_api_permission",
  title: "Ask a guild for a permission (申请接口权限)",
  summary: "Post a link to a channel by which the guild's owner grants the bot one call; 3 a day per guild.",
  toolset: "guild",
  permission: "send",
  scope: { guild: "guild_id" },
  service: "bot",
  method: "POST",
  path: "/guilds/{guild_id}/api_permission/demand",
  input: z.strictObject({
    guild_id: guildId,
    channel_id: channelId.describe("Channel to post it to"),
    api_identify: z
      .strictObject({
        path: z
          .string()
          .regex(/^\/[\w/{}@-]+$/, "must be a path as list_api_permissions gives it")
          .max(256)
          .describe("As list_api_permissions gives it, such as /guilds/{guild_id}/members"),
        method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).describe("HTTP method"),
      })
      .describe("The call"),
    desc: z.string().min(1).max(256).describe("What it unlocks, for the owner to read"),
  }),
  output: z.looseObject({
    guild_id: z.string().optional(),
    channel_id: z.string().optional(),
    title: z.string().optional(),
    desc: z.string().optional(),
  }),
  docs: docsPage("channel/api_permissions/post_api_permission_demand"),
});
