import { z } from "zod";
import { channelId, guildId, roleId, userId } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { roleAnswer } from "./member-answer.ts";
import { defineCall } from "./operation.ts";

const look = {
  name: z.string().min(1).max(64).optional().describe("Name; one of name, color, hoist at least"),
  color: z.int().min(0).max(4_294_967_295).optional().describe("ARGB as a decimal number, 4278245297 green"),
  hoist: z.literal([0, 1]).optional().describe("1: shown apart in the member list"),
};
const saysSomething = (input: { name?: unknown; color?: unknown; hoist?: unknown }) =>
  [input.name, input.color, input.hoist].some((value) => value !== undefined);
const nothingSaid = { path: ["name"], message: "one of name, color, hoist is needed" };

const change = z.looseObject({ guild_id: z.string().optional(), role_id: z.string().optional(), role: roleAnswer });

export const createRole = defineCall({
  name: "create_role",
  title: "Create a role (创建身份组)",
  summary: "New role (身份组) in a guild, at most 30 there. The bot must be a guild administrator.",
  toolset: "member",
  permission: "manage",
  scope: { guild: "guild_id" },
  service: "bot",
  method: "POST",
  path: "/guilds/{guild_id}/roles",
  input: z.strictObject({ guild_id: guildId, ...look }).refine(saysSomething, nothingSaid),
  output: change,
  docs: docsPage("channel/role-group/post_guild_role"),
});

export const updateRole = defineCall({
  name: "update_role",
  title: "Change a role (修改身份组)",
  summary: "Rename or recolour a role of a guild; what is left out stays. The bot must be a guild administrator.",
  toolset: "member",
  permission: "manage",
  scope: { guild: "guild_id" },
  idempotent: true,
  service: "bot",
  method: "PATCH",
  path: "/guilds/{guild_id}/roles/{role_id}",
  input: z.strictObject({ guild_id: guildId, role_id: roleId, ...look }).refine(saysSomething, nothingSaid),
  output: change,
  docs: docsPage("channel/role-group/patch_guild_role"),
});

export const deleteRole = defineCall({
  name: "delete_role",
  title: "Delete a role (删除身份组)",
  summary: "Delete a role of a guild; whoever had it loses it. The bot must be a guild administrator.",
  toolset: "member",
  permission: "destroy",
  scope: { guild: "guild_id" },
  idempotent: true,
  service: "bot",
  method: "DELETE",
  path: "/guilds/{guild_id}/roles/{role_id}",
  input: z.strictObject({ guild_id: guildId, role_id: roleId }),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/role-group/delete_guild_role"),
});

const holder = z
  .strictObject({
    guild_id: guildId,
    user_id: userId,
    role_id: roleId,
    channel: z
      .strictObject({ id: channelId.describe("Channel to administer") })
      .optional()
      .describe("Needed with role 5 (channel admin) and only there"),
  })
  .refine((input) => (input.role_id === "5") === (input.channel !== undefined), {
    path: ["channel"],
    message: "channel is needed with role_id 5 and only there",
  });

export const addMemberRole = defineCall({
  name: "add_member_role",
  title: "Give a member a role (添加成员身份组)",
  summary: "Give a guild member a role, also admin (2) or channel admin (5). The bot must be a guild administrator.",
  toolset: "member",
  permission: "manage",
  scope: { guild: "guild_id" },
  idempotent: true,
  service: "bot",
  method: "PUT",
  path: "/guilds/{guild_id}/members/{user_id}/roles/{role_id}",
  input: holder,
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/role-group/put_guild_member_role"),
});

export const removeMemberRole = defineCall({
  name: "remove_member_role",
  title: "Take a role from a member (移除成员身份组)",
  summary: "Take a role from a guild member. The bot must be a guild administrator.",
  toolset: "member",
  permission: "manage",
  scope: { guild: "guild_id" },
  idempotent: true,
  service: "bot",
  method: "DELETE",
  path: "/guilds/{guild_id}/members/{user_id}/roles/{role_id}",
  // This DELETE has a body.
  query: [],
  input: holder,
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/role-group/delete_guild_member_role"),
});
