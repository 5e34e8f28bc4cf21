import { z } from "zod";
import { ApiError, InputError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { decryptMiniData, isMiniSignature } from "../protocol/mini-data.ts";
import type { OperationContext } from "./context.ts";
import { miniAppId } from "./login-app.ts";
import { miniDocs, page, sessionFields } from "./mini-field.ts";
import { defineAction } from "./operation.ts";

export const miniCode2session = defineAction({
  name: "mini_code2session",
  title: "Log a person of the mini program in (小程序登录)",
  summary:
    "Turns the code of qq.login into the openid and a handle of the session key, which never leaves this machine. A code works once; at most 100 a minute per person.",
  toolset: "mini",
  permission: "manage",
  scope: "bot",
  confidential: ["js_code"],
  method: "GET",
  path: "/sns/jscode2session",
  input: z.strictObject({ js_code: z.string().min(1).max(512).describe("code of qq.login") }),
  output: z.looseObject({
    openid: z.string().describe("Of this person for this mini program only"),
    unionid: z.string().optional(),
    session_ref: z.string().describe("For mini_decrypt and mini_verify_signature"),
  }),
  docs: miniDocs("port_login"),
  async run({ mini, rest }, input, signal) {
    miniAppId(mini);
    const path = "/sns/jscode2session";
    const { data, status } = await rest.request(
      {
        // A code works once: after an unknown outcome a repeat could only fail.
        ...{ service: "mini", method: "GET", template: path, path, repeatable: false, anonymous: true },
        credentials: ["appid", "secret"],
        query: { js_code: input.js_code, grant_type: "authorization_code" },
      },
      signal,
    );
    const { openid, session_key: sessionKey, unionid } = isRecord(data) ? data : {};
    if (typeof openid !== "string" || typeof sessionKey !== "string") {
      throw new ApiError(`GET ${path}: no session in the answer`, {
        ...{ service: "mini", method: "GET", path, status },
        remedy: "Check QQ_MINI_BASE and the proxy.",
      });
    }
    const ref = await mini.sessions().keep({ openid, sessionKey });
    return { openid, ...(typeof unionid === "string" && unionid !== "" ? { unionid } : {}), session_ref: ref };
  },
});

export const miniDecrypt = defineAction({
  name: "mini_decrypt",
  title: "Decrypt open data of the mini program (解密开放数据)",
  summary:
    "Decrypts what qq.getUserInfo, getQQRunData or getGuildInfo gave the client, and checks app and age. Without a call. A newer qq.login may have ended the key: log in first, then get the data.",
  toolset: "mini",
  permission: "read",
  scope: "bot",
  confidential: ["session_key", "encrypted_data"],
  input: z.strictObject({
    ...sessionFields,
    encrypted_data: z.string().min(1).max(200_000).describe("encryptedData, base64"),
    iv: z.string().min(1).max(64).describe("iv, base64"),
    max_age_s: z.int().min(1).max(31_536_000).optional().describe("Refuse older data; seconds"),
  }),
  output: z.looseObject({
    data: z.looseObject({}),
    watermark: z.looseObject({ appid: z.string(), timestamp: z.number(), age_s: z.number() }),
    appid_ok: z.boolean().describe("Always true: data of another app is refused"),
    kind: z.enum(["user", "run", "guild", "other"]),
  }),
  docs: "https://q.qq.com/wiki/develop/miniprogram/frame/open-ability/signature.html",
  async run(context, input) {
    const sessionKey = sessionKeyOf(context, input);
    const opened = decryptMiniData({ sessionKey, iv: input.iv, encryptedData: input.encrypted_data });
    if (!opened) {
      throw new InputError("encrypted_data", "it cannot be decrypted with this session key", {
        remedy: "Have the client call qq.login first, then get the data again: a newer login ends the older key.",
      });
    }
    const { data, watermark } = opened;
    if (watermark.appid !== miniAppId(context.mini))
      throw new InputError("encrypted_data", "the data is of another mini program", { remedy: "Do not accept it." });
    const age = Math.round(context.clock.now() / 1000 - watermark.timestamp);
    if (input.max_age_s !== undefined && Math.abs(age) > input.max_age_s)
      throw new InputError("encrypted_data", `the data is ${age} s old`, { remedy: "Have the client get it again." });
    return { data, watermark: { ...watermark, age_s: age }, appid_ok: true, kind: kindOf(data) };
  },
});

export const miniVerifySignature = defineAction({
  name: "mini_verify_signature",
  title: "Check the signature of open data (校验开放数据签名)",
  summary:
    "Whether rawData is what the platform signed. Give the exact text received, not one that was parsed and written again. Without a call.",
  toolset: "mini",
  permission: "read",
  scope: "bot",
  confidential: ["session_key"],
  input: z.strictObject({
    ...sessionFields,
    raw_data: z.string().min(1).max(100_000).describe("rawData, exactly as received"),
    signature: z.string().min(1).max(128).describe("signature, hex"),
  }),
  output: z.looseObject({ valid: z.boolean() }),
  docs: "https://q.qq.com/wiki/develop/miniprogram/frame/open-ability/signature.html",
  run: async (context, input) => ({
    valid: isMiniSignature(input.signature, { rawData: input.raw_data, sessionKey: sessionKeyOf(context, input) }),
  }),
});

export const miniTokenStatus = defineAction({
  name: "mini_token_status",
  title: "Access token of the mini program (小程序调用凭证)",
  summary:
    "Whether the platform gives the mini program an access token, and how long it lives. Never shows it. A new token ends the one before, also for other servers of the app.",
  toolset: "mini",
  permission: "manage",
  scope: "bot",
  method: "GET",
  path: "/api/getToken",
  input: z.strictObject({
    refresh: z.boolean().default(false).describe("true: fetch a new token, which ends the old one"),
  }),
  output: z.looseObject({
    valid: z.boolean(),
    expires_in: z.number().optional().describe("Seconds"),
  }),
  docs: miniDocs("port_use"),
  async run({ mini }, input, signal) {
    miniAppId(mini);
    const token = await mini.token.get(signal);
    if (input.refresh) await mini.token.renew(token, signal);
    const { state, remainingSeconds } = mini.token.status();
    return { valid: state === "valid", ...(remainingSeconds === undefined ? {} : { expires_in: remainingSeconds }) };
  },
});

export const miniCreateCode = defineAction({
  name: "mini_create_code",
  title: "Make a code image of a page (生成小程序码)",
  summary:
    "Makes the round code of a page and keeps it in the data folder. An app has 50 in all, for ever, and must be published: use mini_link where a plain link will do.",
  toolset: "mini",
  permission: "manage",
  scope: "bot",
  method: "POST",
  path: "/api/json/qqa/CreateMiniCode",
  input: z.strictObject({
    path: page.optional(),
    confirm: z.literal(true).describe("true: one of the app's 50 codes may be spent"),
  }),
  output: z.looseObject({
    file: z.string().describe("Where the image is kept"),
    image_base64: z.string().optional().describe("Up to 30 kB"),
    bytes: z.number(),
    cached: z.boolean().describe("true: it was made before, no code was spent"),
    note: z.string(),
  }),
  docs: miniDocs("port_code"),
  async run({ mini, rest }, input, signal) {
    const appid = miniAppId(mini);
    const target = input.path ?? "";
    const known = await mini.findCode(target);
    if (known) return { file: known.path, ...imageFields(known.bytes), cached: true, note: codeNote };
    const path = "/api/json/qqa/CreateMiniCode";
    const { data, status } = await rest.request(
      {
        ...{ service: "mini", method: "POST", template: path, path, repeatable: false, wantsBytes: true },
        body: { appid, path: target },
      },
      signal,
    );
    const bytes = isRecord(data) ? data.bytes : undefined;
    if (!(bytes instanceof Uint8Array)) {
      throw new ApiError(`POST ${path}: no image in the answer`, {
        ...{ service: "mini", method: "POST", path, status },
        remedy: "The code may have been spent: look into the console before the next try.",
      });
    }
    return { file: await mini.keepCode(target, bytes), ...imageFields(bytes), cached: false, note: codeNote };
  },
});

export const miniLink = defineAction({
  name: "mini_link",
  title: "Link to a page of the mini program (小程序链接)",
  summary:
    "A plain link that opens the page in QQ, also printed as an ordinary QR code. Without a call and without limit.",
  toolset: "mini",
  permission: "read",
  scope: "bot",
  input: z.strictObject({
    path: page.optional(),
    query: z
      .record(z.string().regex(/^[\w.-]{1,64}$/), z.string().max(512))
      .optional()
      .describe("Parameters of the page"),
  }),
  output: z.looseObject({ url: z.string() }),
  docs: "https://q.qq.com/wiki/develop/miniprogram/",
  async run({ mini }, input) {
    const base = `https://m.q.qq.com/a/p/${miniAppId(mini)}`;
    const query = String(new URLSearchParams(input.query ?? {}));
    const glue = input.path?.includes("?") ? "&" : "?";
    const target = `${input.path ?? ""}${query === "" ? "" : `${glue}${query}`}`;
    return { url: target === "" ? base : `${base}?s=${encodeURIComponent(target)}` };
  },
});

const codeNote = "50 codes per app in all; QQ_MINI_APP_ID's console lists them.";

function imageFields(bytes: Uint8Array) {
  const isShort = bytes.length <= 30_000;
  return { bytes: bytes.length, ...(isShort ? { image_base64: Buffer.from(bytes).toString("base64") } : {}) };
}

function sessionKeyOf(
  { mini }: OperationContext,
  input: { session_ref?: string | undefined; session_key?: string | undefined },
): string {
  if ((input.session_ref === undefined) === (input.session_key === undefined))
    throw new InputError("session_ref", "exactly one of session_ref and session_key is needed");
  if (input.session_key !== undefined) return input.session_key;
  miniAppId(mini);
  const session = mini.sessions().find(input.session_ref ?? "");
  if (session) return session.sessionKey;
  throw new InputError("session_ref", "there is no session with this session_ref", {
    remedy: "Use the session_ref of mini_code2session, or have the person log in again.",
  });
}

function kindOf(data: Record<string, unknown>): "user" | "run" | "guild" | "other" {
  if ("stepInfoList" in data) return "run";
  if ("open_guild_id" in data || "guild_name" in data) return "guild";
  return "openId" in data || "nickName" in data ? "user" : "other";
}
