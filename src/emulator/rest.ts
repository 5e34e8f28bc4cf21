import { type Context, Hono } from "hono";
import { ApiError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { rateOf } from "../protocol/rates.ts";
import type { Answer, Call, Route } from "./call.ts";
import { randomBytes } from "./identity.ts";
import type { Platform } from "./platform.ts";
import { errorBody, refuse } from "./refusal.ts";
import { disturbed, faultOf, withFault } from "./rest-faults.ts";
import { routes } from "./routes.ts";

const maxBodyBytes = 64 * 1024 * 1024;
/** Fields that a form carries as JSON text. */
const objectFields = ["embed", "ark", "markdown", "keyboard", "message_reference"];

/** The bot API: token check, body, route, error envelope, trace id, and one frame per call. */
export function restApp(platform: Platform): Hono {
  const app = new Hono();
  app.post("/app/getAppAccessToken", (c) => answerCall(c, platform, tokenRoute(platform)));
  for (const route of routes) {
    const path = route.path.replace(/\{(\w+)\}/g, ":$1");
    app.on(route.method, path, (c) =>
      answerCall(c, platform, (call) => {
        checkAuthorization(platform, c.req.header("authorization"));
        if (platform.dials.ungrantedApis.includes(`${route.method} ${route.path}`)) {
          refuse(11264, "the guild's administrator did not grant this API", 403);
        }
        checkRate(platform, route);
        return route.handle(call);
      }),
    );
  }
  app.all("*", (c) =>
    answerCall(c, platform, () => {
      checkAuthorization(platform, c.req.header("authorization"));
      return refuse(404, "no such API, or not with this method", 404);
    }),
  );
  return app;
}

function tokenRoute({ app, tokens }: Platform): Route["handle"] {
  return ({ body }) => {
    // Refusals of this one call come with status 200.
    if (String(body.appId ?? "") !== app.appId)
      return { status: 200, body: { code: 100007, message: "appid invalid" } };
    if (body.clientSecret !== app.appSecret) {
      return { status: 200, body: { code: 100016, message: "invalid appid or secret" } };
    }
    const token = tokens.issue();
    return { status: 200, body: { access_token: token.value, expires_in: String(token.expiresInSeconds) } };
  };
}

function checkAuthorization({ tokens }: Platform, header: string | undefined): void {
  if (!header?.trim()) refuse(11241, "token is missing", 401);
  const [scheme, value = ""] = header.trim().split(/\s+/, 2);
  if (scheme === "Bot") refuse(11262, "this API does not take a bot token", 401);
  if (scheme === "Bearer") refuse(11273, "this API does not take a user token", 401);
  if (scheme !== "QQBot" || value === "") refuse(11243, "token is rejected", 401);
  if (!tokens.isValid(value)) refuse(11244, "token not exist or expire", 401);
}

/** Rates per minute alone: nobody counts seconds on a machine of their own. */
function checkRate({ dials, replies }: Platform, { method, path }: Route): void {
  const rate = rateOf(method, path);
  if (!dials.hasInterfaceRates || rate?.perMs !== 60_000) return;
  if (replies.take([{ key: `rate ${method} ${path}`, ...rate }])) refuse(429, "too many calls per minute", 429);
}

async function answerCall(c: Context, platform: Platform, handle: (call: Call) => Answer): Promise<Response> {
  const traceId = randomBytes(16).toString("hex");
  const { path } = c.req;
  let answer: Answer;
  let body: Call["body"] = {};
  const fault = await faultOf(c, platform);
  try {
    const read = await readBody(c);
    body = read.body;
    const call = { platform, params: c.req.param(), query: c.req.query(), ...read };
    answer = withFault({ fault, path, platform }, () => handle(call));
  } catch (error) {
    answer = asAnswer(error, { platform, path, traceId });
  }
  platform.frames.add({
    at: platform.clock.now(),
    dir: "in",
    kind: "rest",
    method: c.req.method,
    path,
    status: answer.status,
    data: {
      ...{ request: body, response: answer.body ?? null, trace_id: traceId },
      ...(fault ? { fault: fault.kind } : {}),
    },
  });
  const response = responseOf(answer, traceId);
  return fault ? disturbed(fault, response, c, platform) : response;
}

function responseOf({ status, body }: Answer, traceId: string): Response {
  const headers: Record<string, string> = { "X-Tps-trace-ID": traceId };
  if (body === undefined) return new Response(null, { status, headers });
  headers["content-type"] = "application/json; charset=utf-8";
  return new Response(JSON.stringify(body), { status, headers });
}

function asAnswer(error: unknown, facts: { platform: Platform; path: string; traceId: string }): Answer {
  if (error instanceof ApiError) {
    const refusal = { code: error.qqCode ?? 500, message: error.message };
    const extra = isRecord(error.cause) ? error.cause : {};
    return { status: error.status, body: { ...errorBody(facts.path, facts.traceId, refusal), ...extra } };
  }
  facts.platform.log.error({ err: error, path: facts.path }, "the emulator failed while answering a call");
  return { status: 500, body: errorBody(facts.path, facts.traceId, { code: 50001, message: "internal error" }) };
}

async function readBody(c: Context): Promise<Pick<Call, "body" | "file">> {
  if (c.req.method === "GET" || c.req.method === "HEAD") return { body: {} };
  if (Number(c.req.header("content-length") ?? 0) > maxBodyBytes) refuse(850031, "the body is too large", 413);
  if (c.req.header("content-type")?.startsWith("multipart/form-data")) return readForm(c);
  const text = await c.req.text();
  if (text.trim() === "") return { body: {} };
  const body = parse(text);
  if (!isRecord(body)) refuse(c.req.path.startsWith("/v2/") ? 40011000 : 12002, "request body is malformed");
  return { body };
}

/** Only channel and DM messages come as forms; the field types of JSON are restored. */
async function readForm(c: Context): Promise<Pick<Call, "body" | "file">> {
  const body: Record<string, unknown> = {};
  let file: Call["file"];
  const fields = await c.req.formData().catch(() => refuse(50035, "bad form-data"));
  for (const [key, value] of fields) {
    if (typeof value !== "string") {
      if (key === "file_image") file = { name: value.name, bytes: new Uint8Array(await value.arrayBuffer()) };
    } else if (objectFields.includes(key)) {
      const object = parse(value);
      if (!isRecord(object)) refuse(50035, `bad form-data: ${key} must be JSON`);
      body[key] = object;
    } else {
      body[key] = value;
    }
  }
  return file ? { body, file } : { body };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: refused by the caller like any other wrong shape.
    return undefined;
  }
}
