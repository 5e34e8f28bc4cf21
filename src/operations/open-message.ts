import { z } from "zod";
import { eventId, messageId, refIdx } from "../protocol/ids.ts";
import { keyboard } from "../protocol/keyboard.ts";
import { msgSeq, textLimits } from "../protocol/limits.ts";
import { markdown } from "../protocol/markdown.ts";
import { mediaReference } from "../protocol/media.ts";
import { ark } from "./ark.ts";

/** Body fields that private chats and groups share. Source: message page of 2026-09. */
export const openMessage = {
  content: z
    .string()
    .max(textLimits.maxLength)
    .optional()
    .describe(
      'Text, or the caption of media; must be absent with markdown. <qqbot-at-user id="openid" /> is a mention',
    ),
  markdown: markdown.optional().describe("With msg_type 2"),
  keyboard: keyboard.optional().describe("Buttons, at most 5 rows of 5"),
  ark: ark.optional().describe("With msg_type 3: white list only (304004)"),
  media: mediaReference.optional().describe("With msg_type 7"),
  message_reference: z.strictObject({ message_id: refIdx }).optional().describe("Message to quote"),
  msg_id: messageId.optional().describe("Message to answer (passive reply); exclusive with event_id"),
  event_id: eventId.optional().describe("Event to answer: outer id of the event"),
  msg_seq: z
    .int()
    .min(msgSeq.min)
    .max(msgSeq.max)
    .optional()
    .describe("Number of the reply to msg_id; filled in when left out; a repeated number is refused (40054005)"),
};

export const openMessageAnswer = z.looseObject({
  id: z.string(),
  timestamp: z.union([z.string(), z.number()]).optional(),
  ext_info: z.looseObject({ ref_idx: z.string().optional().describe("Id to quote this message by") }).optional(),
});
