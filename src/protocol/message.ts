import { z } from "zod";
import { looseFlag, looseId, looseList, looseNumber, looseText, looseTime } from "./loose.ts";
import { chatMention, chatUser, guildMember, guildUser } from "./user.ts";

/** Of both families; guild ones are documented with `url` only, and without a scheme. */
export const attachment = z.looseObject({
  content_type: looseText.describe("MIME type, or `voice`, or `file`"),
  filename: looseText,
  url: looseText,
  size: looseNumber,
  width: looseNumber,
  height: looseNumber,
  voice_wav_url: looseText,
  asr_refer_text: looseText.describe("Transcript of a voice message"),
});

const messageScene = z.looseObject({
  source: looseText,
  ext: looseList(z.string()).describe("key=value entries: msg_idx, ref_msg_idx; auth_token is removed on receipt"),
});

/** A card (message_type 3). */
const arkData = z.looseObject({
  ark_type: looseText.describe("tuwen, feed, miniapp, map, contact_card, video_share, music_together, picture"),
  ark_name: looseText,
  prompt: looseText,
  fields: z.record(z.string(), z.unknown()).nullish(),
});

/** Quoted or forwarded content; nested ones come with `content` alone. */
const messageElement = z.looseObject({
  msg_idx: looseText,
  message_type: looseNumber,
  content: looseText,
  author: chatUser.nullish(),
  attachments: looseList(attachment),
  ark_data: arkData.nullish(),
  get msg_elements() {
    return z.array(messageElement).nullish();
  },
});

/** Private and group messages. */
export const chatMessage = z.looseObject({
  id: z.string().describe("Message id: msg_id of replies, also for recall"),
  author: chatUser.nullish(),
  content: looseText,
  timestamp: looseTime,
  message_type: looseNumber.describe("0 text or media, 3 card, 102 forwarded record, 103 quote"),
  group_openid: looseText,
  group_id: looseId,
  mentions: looseList(chatMention),
  message_scene: messageScene.nullish(),
  attachments: looseList(attachment),
  ark_data: arkData.nullish(),
  msg_elements: looseList(messageElement),
  parallel_message: z.looseObject({ msg_nodes: looseList(z.looseObject({ content: looseText })) }).nullish(),
});

/** Guild text channels and DM sessions; also the answer of their send calls. */
export const guildMessage = z.looseObject({
  id: z.string().describe("Message id"),
  channel_id: looseId,
  guild_id: looseId.describe("In DM sessions: the session's, not the guild's"),
  src_guild_id: looseId,
  content: looseText.describe("HTML-escaped; mentions stay as <@!id>"),
  timestamp: looseTime,
  edited_timestamp: looseTime,
  mention_everyone: looseFlag,
  author: guildUser.nullish(),
  member: guildMember.nullish(),
  attachments: looseList(attachment),
  embeds: looseList(z.looseObject({})),
  mentions: looseList(guildUser),
  ark: z.looseObject({}).nullish(),
  seq: looseNumber,
  seq_in_channel: looseId,
  message_reference: z.looseObject({ message_id: looseText }).nullish(),
  direct_message: looseFlag,
});

/** The message in it mostly holds ids and author alone. */
export const messageDeletion = z.looseObject({
  message: z.looseObject({ ...guildMessage.shape, id: looseId }).nullish(),
  op_user: guildUser.nullish(),
});

/** Verdict on a send that was answered with 304023 or 304024. */
export const messageAudit = z.looseObject({
  audit_id: z.string(),
  message_id: looseText.describe("On PASS only"),
  audit_time: looseTime,
  create_time: looseTime,
  guild_id: looseId,
  channel_id: looseId,
  group_openid: looseText,
  user_openid: looseText,
  seq_in_channel: looseId,
});

/** `target.type` and `emoji.type` come as numbers or as names. */
export const messageReaction = z.looseObject({
  user_id: looseId,
  guild_id: looseId,
  channel_id: looseId,
  target: z.looseObject({ id: looseId, type: z.union([z.string(), z.number()]).nullish() }).nullish(),
  emoji: z.looseObject({ id: looseId, type: looseNumber }).nullish(),
});
