import { z } from "zod";
import { panelLimits } from "./limits.ts";
import { looseNumber, looseTime } from "./loose.ts";
import { httpsLink, shortText } from "./menu.ts";

/** Where a command panel is shown. */
export const panelScopes = ["c2c", "group", "channel", "dm"] as const;

const panelItem = z
  .strictObject({
    name: shortText(panelLimits.nameWidth, "Text of the entry; type command puts it into the input box"),
    desc: shortText(panelLimits.descWidth, "Line below the name").optional(),
    type: z.enum(["command", "link"]).describe("command fills the input box, link opens an address"),
    only_admin: z.boolean().optional().describe("Shown to admins of the group alone"),
    link: httpsLink.optional(),
  })
  .superRefine((item, context) => {
    if ((item.type === "link") === (item.link !== undefined)) return;
    const message = item.type === "link" ? "type link needs link" : "not with type command";
    context.addIssue({ code: "custom", path: ["link"], message });
  })
  .describe("Entry of the panel");

/** What a panel shows. Source: panel pages of 2026-09. */
export const panel = z
  .strictObject({
    items: z.array(panelItem).max(panelLimits.items).optional().describe("At most 20 entries"),
    remark: z.string().max(panelLimits.remark).optional().describe("Note to yourself"),
  })
  .describe("Entries and remark");

/** As the platform answers it; targets only when one panel is read. */
export const panelRecord = z.looseObject({
  panel_id: z.string(),
  scope: z.string().nullish(),
  target_type: z.string().nullish().describe("all or specific"),
  panel: z.looseObject({ items: z.array(z.looseObject({})).nullish(), remark: z.string().nullish() }).nullish(),
  created_at: looseTime,
  updated_at: looseTime,
  version: looseNumber,
  user_openids: z.array(z.string()).nullish(),
  group_openids: z.array(z.string()).nullish(),
});
