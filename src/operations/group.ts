import { z } from "zod";
import { groupMutes, listedJoinRequest } from "../protocol/group.ts";
import { groupOpenid, memberOpenid } from "../protocol/ids.ts";
import { groupLimits, pageLimits } from "../protocol/limits.ts";
import { cursor, nextCursor, pageSize } from "./cursor.ts";
import { callPage } from "./docs-page.ts";
import { doneAnswer, readDone } from "./done.ts";
import { defineCall } from "./operation.ts";
import { withRows } from "./rows.ts";

const info = "/v2/groups/{group_openid}/info";
const botState = "/v2/groups/{group_openid}/bot_state";
const restrict = "/v2/groups/{group_openid}/restrict_chat_setting";
const requests = "/v2/groups/{group_openid}/join_request_list";
const review = "/v2/groups/{group_openid}/approval_join_request/{member_openid}";

const inGroup = { toolset: "group", scope: { group: "group_openid" }, service: "bot" } as const;

export const getGroupInfo = defineCall({
  name: "get_group_info",
  title: "Group profile (群资料)",
  summary: "Name, description, tags and size of a group. White-listed bots only (11253).",
  ...inGroup,
  permission: "read",
  method: "GET",
  path: info,
  input: z.strictObject({ group_openid: groupOpenid }),
  output: z.looseObject({
    group_openid: z.string().nullish(),
    group_name: z.string().nullish(),
    group_finger_memo: z.string().nullish().describe("Description"),
    group_class_text: z.string().nullish().describe("Category"),
    group_tags: z.array(z.union([z.string(), z.looseObject({})])).nullish(),
    group_member_num: z.union([z.number(), z.string()]).nullish(),
  }),
  docs: callPage("GET", info),
});

export const getGroupBotState = defineCall({
  name: "get_group_bot_state",
  title: "The bot's state in a group (机器人群内状态)",
  summary:
    "The bot's role in a group, since when, what it gets to read, and whether it may write first. White-listed bots only (11253).",
  ...inGroup,
  permission: "read",
  method: "GET",
  path: botState,
  input: z.strictObject({ group_openid: groupOpenid }),
  output: z.looseObject({
    member_openid: z.string().nullish(),
    joined_at: z.union([z.string(), z.number()]).nullish(),
    allow_proactive_msg: z.boolean().nullish().describe("Active messages are allowed"),
    recv_msg_setting: z.string().nullish().describe("all, only_mention or mention_and_context"),
    member_role: z.string().nullish().describe("member, admin or owner"),
  }),
  docs: callPage("GET", botState),
});

export const getGroupMutes = defineCall({
  name: "get_group_mutes",
  title: "Who is muted in a group (群禁言状态)",
  summary: "Muted members of a group and its rule for all. The bot must be an admin of the group.",
  ...inGroup,
  permission: "read",
  method: "GET",
  path: restrict,
  input: z.strictObject({ group_openid: groupOpenid }),
  output: groupMutes,
  docs: callPage("GET", restrict),
});

export const setGroupMutes = defineCall({
  name: "set_group_mutes",
  title: "Mute or unmute group members (群成员禁言)",
  summary:
    "Mute or unmute up to 20 members, each until a time at most 30 days away. Not owner, admins or bots. The bot must be an admin of the group.",
  ...inGroup,
  permission: "manage",
  idempotent: true,
  method: "POST",
  path: restrict,
  input: z.strictObject({
    group_openid: groupOpenid,
    members: z
      .array(
        z
          .strictObject({
            op: z.enum(["add", "update", "del"]).describe("add mutes, update changes the end, del unmutes"),
            member_openid: memberOpenid,
            mute_expire_at: z.iso
              .datetime({ offset: true })
              .optional()
              .describe("End as 2026-11-24T12:00:00+08:00; not with del"),
          })
          .refine((change) => change.op === "del" || change.mute_expire_at !== undefined, {
            path: ["mute_expire_at"],
            error: "is needed to mute",
          }),
      )
      .min(1)
      .max(groupLimits.perCall)
      .describe("1 to 20 changes"),
  }),
  output: doneAnswer,
  decode: readDone,
  docs: callPage("POST", restrict),
});

export const listJoinRequests = defineCall({
  name: "list_join_requests",
  title: "Requests to join a group (入群申请列表)",
  summary: "Pending requests to join a group, page by page. The bot must be an admin of the group.",
  ...inGroup,
  permission: "read",
  method: "GET",
  path: requests,
  input: z.strictObject({
    group_openid: groupOpenid,
    cursor,
    limit: pageSize(pageLimits.joinRequests, 20),
  }),
  output: z.looseObject({ list: z.array(listedJoinRequest), next_cursor: nextCursor }),
  docs: callPage("GET", requests),
  decode: (data) => withRows(data, "list"),
});

export const reviewJoinRequest = defineCall({
  name: "review_join_request",
  title: "Approve or decline a request to join (审批入群申请)",
  summary: "Let somebody into a group or decline their request. The bot must be an admin of the group.",
  ...inGroup,
  permission: "manage",
  method: "POST",
  path: review,
  input: z.strictObject({
    group_openid: groupOpenid,
    member_openid: memberOpenid.describe("member_openid of the request"),
    op: z.enum(["approve", "decline"]).describe("Verdict"),
    join_request_id: z.string().min(1).max(512).optional().describe("From the event or the list"),
    reject_reason: z.string().max(255).optional().describe("Shown to the person; with decline"),
    add_to_member_blacklist: z.boolean().optional().describe("Also refuse them from now on; with decline"),
  }),
  output: doneAnswer,
  decode: readDone,
  docs: callPage("POST", review),
});
