import { type Context, Hono } from "hono";
import { isRecord } from "../core/json.ts";
import type { Mini } from "./mini.ts";
import type { Platform } from "./platform.ts";
import { imageType } from "./routes/media.ts";

interface MiniCall {
  platform: Platform;
  mini: Mini;
  query: Readonly<Record<string, string>>;
  body: Readonly<Record<string, unknown>>;
  /** The body as it came: signatures are over it. */
  text: string;
  media: Uint8Array | undefined;
}

type Reply = Record<string, unknown> | Uint8Array;
type Handler = (call: MiniCall) => Reply;

const failed = (errcode: number, errmsg: string) => ({ errcode, errmsg });
const ok = { errcode: 0, errmsg: "ok" };

/** A PNG of one grey pixel. */
const codeImage = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNsaGgAAAMEAYFL09IQAAAAAElFTkSuQmCC",
  "base64",
);

const withToken: Readonly<Record<string, Handler>> = {
  "/api/json/security/MsgSecCheck": checkText,
  "/api/json/security/ImgSecCheck": checkImage,
  "/api/json/subscribe/SendSubscriptionMessage": sendSubscription,
  "/api/json/template/send": sendTemplate,
  "/api/json/qqa/CreateMiniCode": createCode,
  "/api/openDataContext/set_user_storage": setStorage,
  "/api/openDataContext/remove_user_storage": removeStorage,
};

/** The mini program's server API as `api.q.qq.com` serves it: token in the query, business errors with status 200. */
export function miniApp(platform: Platform): Hono {
  const app = new Hono();
  app.get("/api/getToken", (c) => answer(c, platform, getToken));
  app.get("/sns/jscode2session", (c) => answer(c, platform, codeToSession));
  for (const [path, handle] of Object.entries(withToken)) {
    app.post(path, (c) =>
      answer(c, platform, (call) => {
        if (!call.query.access_token) return failed(-3000, "token check failed, put it into the URL");
        if (!call.mini.isToken(call.query.access_token)) return refuseToken(path);
        return handle(call);
      }),
    );
  }
  return app;
}

/** Content checks spell their fields in camel case. */
function refuseToken(path: string): Record<string, unknown> {
  const text = "access_token expired";
  return path.includes("/security/") ? { errCode: 40014, errMsg: text } : failed(40014, text);
}

function getToken({ mini, query }: MiniCall): Reply {
  if (query.grant_type !== "client_credential") return failed(40002, "invalid grant_type");
  if (query.appid !== mini.app.appId) return failed(40013, "invalid appid");
  if (query.secret !== mini.app.appSecret) return failed(40001, "invalid appsecret");
  const { value, seconds } = mini.issueToken();
  return { access_token: value, expires_in: seconds };
}

function codeToSession({ mini, query }: MiniCall): Reply {
  if (query.grant_type !== "authorization_code") return failed(40002, "invalid grant_type");
  if (query.appid !== mini.app.appId) return failed(40013, "invalid appid");
  if (query.secret !== mini.app.appSecret) return failed(40001, "invalid appsecret");
  const session = mini.redeem(query.js_code ?? "");
  return session ? { ...session, errcode: 0, errmsg: "" } : failed(40029, "invalid code");
}

const verdict = (isRisky: boolean) =>
  isRisky ? { errCode: 87014, errMsg: "risky content" } : { errCode: 0, errMsg: "ok" };

function checkText({ mini, body }: MiniCall): Reply {
  if (body.appid !== mini.app.appId) return { errCode: 40013, errMsg: "invalid appid" };
  const { content } = body;
  if (typeof content !== "string" || content === "" || Buffer.byteLength(content) > 500 * 1024)
    return { errCode: 40036, errMsg: "content is empty or too long" };
  return verdict(mini.dials.bannedWords.some((word) => content.includes(word)));
}

/** Bytes that hold a banned word count as risky, so that a test can make such an image. */
function checkImage({ mini, body, media }: MiniCall): Reply {
  if (body.appid !== mini.app.appId) return { errCode: 40013, errMsg: "invalid appid" };
  if (!media || media.length > 1024 * 1024 || !imageType(media))
    return { errCode: 40036, errMsg: "media is not an image of at most 1 MB" };
  const text = Buffer.from(media).toString("utf8");
  return verdict(mini.dials.bannedWords.some((word) => text.includes(word)));
}

function sendSubscription({ mini, body }: MiniCall): Reply {
  const template = mini.templates.get(String(body.template_id ?? ""));
  if (!template) return failed(40037, "invalid template_id");
  if (body.oac_appid) return failed(40015, "invalid oac_appid");
  const data = isRecord(body.data) ? body.data : {};
  const isFilled = Object.values(data).every((field) => isRecord(field) && typeof field.value === "string");
  if (!isFilled || Object.keys(data).length !== template.keywords) return failed(40035, "parameters do not match");
  const [touser, id] = [String(body.touser ?? ""), String(body.template_id)];
  const state = mini.subscriptionOf(touser, id);
  if (state === "none") return failed(46001, "user has not subscribed");
  if (state === "refused") return failed(46003, "user refused");
  mini.sent.push({ openid: touser, template_id: id, data });
  return ok;
}

/** The older call: each form_id of the client pays for one message; any unused text is one here. */
function sendTemplate({ mini, body }: MiniCall): Reply {
  if (!mini.templates.has(String(body.template_id ?? ""))) return failed(40037, "invalid template_id");
  const form = body.form_id;
  if (typeof form !== "string" || form === "") return failed(41028, "invalid form_id");
  if (mini.sent.some(({ template_id: used }) => used === `form ${form}`)) return failed(41029, "form_id was used");
  mini.sent.push({ openid: String(body.touser ?? ""), template_id: `form ${form}`, data: body.data ?? null });
  return ok;
}

function createCode({ mini, body }: MiniCall): Reply {
  if (body.appid !== mini.app.appId) return failed(40013, "invalid appid");
  if (mini.codes.length >= mini.dials.codeLimit) return failed(45029, "the number of codes has reached its limit");
  mini.codes.push(typeof body.path === "string" ? body.path : "");
  return codeImage;
}

function isSigned({ mini, query, text }: MiniCall): boolean {
  if (query.sig_method !== "hmac_sha256") return false;
  return mini.isUserSignature(query.openid ?? "", text, query.signature ?? "");
}

function setStorage(call: MiniCall): Reply {
  const rows = Array.isArray(call.body.kv_list) ? call.body.kv_list : [];
  if (!isSigned(call) || rows.length === 0) return failed(-1, "bad signature or parameters");
  const kept = call.mini.storage.get(call.query.openid ?? "") ?? new Map<string, string>();
  for (const row of rows) if (isRecord(row)) kept.set(String(row.key), String(row.value));
  call.mini.storage.set(call.query.openid ?? "", kept);
  return ok;
}

function removeStorage(call: MiniCall): Reply {
  if (!isSigned(call) || !Array.isArray(call.body.key)) return failed(-1, "bad signature or parameters");
  for (const key of call.body.key) call.mini.storage.get(call.query.openid ?? "")?.delete(String(key));
  return ok;
}

async function answer(c: Context, platform: Platform, handle: Handler): Promise<Response> {
  const read = c.req.method === "POST" ? await readBody(c) : { body: {}, text: "", media: undefined };
  const reply = handle({ platform, mini: platform.mini, query: c.req.query(), ...read });
  const isImage = reply instanceof Uint8Array;
  platform.frames.add({
    at: platform.clock.now(),
    dir: "in",
    kind: "rest",
    method: c.req.method,
    path: c.req.path,
    status: 200,
    data: {
      request: { ...c.req.query(), ...read.body, ...(c.req.query("js_code") ? { js_code: "[redacted]" } : {}) },
      response: isImage ? `image, ${reply.length} bytes` : reply,
    },
  });
  if (isImage) return new Response(new Uint8Array(reply), { headers: { "content-type": "image/png" } });
  return c.json(reply);
}

async function readBody(c: Context): Promise<Pick<MiniCall, "body" | "text" | "media">> {
  if (c.req.header("content-type")?.startsWith("multipart/form-data")) {
    const fields = await c.req.formData().catch(() => new FormData());
    const file = fields.get("media");
    const media = file instanceof Blob ? new Uint8Array(await file.arrayBuffer()) : undefined;
    return { body: { appid: fields.get("appid") }, text: "", media };
  }
  const text = await c.req.text();
  try {
    const body: unknown = JSON.parse(text);
    return { body: isRecord(body) ? body : {}, text, media: undefined };
  } catch {
    // Not JSON: its fields are missing, which every handler refuses.
    return { body: {}, text, media: undefined };
  }
}
