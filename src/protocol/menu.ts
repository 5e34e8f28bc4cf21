import { z } from "zod";
import { menuLimits } from "./limits.ts";
import { displayWidth } from "./text-width.ts";

/** Text of 1 to `max` columns; CJK counts 2. */
export function shortText(max: number, description: string) {
  return z
    .string()
    .min(1)
    .refine((text) => displayWidth(text) <= max, { error: `at most ${max} columns, CJK counts 2` })
    .describe(`${description}; at most ${max} columns, CJK counts 2`);
}

/** Menus and panels link to https only (40030008). */
export const httpsLink = z
  .string()
  .max(2048)
  .regex(/^https:\/\/[^\s/]/, "must start with https://")
  .describe("For type link: https address");

const sendMessage = z.string().min(1).max(2048).describe("For type send_message: text sent in the person's name");

type Action = "switch" | "send_message" | "link" | "menu";
/** The field that each type needs. */
const fieldOf = { switch: "switch", send_message: "send_message", link: "link", menu: "sub_menu_items" } as const;

function checkFields(item: { type: Action } & Record<string, unknown>, context: z.RefinementCtx): void {
  for (const [type, field] of Object.entries(fieldOf)) {
    if (type === item.type && item[field] === undefined)
      context.addIssue({ code: "custom", path: [field], message: `type ${type} needs ${field}` });
    if (type !== item.type && item[field] !== undefined)
      context.addIssue({ code: "custom", path: [field], message: `not with type ${item.type}` });
  }
}

const subItem = z
  .strictObject({
    name: shortText(menuLimits.subNameWidth, "Text of the entry"),
    type: z.enum(["send_message", "link"]).describe("What a tap does"),
    send_message: sendMessage.optional(),
    link: httpsLink.optional(),
  })
  .superRefine(checkFields)
  .describe("Entry of a submenu");

const menuItem = z
  .strictObject({
    name: shortText(menuLimits.nameWidth, "Text of the entry"),
    type: z.enum(["switch", "send_message", "link", "menu"]).describe("What a tap does; menu opens sub_menu_items"),
    send_message: sendMessage.optional(),
    link: httpsLink.optional(),
    switch: z
      .strictObject({
        switch_id: z.string().min(1).max(128).describe("Your id of the switch; comes with its events"),
        default: z.boolean().optional().describe("Position at the start"),
      })
      .optional()
      .describe("For type switch"),
    sub_menu_items: z
      .array(subItem)
      .min(1)
      .max(menuLimits.subItems)
      .optional()
      .describe("For type menu: 1 to 5 entries of type send_message or link"),
  })
  .superRefine(checkFields)
  .describe("Entry of the menu");

/** The whole menu of private chats. Source: menu page of 2026-09. */
export const menu = z
  .strictObject({ items: z.array(menuItem).max(menuLimits.items).describe("At most 10 entries") })
  .describe("Menu of every private chat with the bot");

/** As the platform answers it. */
export const menuAnswer = z.looseObject({
  version: z.union([z.number(), z.string()]).nullish().describe("Counts up with every change"),
  menu: z.looseObject({ items: z.array(z.looseObject({ name: z.string().nullish() })).nullish() }).nullish(),
});
