import { z } from "zod";
import { ApiError, InputError } from "../core/errors.ts";
import { miniError } from "../protocol/mini-errors.ts";
import type { RestRequest } from "../rest/request.ts";
import type { OperationContext } from "./context.ts";
import { readImage } from "./image-size.ts";
import { miniAppId } from "./login-app.ts";
import { miniDocs, openid, page } from "./mini-field.ts";
import { defineAction } from "./operation.ts";

const verdict = z.looseObject({
  verdict: z.enum(["pass", "risky", "undecided"]).describe("undecided: do not publish it"),
  err_code: z.number().describe("0 pass, 87014 risky"),
  err_msg: z.string(),
});

export const miniCheckText = defineAction({
  name: "mini_check_text",
  title: "Check a text for risky content (文本内容安全)",
  summary:
    "Has the platform check a text before it is published, as a bot should with what people or models write. At most 500 kB, 4000 a minute, 2 million a day.",
  toolset: "mini",
  permission: "read",
  scope: "bot",
  method: "POST",
  path: "/api/json/security/MsgSecCheck",
  input: z.strictObject({ content: z.string().min(1).max(512_000).describe("The text; at most 500 kB as UTF-8") }),
  output: verdict,
  docs: miniDocs("port_safe"),
  run(context, { content }, signal) {
    const appid = miniAppId(context.mini);
    if (Buffer.byteLength(content) > 500 * 1024) throw new InputError("content", "content has more than 500 kB");
    return judge(context, { template: "/api/json/security/MsgSecCheck", body: { appid, content } }, signal);
  },
});

export const miniCheckImage = defineAction({
  name: "mini_check_image",
  title: "Check an image for risky content (图片内容安全)",
  summary:
    "Has the platform check a PNG, JPEG or GIF of at most 1 MB and 750 x 1334 pixels. 2000 a minute, 200,000 a day.",
  toolset: "mini",
  permission: "read",
  scope: "bot",
  method: "POST",
  path: "/api/json/security/ImgSecCheck",
  input: z.strictObject({
    path: z.string().min(1).max(4096).optional().describe("Local file in an allowed folder"),
    base64: z.string().min(1).max(1_400_000).optional().describe("Or the image itself"),
  }),
  output: verdict,
  docs: miniDocs("port_safe"),
  async run(context, { path, base64 }, signal) {
    const appid = miniAppId(context.mini);
    if ((path === undefined) === (base64 === undefined))
      throw new InputError("path", "exactly one of path and base64 is needed");
    const field = path === undefined ? "base64" : "path";
    const bytes = path === undefined ? Buffer.from(base64 ?? "", "base64") : (await context.readFile(path)).bytes;
    const image = readImage(bytes);
    if (!image) throw new InputError(field, "this is no PNG, JPEG or GIF");
    if (bytes.length > 1024 * 1024) throw new InputError(field, "the image has more than 1 MB");
    if (image.width > 750 || image.height > 1334)
      throw new InputError(field, `the image has ${image.width} x ${image.height} pixels, 750 x 1334 are allowed`, {
        remedy: "Send a smaller copy.",
      });
    const form = new FormData();
    form.set("appid", appid);
    form.set("media", new Blob([new Uint8Array(bytes)], { type: image.type }), `image.${image.type.slice(6)}`);
    return judge(context, { template: "/api/json/security/ImgSecCheck", form }, signal);
  },
});

export const miniSendSubscribe = defineAction({
  name: "mini_send_subscribe",
  title: "Send a subscribe message (发送订阅消息)",
  summary:
    "Sends a message by template to a person who agreed to it in the mini program. A refusal by the person's choice is a result, not a failure.",
  toolset: "mini",
  permission: "send",
  scope: "bot",
  method: "POST",
  path: "/api/json/subscribe/SendSubscriptionMessage",
  input: z.strictObject({
    openid,
    template_id: z.string().min(1).max(128).describe("Template of the console"),
    data: z
      .record(z.string().regex(/^keyword\d{1,2}$/), z.string().min(1).max(200))
      .describe("keyword1, keyword2 …: as many as the template has"),
    page: page.optional(),
    emphasis_keyword: z
      .string()
      .regex(/^keyword\d{1,2}(\.DATA)?$/)
      .optional()
      .describe("Keyword to show large"),
    oac_appid: z.string().max(32).optional().describe("Deliver through this bound official account"),
  }),
  output: z.looseObject({
    sent: z.boolean(),
    err_code: z.number(),
    reason: z.string(),
    user_action_needed: z.boolean().describe("Only the person can change it"),
  }),
  docs: miniDocs("port_subscrib"),
  async run(context, input, signal) {
    miniAppId(context.mini);
    const { openid: touser, template_id, page: target, emphasis_keyword: large, oac_appid } = input;
    const body = {
      ...{ touser, template_id },
      data: Object.fromEntries(Object.entries(input.data).map(([name, value]) => [name, { value }])),
      ...(target === undefined ? {} : { page: target }),
      ...(large === undefined ? {} : { emphasis_keyword: large.endsWith(".DATA") ? large : `${large}.DATA` }),
      ...(oac_appid === undefined ? {} : { oac_appid }),
    };
    const template = "/api/json/subscribe/SendSubscriptionMessage";
    try {
      await context.rest.request({ ...post(template), body, repeatable: false }, signal);
      return { sent: true, err_code: 0, reason: "sent", user_action_needed: false };
    } catch (error) {
      if (!(error instanceof ApiError) || !personsChoice.includes(error.qqCode ?? 0)) throw error;
      const code = error.qqCode ?? 0;
      const reason = miniError(code)?.meaning ?? "refused";
      return { sent: false, err_code: code, reason, user_action_needed: true };
    }
  },
});

/** Not subscribed, refused, does not follow. */
const personsChoice = [46_001, 46_003, 46_004];
const risky = 87_014;

function post(template: string) {
  return { service: "mini", method: "POST", template, path: template } as const;
}

/** A risky text is a result. Every other refusal of the check itself leaves it undecided: nothing may be published then. */
async function judge(
  { rest }: OperationContext,
  what: Pick<RestRequest, "template" | "body" | "form">,
  signal: AbortSignal | undefined,
) {
  try {
    await rest.request({ ...post(what.template), ...what, repeatable: true }, signal);
    return { verdict: "pass", err_code: 0, err_msg: "ok" };
  } catch (error) {
    if (!(error instanceof ApiError) || error.qqCode === undefined || settings.includes(error.qqCode)) throw error;
    const { qqCode: code } = error;
    const text = code === risky ? "risky content" : (miniError(code)?.meaning ?? error.message);
    return { verdict: code === risky ? "risky" : "undecided", err_code: code, err_msg: text };
  }
}

/** Wrong credentials are no verdict. */
const settings = [40_001, 40_002, 40_013];
