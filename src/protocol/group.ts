import { z } from "zod";
import { looseFlag, looseList, looseText, looseTime } from "./loose.ts";
import { groupJoinRequest } from "./relationship.ts";

/** A member of a group, as lists and single reads answer it. Source: pages of 2026-09. */
export const groupMember = z.looseObject({
  member_openid: z.string(),
  username: looseText,
  member_role: looseText.describe("member, admin or owner"),
  bot: looseFlag,
  joined_at: looseTime,
  union_openid: looseText,
});

const muteRule = z.looseObject({ task_id: looseText, enabled: looseFlag });

/** Who may not speak. */
export const groupMutes = z.looseObject({
  global_rule: z
    .looseObject({
      mode: looseText.describe("none, always or schedule"),
      schedule_rules: looseList(muteRule),
      recurring_rules: looseList(muteRule),
    })
    .nullish(),
  members: looseList(z.looseObject({ member_openid: z.string(), mute_expire_at: looseTime, username: looseText })),
});

/** As in the event, without the group. */
export const listedJoinRequest = groupJoinRequest.partial({ group_openid: true });

/** A rule that lets listed QQ numbers in. */
export const joinStrategy = z.looseObject({
  strategy_id: z.string(),
  group_openids: looseList(z.string()),
  group_ids: looseList(z.union([z.string(), z.number()])),
  whitelist_user_count: z.union([z.number(), z.string()]).nullish(),
  is_enable: looseText.describe("on or off"),
  expire_at: looseTime,
  created_at: looseTime,
  updated_at: looseTime,
  remark: looseText,
});
