import type { IncomingMessage } from "node:http";
import type { Context } from "hono";
import { isRecord } from "../core/json.ts";
import type { Answer } from "./call.ts";
import type { Fault } from "./faults.ts";
import type { Platform } from "./platform.ts";
import { refuse } from "./refusal.ts";

const usualDelayMs = 1000;
const page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n";

/** Whether this kind can strike at a call: some are about messages alone. */
export function fitsCall(kind: string, call: string): boolean {
  if (kind === "not_shown" || kind === "quota_spent") return /^POST .*\/messages$/.test(call);
  return kind !== "token_expired" || !call.endsWith("/app/getAppAccessToken");
}

/** The fault that strikes at this call before the call itself is looked at. Throws the refusal that it stands for. */
export async function faultOf(c: Context, platform: Platform): Promise<Fault | undefined> {
  const call = `${c.req.method} ${c.req.path}`;
  const fault = platform.faults.strike("call", call, (kind) => fitsCall(kind, call));
  if (!fault) return undefined;
  if (fault.kind === "slow_answer") await platform.clock.sleep(fault.delay_ms ?? usualDelayMs);
  if (fault.kind === "token_expired") platform.tokens.expire(tokenOf(c));
  return fault;
}

/** Runs the call unless the fault stands before it. */
export function withFault(
  { fault, path, platform }: { fault: Fault | undefined; path: string; platform: Platform },
  handle: () => Answer,
): Answer {
  switch (fault?.kind) {
    case "unauthorized":
      return refuse(11244, "token not exist or expire", 401);
    case "rate_limited":
      return refuse(429, "too many calls", 429);
    case "quota_spent":
      return refuse(fault.code ?? (path.startsWith("/v2/") ? 40034100 : 304045), "the quota is used up");
    case "not_shown":
      return platform.chats.unseen(handle);
    case "server_error":
      if (fault.after_effect) handle();
      return refuse(50001, "internal error", 500);
    case "bad_gateway":
    case "connection_reset":
    case "no_answer":
      return fault.after_effect ? { ...handle(), status: 502 } : { status: 502 };
    default:
      return handle();
  }
}

/** The answer as it goes out: broken where the fault says so. */
export async function disturbed(fault: Fault, response: Response, c: Context, platform: Platform): Promise<Response> {
  const { clock } = platform;
  const delayMs = fault.delay_ms;
  switch (fault.kind) {
    case "rate_limited":
      if (delayMs !== undefined) response.headers.set("retry-after", String(Math.ceil(delayMs / 1000)));
      return response;
    case "server_error":
      if (delayMs) await clock.sleep(delayMs);
      return response;
    case "bad_gateway":
      if (delayMs) await clock.sleep(delayMs);
      return new Response(page, { status: 502, headers: { "content-type": "text/html" } });
    case "connection_reset":
      if (delayMs) await clock.sleep(delayMs);
      return brokenLine(c);
    case "no_answer":
      return new Promise<Response>(() => {});
    case "truncated_body":
    case "slow_body": {
      const bytes = new Uint8Array(await response.arrayBuffer());
      const half = Math.floor(bytes.length / 2);
      if (fault.kind === "truncated_body") return new Response(bytes.subarray(0, half), response);
      return new Response(
        dribble(bytes, half, () => clock.sleep(delayMs ?? usualDelayMs)),
        response,
      );
    }
    default:
      return response;
  }
}

function tokenOf(c: Context): string {
  return c.req.header("authorization")?.trim().split(/\s+/, 2)[1] ?? "";
}

/** On a real connection a reset; without one, as in a test that calls the app itself, a body that breaks. */
function brokenLine(c: Context): Response {
  const incoming = isRecord(c.env) ? (c.env.incoming as IncomingMessage | undefined) : undefined;
  if (incoming) {
    incoming.socket.resetAndDestroy();
    return new Response(null);
  }
  const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("the connection was reset")) });
  return new Response(broken);
}

function dribble(bytes: Uint8Array, half: number, pause: () => Promise<void>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(bytes.subarray(0, half));
      await pause();
      controller.enqueue(bytes.subarray(half));
      controller.close();
    },
  });
}
