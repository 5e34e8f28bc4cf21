import { z } from "zod";
import * as limits from "../protocol/limits.ts";
import { docsPage } from "./docs-page.ts";
import { defineAction } from "./operation.ts";

const all: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(limits).sort());
const topics = Object.keys(all);

export const listLimits = defineAction({
  name: "list_limits",
  title: "Limits of the platform (平台限制)",
  summary:
    "Reply windows and counts, active-message quotas, sizes of text, media, keyboards, menus and pages, as this program keeps to them. Times in milliseconds.",
  toolset: "developer",
  permission: "read",
  scope: "bot",
  input: z.strictObject({
    topics: z.array(z.enum(topics)).min(1).optional().describe("Only these"),
  }),
  output: z.looseObject({ limits: z.looseObject({}).describe("By topic") }),
  docs: docsPage("message/overview"),
  async run(_context, { topics: asked = topics }) {
    return { limits: Object.fromEntries(asked.map((topic) => [topic, all[topic]])) };
  },
});
