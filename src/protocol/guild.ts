import { z } from "zod";
import { looseFlag, looseId, looseNumber, looseText, looseTime } from "./loose.ts";
import { guildMember } from "./user.ts";

/** Only `id` is certain: samples of updates and deletions leave others out. */
export const guild = z.looseObject({
  id: looseId.describe("Guild id"),
  name: looseText,
  icon: looseText,
  owner_id: looseId,
  owner: looseFlag.describe("Whether the bot owns it"),
  member_count: looseNumber,
  max_members: looseNumber,
  description: looseText,
  joined_at: looseTime,
  op_user_id: looseId,
});

export const channel = z.looseObject({
  id: looseId.describe("Channel id"),
  guild_id: looseId,
  name: looseText,
  type: looseNumber.describe("0 text, 2 voice, 4 category, 10005 live, 10006 application, 10007 forum"),
  sub_type: looseNumber.describe("Text: 0 chat, 1 announcement, 2 guide, 3 team-up"),
  position: looseNumber,
  parent_id: looseId,
  owner_id: looseId,
  private_type: looseNumber.describe("0 public, 1 owner and admins, 2 also listed members"),
  speak_permission: looseNumber.describe("1 everyone, 2 owner, admins and listed members"),
  application_id: looseId,
  permissions: looseText,
  op_user_id: looseId,
});

export const role = z.looseObject({
  id: looseId.describe("Role id"),
  name: looseText,
  color: looseNumber.describe("ARGB as uint32"),
  hoist: looseNumber.describe("1 = shown apart in the member list"),
  number: looseNumber.describe("People who have it"),
  member_limit: looseNumber,
});

export const guildMemberEvent = z.looseObject({ ...guildMember.shape, guild_id: looseId, op_user_id: looseId });

/** AUDIO_* events; address and text are empty for microphone events. */
export const audioAction = z.looseObject({
  guild_id: looseId,
  channel_id: looseId,
  audio_url: looseText,
  text: looseText,
});

export const voiceChannelMember = z.looseObject({
  guild_id: looseId,
  channel_id: looseId,
  channel_type: looseNumber.describe("2 voice or video, 5 live"),
  user_id: looseId,
});
