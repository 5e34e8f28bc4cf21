import { z } from "zod";
import { looseFlag, looseId, looseList, looseNumber, looseText, looseTime } from "./loose.ts";

/** `scene` of FRIEND_ADD: how the person found the bot. */
export const friendScenes: Readonly<Record<number, string>> = {
  1000: "other",
  1001: "search",
  1002: "search for bots",
  1003: "group",
  1004: "Qzone",
  2001: "profile shared inside QQ",
  2002: "profile shared outside QQ",
  2003: "generated link inside QQ",
  2004: "generated link outside QQ",
};

/** FRIEND_ADD, FRIEND_DEL, C2C_MSG_REJECT, C2C_MSG_RECEIVE. */
export const friendEvent = z.looseObject({
  openid: z.string(),
  timestamp: looseTime,
  scene: looseNumber.describe("FRIEND_ADD: where from, see friendScenes"),
  scene_param: looseText.describe("FRIEND_ADD: callback_data of the share link"),
  author: z.looseObject({ union_openid: looseText }).nullish(),
  short_code: looseText,
});

/** GROUP_ADD_ROBOT, GROUP_DEL_ROBOT, GROUP_MSG_REJECT, GROUP_MSG_RECEIVE. */
export const groupEvent = z.looseObject({
  group_openid: z.string(),
  op_member_openid: looseText,
  timestamp: looseTime,
});

export const groupMemberEvent = z.looseObject({
  group_openid: z.string(),
  member_openid: looseText,
  user_openid: looseText.describe("May be empty"),
  timestamp: looseTime,
});

/** Answered with the approval call and `join_request_id`; only admins of the group get it. */
export const groupJoinRequest = z.looseObject({
  group_openid: z.string(),
  join_request_id: z.string(),
  member_openid: looseText,
  union_openid: looseText,
  username: looseText,
  risk_tips: looseText,
  apply_at: looseTime,
  apply_source: looseText.describe("self_apply or invited"),
  invited_by: looseText,
  bot: looseFlag,
  verify_info: z
    .looseObject({
      method: looseText.describe("verify_message or admin_review_qa"),
      verify_message: looseText,
      review_qa_list: looseList(z.looseObject({ question: looseText, answer: looseText })),
    })
    .nullish(),
  auto_approved: z.looseObject({ strategy_id: looseId }).nullish(),
});

/** Consent for subscription templates; `op` 1 allow, 2 refuse. Names a person or a group. */
export const subscribeStatus = z.looseObject({
  openid: looseText,
  group_openid: looseText,
  result: looseList(
    z.looseObject({
      template_id: looseId,
      custom_template_id: looseText,
      op: looseNumber,
      subscribe_id: looseText.describe("Needed to send"),
      subscribe_ts: looseTime,
      update_ts: looseTime,
    }),
  ),
});

/** A person opens the private chat; from_source is not documented. */
export const enterChat = z.looseObject({ user_openid: looseText, from_source: looseText });
