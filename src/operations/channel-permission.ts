import { z } from "zod";
import { channelId, roleId, userId } from "../protocol/ids.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { defineCall } from "./operation.ts";

const bitMap = z.string().regex(/^\d{1,20}$/, "must be a decimal bit map");
const change = {
  add: bitMap.optional().describe("Bits to grant, as a decimal number: 1 see, 4 speak, 8 live (2 manage is read-only)"),
  remove: bitMap.optional().describe("Bits to take, same form; wins over add"),
};
const saysSomething = (input: { add?: unknown; remove?: unknown }) =>
  input.add !== undefined || input.remove !== undefined;
const nothingSaid = { path: ["add"], message: "one of add, remove is needed" };

const permissions = z.looseObject({
  channel_id: z.string().optional(),
  user_id: z.string().optional(),
  role_id: z.string().optional(),
  permissions: z.string().describe("Bits as a decimal number: 1 see, 2 manage, 4 speak, 8 live"),
});

export const getMemberPermissions = defineCall({
  name: "get_member_permissions",
  title: "What a member may do in a channel (子频道成员权限)",
  summary: "Permission bits of one member in one channel. The bot must be a guild administrator.",
  toolset: "member",
  permission: "read",
  scope: { channel: "channel_id" },
  service: "bot",
  method: "GET",
  path: "/channels/{channel_id}/members/{user_id}/permissions",
  input: z.strictObject({ channel_id: channelId, user_id: userId }),
  output: permissions,
  docs: docsPage("channel/role-group/channel_permissions/get_channel_permissions"),
});

export const setMemberPermissions = defineCall({
  name: "set_member_permissions",
  title: "Change what a member may do in a channel (修改子频道成员权限)",
  summary: "Grant or take permission bits of one member in one channel. The bot must be a guild administrator.",
  toolset: "member",
  permission: "manage",
  scope: { channel: "channel_id" },
  idempotent: true,
  service: "bot",
  method: "PUT",
  path: "/channels/{channel_id}/members/{user_id}/permissions",
  input: z.strictObject({ channel_id: channelId, user_id: userId, ...change }).refine(saysSomething, nothingSaid),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/role-group/channel_permissions/put_channel_permissions"),
});

export const getRolePermissions = defineCall({
  name: "get_role_permissions",
  title: "What a role may do in a channel (子频道身份组权限)",
  summary: "Permission bits of a role in one channel. The bot must be a guild administrator.",
  toolset: "member",
  permission: "read",
  scope: { channel: "channel_id" },
  service: "bot",
  method: "GET",
  path: "/channels/{channel_id}/roles/{role_id}/permissions",
  input: z.strictObject({ channel_id: channelId, role_id: roleId }),
  output: permissions,
  docs: docsPage("channel/role-group/channel_permissions/get_channel_roles_permissions"),
});

export const setRolePermissions = defineCall({
  name: "set_role_permissions",
  title: "Change what a role may do in a channel (修改子频道身份组权限)",
  summary: "Grant or take permission bits of a role in one channel. The bot must be a guild administrator.",
  toolset: "member",
  permission: "manage",
  scope: { channel: "channel_id" },
  idempotent: true,
  service: "bot",
  method: "PUT",
  path: "/channels/{channel_id}/roles/{role_id}/permissions",
  input: z.strictObject({ channel_id: channelId, role_id: roleId, ...change }).refine(saysSomething, nothingSaid),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/role-group/channel_permissions/put_channel_roles_permissions"),
});
