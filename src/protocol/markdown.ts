import { z } from "zod";
import { commandTextLimit, textLimits } from "./limits.ts";

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

/** The size in the alt text is what lets clients lay the image out. */
export function imageMarkup(image: { url: string; alt?: string; width?: number; height?: number }): string {
  const size = image.width && image.height ? ` #${image.width}px #${image.height}px` : "";
  return `![${(image.alt ?? "img").replace(/[[\]()\n]/g, " ")}${size}](${image.url})`;
}

/** Text in markdown that fills the input box with `text` when tapped; cut at the platform's 100 characters. */
export function commandMarkup(text: string, show: string = text): string {
  const encode = (value: string) => encodeURIComponent([...value].slice(0, commandTextLimit).join(""));
  return `<qqbot-cmd-input text="${encode(text)}" show="${encode(show)}" reference="false" />`;
}

/** Mentions a member in a group or guild channel. The quotes are needed. */
export function mentionMarkup(openid: string): string {
  return `<qqbot-at-user id="${openid.replace(/["<>]/g, "")}" />`;
}
