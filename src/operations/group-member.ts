import { z } from "zod";
import { groupMember } from "../protocol/group.ts";
import { groupOpenid, memberOpenid } from "../protocol/ids.ts";
import { groupLimits, pageLimits } from "../protocol/limits.ts";
import { cursor, nextCursor, pageSize } from "./cursor.ts";
import { callPage } from "./docs-page.ts";
import { defineCall } from "./operation.ts";
import { withRows } from "./rows.ts";

const all = "/v2/groups/{group_openid}/members";
const one = "/v2/groups/{group_openid}/members/{member_openid}";
const removal = "/v2/groups/{group_openid}/batch_remove_members";
const blacklist = "/v2/groups/{group_openid}/member_blacklist";

const inGroup = { toolset: "group", scope: { group: "group_openid" }, service: "bot" } as const;
const memberOpenids = z.array(memberOpenid).min(1).max(groupLimits.perCall).describe("1 to 20 people");

export const listGroupMembers = defineCall({
  name: "list_group_members",
  title: "Members of a group (群成员列表)",
  summary: "Members of a group with their roles, 30 per page. By invitation of the platform only (11253).",
  ...inGroup,
  permission: "read",
  method: "GET",
  path: all,
  input: z.strictObject({ group_openid: groupOpenid, cursor }),
  output: z.looseObject({ members: z.array(groupMember), next_cursor: nextCursor }),
  docs: callPage("GET", all),
  decode: (data) => withRows(data, "members"),
});

export const getGroupMember = defineCall({
  name: "get_group_member",
  title: "Group member (群成员资料)",
  summary: "Name, role and joining time of one group member. By invitation of the platform only (11253).",
  ...inGroup,
  permission: "read",
  method: "GET",
  path: one,
  input: z.strictObject({ group_openid: groupOpenid, member_openid: memberOpenid }),
  output: groupMember,
  docs: callPage("GET", one),
});

export const removeGroupMembers = defineCall({
  name: "remove_group_members",
  title: "Remove people from a group (移除群成员)",
  summary:
    "Remove up to 20 ordinary members from a group. By invitation of the platform only (11253); the bot must be an admin of the group.",
  ...inGroup,
  permission: "destroy",
  undo: "they may ask to join again, once update_group_blacklist lets them in if they were kept out.",
  idempotent: true,
  method: "POST",
  path: removal,
  input: z.strictObject({
    group_openid: groupOpenid,
    member_openids: memberOpenids,
    add_to_member_blacklist: z.boolean().optional().describe("Also keep them out from now on"),
  }),
  output: z.looseObject({
    remove_members_result: z.string().nullish().describe("success"),
    add_to_member_blacklist_fail_openids: z.array(z.string()).nullish().describe("Removed, but not kept out"),
  }),
  docs: callPage("POST", removal),
});

export const listGroupBlacklist = defineCall({
  name: "list_group_blacklist",
  title: "Blacklist of a group (群黑名单)",
  summary: "People who may not join a group, page by page. By invitation of the platform only (11253).",
  ...inGroup,
  permission: "read",
  method: "GET",
  path: blacklist,
  input: z.strictObject({
    group_openid: groupOpenid,
    cursor,
    limit: pageSize(pageLimits.blacklist, 20),
  }),
  output: z.looseObject({
    users: z.array(
      z.looseObject({
        member_openid: z.string(),
        username: z.string().nullish(),
        banned_at: z.union([z.string(), z.number()]).nullish(),
        bot: z.boolean().nullish(),
      }),
    ),
    next_cursor: nextCursor,
  }),
  docs: callPage("GET", blacklist),
  decode: (data) => withRows(data, "users"),
});

export const updateGroupBlacklist = defineCall({
  name: "update_group_blacklist",
  title: "Change the blacklist of a group (修改群黑名单)",
  summary:
    "Put up to 20 people on the blacklist of a group (only while they are not in it), or take them off. By invitation of the platform only (11253).",
  ...inGroup,
  permission: "manage",
  idempotent: true,
  method: "POST",
  path: blacklist,
  input: z.strictObject({
    group_openid: groupOpenid,
    op: z.enum(["add", "del"]).describe("add keeps out, del lets in again"),
    member_openids: memberOpenids,
  }),
  output: z.looseObject({ fail_openids: z.array(z.string()).nullish().describe("Not changed") }),
  docs: callPage("POST", blacklist),
});
