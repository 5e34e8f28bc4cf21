import { z } from "zod";

const keyValue = z.strictObject({
  key: z.string().min(1).max(64).describe("Template key such as #DESC#"),
  value: z.string().max(2048).optional().describe("Its text or link"),
  obj: z
    .array(
      z.strictObject({
        obj_kv: z
          .array(
            z.strictObject({
              key: z.string().min(1).max(64).describe("desc or link"),
              value: z.string().max(2048).describe("Text or link"),
            }),
          )
          .max(20)
          .describe("One row"),
      }),
    )
    .max(20)
    .optional()
    .describe("Rows of a list key"),
});

/** Keys of the open templates. Source: message template page of 2025. */
const templates: Readonly<Record<number, readonly string[]>> = {
  23: ["#DESC#", "#PROMPT#", "#LIST#"],
  24: ["#DESC#", "#PROMPT#", "#TITLE#", "#METADESC#", "#IMG#", "#LINK#", "#SUBTITLE#"],
  37: ["#PROMPT#", "#METATITLE#", "#METASUBTITLE#", "#METACOVER#", "#METAURL#"],
};

/** An ark card. Templates that are not open to everybody are passed on as they are. */
export const ark = z
  .strictObject({
    template_id: z.int().min(1).max(1_000_000).describe("23 link list, 24 text and thumbnail, 37 big picture"),
    kv: z.array(keyValue).min(1).max(20).describe("Template keys"),
  })
  .superRefine(({ template_id, kv }, context) => {
    const known = templates[template_id];
    const seen = new Set<string>();
    for (const [at, { key, value, obj }] of kv.entries()) {
      const fail = (message: string) => context.addIssue({ code: "custom", path: ["kv", at], message });
      if (known && !known.includes(key)) fail(`template ${template_id} has no ${key}; its keys: ${known.join(", ")}`);
      if ((value === undefined) === (obj === undefined)) fail(`${key} needs either value or obj`);
      if (seen.has(key)) fail(`${key} is given twice`);
      seen.add(key);
    }
  });
