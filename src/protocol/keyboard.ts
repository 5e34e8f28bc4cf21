import { z } from "zod";
import { keyboardLimits } from "./limits.ts";
import { signCount } from "./text-width.ts";

/** Send side: strict, so that a refusal comes from here with the field's name and not from the platform with a number. */

const short = (max: number, description: string) =>
  z
    .string()
    .min(1)
    .refine((text) => signCount(text) <= max, { error: `at most ${max} characters` })
    .describe(`${description}; at most ${max} characters`);

const permission = z
  .strictObject({
    type: z
      .union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)])
      .describe("Who may click: 0 listed people, 1 admins, 2 everyone, 3 listed roles (guild)"),
    specify_user_ids: z.array(z.string().min(1)).optional().describe("For type 0"),
    specify_role_ids: z.array(z.string().min(1)).optional().describe("For type 3"),
  })
  .describe("A hint to clients only: check who clicked yourself");

const action = z.strictObject({
  type: z
    .union([z.literal(0), z.literal(1), z.literal(2)])
    .describe("0 opens data as a link, 1 sends data to the bot, 2 puts data into the input box"),
  permission: permission.default({ type: 2 }),
  data: z.string().min(1).describe("Link, callback data or command"),
  reply: z.boolean().optional().describe("Command: quote this message"),
  enter: z.boolean().optional().describe("Command: send at once (private chat)"),
  anchor: z.literal(1).optional().describe("Command: open the image picker (private chat)"),
  modal: z
    .strictObject({
      content: short(keyboardLimits.modalContent, "Question, without links"),
      confirm_text: short(keyboardLimits.modalButton, "Yes").optional(),
      cancel_text: short(keyboardLimits.modalButton, "No").optional(),
    })
    .optional()
    .describe("Asks once more before the click counts"),
  unsupport_tips: z.string().min(1).default("请升级到最新版 QQ 后使用").describe("Shown by clients that are too old"),
});

/** Some clients drop buttons with gaps: what can be filled in is filled in. */
export const button = z
  .strictObject({
    id: z.string().min(1).optional().describe("Unique in the keyboard; numbered when left out"),
    group_id: z.string().min(1).optional().describe("One click greys out the others of the group; action type 1 only"),
    render_data: z.strictObject({
      label: short(keyboardLimits.label, "Text of the button"),
      visited_label: z.string().min(1).optional().describe("Text after a click; default the label"),
      style: z
        .union([z.literal(0), z.literal(1), z.literal(3), z.literal(4)])
        .default(1)
        .describe("0 grey line, 1 blue line, 3 white with red text, 4 blue with white text"),
    }),
    action,
  })
  .describe("Button");

const rows = z
  .array(
    z.strictObject({
      buttons: z.array(button).min(1).max(keyboardLimits.buttonsPerRow).describe("1 to 5 buttons"),
    }),
  )
  .min(1)
  .max(keyboardLimits.rows)
  .describe("1 to 5 rows");

/** `{content: {rows}}` or, for a template, `{id}`. Parsing yields the complete wire form. */
export const keyboard = z
  .strictObject({
    id: z.string().min(1).optional().describe("Template id, instead of content"),
    content: z.strictObject({ rows }).optional().describe("Own rows of buttons"),
  })
  .superRefine((value, context) => {
    if ((value.id === undefined) === (value.content === undefined))
      context.addIssue({ code: "custom", message: "needs either content or a template id" });
    const seen = new Set<string>();
    for (const [row, { buttons }] of (value.content?.rows ?? []).entries()) {
      for (const [at, { id }] of buttons.entries()) {
        const path = ["content", "rows", row, "buttons", at, "id"];
        if (id !== undefined && seen.has(id))
          context.addIssue({ code: "custom", path, message: `"${id}" is used twice` });
        if (id !== undefined) seen.add(id);
      }
    }
  })
  .transform(complete)
  .describe("Buttons below the message: at most 5 rows of 5");

export type Keyboard = z.output<typeof keyboard>;
export type KeyboardInput = z.input<typeof keyboard>;

interface Draft {
  id?: string | undefined;
  content?: { rows: { buttons: z.output<typeof button>[] }[] } | undefined;
}

function complete({ id, content }: Draft) {
  if (!content) return { id };
  const taken = new Set(content.rows.flatMap((row) => row.buttons.map((one) => one.id)));
  let next = 1;
  const freeId = () => {
    while (taken.has(String(next))) next++;
    return String(next++);
  };
  const filled = content.rows.map((row) => ({
    buttons: row.buttons.map((one) => ({
      ...one,
      id: one.id ?? freeId(),
      render_data: { ...one.render_data, visited_label: one.render_data.visited_label ?? one.render_data.label },
    })),
  }));
  return { content: { rows: filled } };
}
