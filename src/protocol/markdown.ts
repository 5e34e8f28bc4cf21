import { z } from "zod";
import { textLimits } from "./limits.ts";

/**
 * Send side. Supported: # and ##, bold, italics, strike, links, images, lists, quotes, rules. Goes with a keyboard only: the
 * message's `content` must stay empty. Guild channels take it by invitation.
 */
export const markdown = z
  .strictObject({
    content: z.string().min(1).max(textLimits.maxLength).optional().describe("Markdown text"),
    force_verify_image_resource: z.boolean().optional().describe("Refuse the message when an image cannot be stored"),
    custom_template_id: z.string().min(1).optional().describe("Deprecated: template, instead of content"),
    params: z
      .array(z.strictObject({ key: z.string().min(1), values: z.array(z.string()) }))
      .optional()
      .describe("Deprecated: values of the template"),
  })
  .refine((value) => (value.content === undefined) !== (value.custom_template_id === undefined), {
    error: "needs either content or custom_template_id",
  })
  .describe("Markdown; content of the message must be left out");

/** Mentions a member in a group or guild channel. The quotes are needed. */
export function mentionMarkup(openid: string): string {
  return `<qqbot-at-user id="${openid.replace(/["<>]/g, "")}" />`;
}
