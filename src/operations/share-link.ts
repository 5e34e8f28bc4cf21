import { z } from "zod";
import { isRecord } from "../core/json.ts";
import { shareLinkDataLimit } from "../protocol/limits.ts";
import { callPage } from "./docs-page.ts";
import { defineCall } from "./operation.ts";

export const createShareLink = defineCall({
  name: "create_share_link",
  title: "Share link that adds the bot (生成分享链接)",
  summary: "A link by which people add the bot as a friend; callback_data comes back in FRIEND_ADD as scene_param.",
  toolset: "account",
  permission: "manage",
  scope: "bot",
  idempotent: true,
  service: "bot",
  method: "POST",
  path: "/v2/generate_url_link",
  input: z.strictObject({
    callback_data: z
      .string()
      .max(shareLinkDataLimit)
      .optional()
      .describe("Your mark of this link, at most 32 characters"),
    url_link: z.string().max(2048).optional().describe("Address to open; in the field table alone, not in the samples"),
  }),
  output: z.looseObject({ url_link: z.string() }),
  docs: callPage("POST", "/v2/generate_url_link"),
  // The page answers {url_link}; an adapter's fixture {data: {url}}.
  decode(data) {
    const inner = isRecord(data) && isRecord(data.data) ? data.data : {};
    return typeof inner.url === "string" ? { url_link: inner.url } : (data ?? {});
  },
});
