import { z } from "zod";
import { isRecord } from "../core/json.ts";
import { guildId, roleId, userId } from "../protocol/ids.ts";
import { pageLimits } from "../protocol/limits.ts";
import { cursor, nextCursor, pageSize } from "./cursor.ts";
import { docsPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { memberAnswer, roleAnswer } from "./member-answer.ts";
import { defineCall } from "./operation.ts";
import { nextAfter, rowsOf } from "./rows.ts";

function lastUserId(rows: readonly unknown[]): unknown {
  const last = rows.at(-1);
  return isRecord(last) && isRecord(last.user) ? last.user.id : undefined;
}

export const listMembers = defineCall({
  name: "list_members",
  title: "Members of a guild (频道成员列表)",
  summary: "Members of a guild, page by page; pages may repeat people. Private-domain bots only.",
  toolset: "member",
  permission: "read",
  scope: { guild: "guild_id" },
  listed: true,
  service: "bot",
  method: "GET",
  path: "/guilds/{guild_id}/members",
  input: z.strictObject({
    guild_id: guildId,
    after: userId.default("0").describe("User id: the page after it"),
    cursor,
    limit: pageSize(pageLimits.members, 50),
  }),
  continues: "after",
  listedFields: ["guild_id", "cursor", "limit"],
  concise: ["user", "id", "username", "bot", "nick", "roles", "joined_at"],
  output: z.looseObject({ members: z.array(memberAnswer), next_cursor: nextCursor }),
  docs: docsPage("channel/role/member/get_members"),
  decode(data, input) {
    const members = rowsOf(data, "members");
    return { members, ...nextAfter(lastUserId(members), members.length, input.limit) };
  },
});

export const getMember = defineCall({
  name: "get_member",
  title: "Guild member (频道成员详情)",
  summary: "Nickname, roles and joining time of one guild member.",
  toolset: "member",
  permission: "read",
  scope: { guild: "guild_id" },
  listed: true,
  service: "bot",
  method: "GET",
  path: "/guilds/{guild_id}/members/{user_id}",
  input: z.strictObject({ guild_id: guildId, user_id: userId }),
  output: memberAnswer,
  docs: docsPage("channel/role/member/get_member"),
});

export const listRoles = defineCall({
  name: "list_roles",
  title: "Roles of a guild (身份组列表)",
  summary: "Roles (身份组) of a guild: ids, names, sizes.",
  toolset: "member",
  permission: "read",
  scope: { guild: "guild_id" },
  listed: true,
  service: "bot",
  method: "GET",
  path: "/guilds/{guild_id}/roles",
  input: z.strictObject({ guild_id: guildId }),
  output: z.looseObject({
    guild_id: z.string().optional(),
    roles: z.array(roleAnswer),
    role_num_limit: z.union([z.string(), z.number()]).optional(),
  }),
  docs: docsPage("channel/role-group/get_guild_roles"),
  decode: (data) => (Array.isArray(data) ? { roles: data } : (data ?? { roles: [] })),
});

export const listRoleMembers = defineCall({
  name: "list_role_members",
  title: "Members of a role (身份组成员列表)",
  summary: "Guild members who have a role, page by page. Private-domain bots only.",
  toolset: "member",
  permission: "read",
  scope: { guild: "guild_id" },
  service: "bot",
  method: "GET",
  path: "/guilds/{guild_id}/roles/{role_id}/members",
  input: z.strictObject({
    guild_id: guildId,
    role_id: roleId,
    start_index: z
      .string()
      .regex(/^\d{1,32}$/)
      .default("0")
      .describe("next of the page before"),
    cursor,
    limit: pageSize(pageLimits.roleMembers, 50),
  }),
  continues: "start_index",
  concise: ["user", "id", "username", "bot", "nick", "joined_at"],
  output: z.looseObject({
    data: z.array(memberAnswer),
    next: z.string().optional().describe("start_index of the next page"),
    next_cursor: nextCursor,
  }),
  docs: docsPage("channel/role/member/get_role_members"),
  decode(data, input) {
    const page = Array.isArray(data) ? { data } : isRecord(data) ? data : { data: [] };
    const isFull = Array.isArray(page.data) && page.data.length >= input.limit;
    return isFull && "next" in page && page.next ? { ...page, next_cursor: page.next } : page;
  },
});

export const removeMember = defineCall({
  name: "remove_member",
  title: "Remove a member from a guild (移除频道成员)",
  summary:
    "Kick somebody out of a guild, if wished with a ban and their messages of the last days. Administrators cannot be removed. The bot must be a guild administrator; private-domain bots only.",
  toolset: "member",
  permission: "destroy",
  undo: "they may join again, unless they were blacklisted too.",
  scope: { guild: "guild_id" },
  idempotent: true,
  service: "bot",
  method: "DELETE",
  path: "/guilds/{guild_id}/members/{user_id}",
  // This DELETE has a body.
  query: [],
  input: z.strictObject({
    guild_id: guildId,
    user_id: userId,
    add_blacklist: z.boolean().optional().describe("Also ban them; default false"),
    delete_history_msg_days: z
      .literal([0, 3, 7, 15, 30, -1])
      .optional()
      .describe("Recall their messages of so many days: 0 none (default), -1 all"),
  }),
  output: doneAnswer,
  decode: readDone,
  docs: docsPage("channel/role/member/delete_member"),
});
