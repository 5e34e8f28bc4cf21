import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { isLoopbackName } from "../core/access.ts";
import { isRecord } from "../core/json.ts";
import { webhookLimits } from "../protocol/limits.ts";
import { opcodes } from "../protocol/opcodes.ts";
import { signerOf } from "../protocol/signature.ts";
import type { Finding } from "./doctor.ts";

export interface WebhookCheckOptions {
  url: string;
  appId: string;
  secret: string;
  /** How often the event of this id was stored here; undefined when this data folder is not the bot's. */
  stored: (id: string) => number | undefined;
}

interface Post {
  body: string;
  /** Unix seconds. */
  time: string;
  /** Undefined: unsigned. */
  signature: string | undefined;
}

interface Answer {
  status: number;
  body: unknown;
  tookMs: number;
}

/** A type that no bot knows: it is to be taken and left alone. */
const eventType = "QQ_SKILL_DOCTOR";
const patienceMs = 10_000;

/** Plays the platform's part against one's own address: what it would send, and what a stranger would. */
export async function checkWebhook(options: WebhookCheckOptions): Promise<Finding[]> {
  const { url, secret } = options;
  const address = checkAddress(url);
  if (address.result === "fail") return [address];
  const now = Math.floor(Date.now() / 1000);
  const signer = signerOf(secret);
  const signed = (body: string, time = String(now)): Post => ({ body, time, signature: signer.sign(time, body) });
  const handshake = await checkHandshake(options, signed);
  if (handshake.result === "fail") return [address, handshake];
  const id = `${eventType}:${randomBytes(16).toString("hex")}`;
  const event = eventBody(id);
  const forged = eventBody(`${id}-forged`);
  const stranger = signerOf(`not ${secret}`).sign(String(now), forged);
  const late = String(now - webhookLimits.freshnessMs / 1000 - 60);
  return [
    address,
    handshake,
    await expectTaken(options, { check: "event", post: signed(event) }),
    await expectRefused(options, {
      check: "forgery",
      post: { body: forged, time: String(now), signature: stranger },
      danger: "takes a post with a wrong signature: anybody can speak to the bot as anybody",
      remedy: "Verify X-Signature-Ed25519 over the timestamp and the raw body, and answer 401.",
    }),
    await expectRefused(options, {
      check: "unsigned",
      post: { body: forged, time: String(now), signature: undefined },
      danger: "takes a post without a signature: anybody can speak to the bot as anybody",
      remedy: "Refuse events without X-Signature-Ed25519 with 401.",
    }),
    await expectRefused(options, {
      check: "stale",
      post: signed(eventBody(`${id}-stale`), late),
      danger: "takes a post that is six minutes old: whoever recorded one can repeat it for ever",
      remedy: "Refuse timestamps that are more than five minutes off with 401.",
    }),
    await checkRepeat(options, { id, post: signed(event) }),
  ];
}

function eventBody(id: string): string {
  return JSON.stringify({ op: opcodes.dispatch, id, t: eventType, d: { note: "sent by qq-skill doctor" } });
}

/** What the console would accept. The platform calls it from outside: that cannot be tried from here. */
function checkAddress(url: string): Finding {
  const check = "address";
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    const remedy = "Give the whole address, such as https://bot.example.com/qq/webhook.";
    return { check, result: "fail", detail: `${url} is no http(s) address`, remedy };
  }
  const port = Number(parsed.port || (parsed.protocol === "https:" ? 443 : 80));
  const isLocal = isLoopbackName(parsed.host);
  const problems = [
    ...(parsed.protocol === "https:" ? [] : ["it is not https"]),
    ...((webhookLimits.ports as readonly number[]).includes(port) ? [] : [`its port is ${port}`]),
    ...(isLocal ? ["it is on this machine"] : []),
  ];
  if (problems.length === 0) return { check, result: "ok", detail: `${parsed.origin}${parsed.pathname}` };
  return {
    check,
    result: "warn",
    detail: `QQ cannot call ${parsed.origin}${parsed.pathname}: ${problems.join(", ")}`,
    remedy: `Give the console a public https address on port ${webhookLimits.ports.join(", ")} whose proxy leads here.`,
  };
}

async function checkHandshake(options: WebhookCheckOptions, signed: (body: string) => Post): Promise<Finding> {
  const check = "handshake";
  const token = randomBytes(10).toString("hex");
  const time = String(Math.floor(Date.now() / 1000));
  const post = signed(JSON.stringify({ op: opcodes.callbackValidation, d: { plain_token: token, event_ts: time } }));
  let answer: Answer;
  try {
    answer = await send(options, post);
  } catch (error) {
    return { check, result: "fail", ...unreachable(error) };
  }
  const { status, body, tookMs } = answer;
  const given = isRecord(body) ? body : {};
  if (status === 200 && given.plain_token === token && given.signature === signerOf(options.secret).sign(time, token))
    return { check, detail: "op 13 is answered with the right signature", ...pace(tookMs) };
  const [detail, remedy] = handshakeProblem(status, given, token);
  return { check, result: "fail", detail, remedy, tookMs };
}

function handshakeProblem(status: number, given: Record<string, unknown>, token: string): [string, string] {
  if (status === 404)
    return ["404: nothing is at this path", "Compare the path with QQ_BOT_WEBHOOK_PATH and the proxy."];
  if (status === 401 || status === 403)
    return [
      `${status}: the signature or AppID is refused`,
      "Bot and doctor need the same QQ_BOT_APP_ID and QQ_BOT_APP_SECRET, and clocks that agree within five minutes; the proxy must pass X-Signature-* headers and the body unchanged.",
    ];
  if (status >= 500) return [`${status}`, "The proxy does not reach the bot, or the bot fails: look at both logs."];
  if (status >= 300 && status < 400)
    return [`${status}: it leads elsewhere`, "Give the final address: the platform is not known to follow."];
  if (status !== 200) return [`${status}`, "Only status 200 passes the console's check."];
  if (given.plain_token !== token)
    return ["the answer does not carry the token back", 'Answer {"plain_token": the same, "signature": hex}, as JSON.'];
  return [
    "the answer has the wrong signature",
    "Sign event_ts + plain_token, without anything between, with the key that grows from this bot's AppSecret.",
  ];
}

async function expectTaken(
  options: WebhookCheckOptions,
  { check, post }: { check: string; post: Post },
): Promise<Finding> {
  try {
    const { status, tookMs } = await send(options, post);
    if (status >= 200 && status < 300) return { check, detail: "a signed event is taken", ...pace(tookMs) };
    const remedy = "Answer 2xx once the event is stored; look at the bot's log, and at /readyz if it has one.";
    return { check, result: "fail", detail: `a signed event is answered with ${status}`, remedy, tookMs };
  } catch (error) {
    return { check, result: "fail", ...unreachable(error) };
  }
}

interface Refusable {
  check: string;
  post: Post;
  danger: string;
  remedy: string;
}

async function expectRefused(
  options: WebhookCheckOptions,
  { check, post, danger, remedy }: Refusable,
): Promise<Finding> {
  try {
    const { status, tookMs } = await send(options, post);
    if (status >= 400 && status < 500) return { check, result: "ok", detail: `refused with ${status}`, tookMs };
    if (status >= 200 && status < 300) return { check, result: "fail", detail: danger, remedy, tookMs };
    return { check, result: "warn", detail: `neither taken nor refused: ${status}`, remedy, tookMs };
  } catch (error) {
    return { check, result: "fail", ...unreachable(error) };
  }
}

async function checkRepeat(options: WebhookCheckOptions, { id, post }: { id: string; post: Post }): Promise<Finding> {
  const check = "repeat";
  const taken = await expectTaken(options, { check, post });
  if (taken.result !== "ok" && taken.result !== "warn") return taken;
  const times = options.stored(id);
  if (times === 1) return { ...taken, detail: "the same event again is answered, and stored once" };
  if (times === undefined)
    return { ...taken, detail: "the same event again is answered; whether it counts once, only its bot knows" };
  return {
    ...taken,
    result: "fail",
    detail: `the same event again was stored ${times} times`,
    remedy: "Remember the ids of events for at least ten minutes: the platform repeats what it is not sure of.",
  };
}

async function send({ url, appId }: WebhookCheckOptions, { body, time, signature }: Post): Promise<Answer> {
  const startedAt = performance.now();
  const headers = {
    "content-type": "application/json",
    "user-agent": "QQBot-Callback",
    "x-bot-appid": appId,
    "x-signature-timestamp": time,
    ...(signature === undefined ? {} : { "x-signature-ed25519": signature }),
  };
  const signal = AbortSignal.timeout(patienceMs);
  const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
  const text = await response.text();
  return { status: response.status, body: parse(text), tookMs: performance.now() - startedAt };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The console wants JSON; the caller finds no token in this.
    return undefined;
  }
}

function pace(tookMs: number): Pick<Finding, "result" | "tookMs" | "remedy"> {
  if (tookMs <= webhookLimits.answerWithinMs) return { result: "ok", tookMs };
  return { result: "warn", tookMs, remedy: "Answer within three seconds: later ones are sent again." };
}

const causes: readonly [RegExp, string, string][] = [
  [
    /ECONNREFUSED/,
    "nothing listens there",
    "Start the bot with QQ_BOT_TRANSPORT=webhook, and the proxy in front of it.",
  ],
  [/ENOTFOUND|EAI_AGAIN/, "the name is not known", "Correct the name, or enter it in the DNS."],
  [/CERT_HAS_EXPIRED/, "the certificate has expired", "Renew it: QQ refuses the address otherwise."],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/,
    "the certificate is not trusted",
    "Use one of a public authority, with its whole chain, for this name.",
  ],
  [/EPROTO|SSL|TLS/, "TLS fails", "Check that the port speaks https."],
  [/Timeout/, "no answer in ten seconds", "Open the port in the firewall; check that the proxy reaches the bot."],
];

function unreachable(error: unknown): { detail: string; remedy: string } {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = isRecord(cause) && typeof cause.code === "string" ? cause.code : "";
  const text = `${code} ${cause instanceof Error ? `${cause.name} ${cause.message}` : String(cause)}`;
  const [, detail, remedy] = causes.find(([pattern]) => pattern.test(text)) ?? [];
  return { detail: detail ?? text.trim(), remedy: remedy ?? "Check address, network and proxy." };
}
