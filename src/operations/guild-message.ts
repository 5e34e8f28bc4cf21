import { z } from "zod";
import { eventId, messageId } from "../protocol/ids.ts";
import { keyboard } from "../protocol/keyboard.ts";
import { textLimits } from "../protocol/limits.ts";
import { markdown } from "../protocol/markdown.ts";
import { publicUrl } from "../protocol/public-url.ts";
import { ark } from "./ark.ts";

const embed = z.strictObject({
  title: z.string().max(512).optional().describe("Title"),
  prompt: z.string().max(512).optional().describe("Text of the notification"),
  thumbnail: z
    .strictObject({
      url: publicUrl.describe("Image address"),
    })
    .optional()
    .describe("Small image"),
  fields: z
    .array(z.strictObject({ name: z.string().max(512).describe("Line") }))
    .max(20)
    .optional()
    .describe("Lines"),
});

/** Body fields that text channels and DM sessions share. Source: channel message page of 2026-09. */
export const guildMessage = {
  content: z
    .string()
    .max(textLimits.maxLength)
    .optional()
    .describe("Text; <@user_id>, <#channel_id> and <emoji:id> are tags"),
  embed: embed.optional().describe("Embed card"),
  ark: ark.optional().describe("Ark card; links need registered domains"),
  markdown: markdown.optional().describe("By invitation only in guilds; goes with keyboard alone"),
  keyboard: keyboard.optional().describe("Buttons, with markdown"),
  message_reference: z
    .strictObject({
      message_id: messageId,
      ignore_get_message_error: z.boolean().optional().describe("Send even when the quoted message is gone"),
    })
    .optional()
    .describe("Message to quote"),
  image: publicUrl.optional().describe("Public image address, with or without content; the platform stores it"),
  file_image: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe("Or the path of a local image, in one of the allowed folders"),
  msg_id: messageId.optional().describe("Message to answer within 5 minutes (passive reply)"),
  event_id: eventId.optional().describe("Event to answer: outer id of the event"),
};

const oneOf = ["content", "embed", "ark", "image", "file_image", "markdown"] as const;

/** The rule that no schema can say: at least one kind of content. */
export function hasContent(input: Partial<Record<(typeof oneOf)[number], unknown>>): boolean {
  return oneOf.some((field) => input[field] !== undefined && input[field] !== "");
}

export const contentMissing = { path: ["content"], message: `one of ${oneOf.join(", ")} is needed` };

export const guildMessageAnswer = z.looseObject({
  id: z.string(),
  channel_id: z.string().optional(),
  guild_id: z.string().optional(),
  content: z.string().optional(),
  timestamp: z.string().optional(),
  author: z.looseObject({ id: z.string().optional(), username: z.string().optional() }).optional(),
  pending_review: z.boolean().optional().describe("Accepted, shown after a review"),
  audit_id: z.string().optional(),
});
