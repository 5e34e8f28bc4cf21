import { z } from "zod";
import { looseFlag, looseId, looseList, looseText, looseTime } from "./loose.ts";

/** A person or bot in a guild. `union_openid` comes on single-member reads only. */
export const guildUser = z.looseObject({
  id: looseId.describe("Guild user id"),
  username: looseText,
  avatar: looseText,
  bot: looseFlag,
  union_openid: looseText,
  union_user_account: looseText,
});

/** Membership in a guild; `user` is missing on the author's entry of a message. */
export const guildMember = z.looseObject({
  user: guildUser.nullish(),
  nick: looseText,
  roles: looseList(z.union([z.string(), z.number()])).describe(
    "Role ids: 1 everyone, 2 admin, 4 owner, 5 channel admin",
  ),
  joined_at: looseTime,
});

/** Author of a private or group message. `id` equals the openid of the scene. */
export const chatUser = z.looseObject({
  id: looseId,
  user_openid: looseText.describe("C2C only"),
  member_openid: looseText.describe("Groups only"),
  union_openid: looseText,
  username: looseText.describe("Often empty in C2C"),
  bot: looseFlag,
  member_role: looseText.describe("owner, admin or member"),
});

/** Entry of `mentions` in groups. */
export const chatMention = z.looseObject({
  ...chatUser.shape,
  scope: looseText.describe("single or all"),
  is_you: looseFlag.describe("The bot is meant; also true for a mention of all"),
});
