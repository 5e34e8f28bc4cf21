import { z } from "zod";
import { isRecord } from "../core/json.ts";
import { webhookLimits } from "../protocol/limits.ts";
import { opcodes } from "../protocol/opcodes.ts";
import { isFresh } from "../protocol/signature.ts";
import { defineAction } from "./operation.ts";

const docs = "https://bot.q.qq.com/wiki/develop/api-v2/dev-prepare/interface-framework/sign.html";
const body = z.string().max(1_048_576).describe("The raw body as text, byte for byte");
const timestamp = z
  .string()
  .regex(/^\d{10,13}$/, "Unix seconds in digits")
  .describe("X-Signature-Timestamp, Unix seconds");

export const signWebhook = defineAction({
  name: "sign_webhook",
  title: "Sign a webhook body (Webhook 签名)",
  summary:
    "Headers with which this bot's webhook would take the body as coming from QQ, to test a webhook. For an address check (op 13) also the answer that is expected. The secret comes from the settings.",
  toolset: "developer",
  // Whoever has texts signed can forge events.
  permission: "manage",
  scope: "bot",
  idempotent: true,
  input: z.strictObject({ body, timestamp: timestamp.optional() }),
  output: z.looseObject({
    headers: z.looseObject({ "X-Signature-Ed25519": z.string(), "X-Signature-Timestamp": z.string() }),
    public_key: z.string().describe("Hex of the raw Ed25519 key"),
    answer: z.looseObject({ plain_token: z.string(), signature: z.string() }).optional(),
  }),
  docs,
  async run(context, input) {
    const signer = context.signer();
    const time = input.timestamp ?? String(Math.floor(context.clock.now() / 1000));
    const check = challengeOf(input.body);
    return {
      headers: { "X-Signature-Ed25519": signer.sign(time, input.body), "X-Signature-Timestamp": time },
      public_key: signer.publicKey,
      ...(check ? { answer: { plain_token: check.token, signature: signer.sign(check.time, check.token) } } : {}),
    };
  },
});

export const verifyWebhook = defineAction({
  name: "verify_webhook",
  title: "Verify a webhook signature (Webhook 验签)",
  summary: `Whether a body was signed by QQ for this bot, and within ${webhookLimits.freshnessMs / 60_000} minutes. The secret comes from the settings.`,
  toolset: "developer",
  permission: "read",
  scope: "bot",
  input: z.strictObject({
    body,
    timestamp,
    signature: z.string().min(1).max(256).describe("X-Signature-Ed25519, 128 hex digits"),
  }),
  output: z.looseObject({
    valid: z.boolean(),
    fresh: z.boolean(),
    reason: z.string().optional().describe("Why it would be refused"),
  }),
  docs,
  async run(context, input) {
    const isWellFormed = /^[0-9a-f]{128}$/i.test(input.signature);
    const valid = context.signer().verify(input.signature, input.timestamp, input.body);
    const fresh = isFresh(input.timestamp, context.clock.now());
    const reason = !isWellFormed
      ? "the signature is not 128 hex digits"
      : !valid
        ? "body, timestamp or secret differ from what was signed; a body that was parsed and written again does not verify"
        : fresh
          ? undefined
          : "the time is too far from now: a repeat of an old call";
    return { valid, fresh, ...(reason === undefined ? {} : { reason }) };
  },
});

function challengeOf(text: string): { token: string; time: string } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Any text can be signed; only an address check has an answer of its own.
    return undefined;
  }
  if (!isRecord(value) || value.op !== opcodes.callbackValidation || !isRecord(value.d)) return undefined;
  const { plain_token: token, event_ts: time } = value.d;
  return typeof token === "string" && typeof time === "string" ? { token, time } : undefined;
}
