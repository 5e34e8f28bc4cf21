import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { isRecord, type Json } from "../core/json.ts";
import { redact } from "../core/redact.ts";
import { eventSpec } from "../protocol/events.ts";
import { intentNames } from "../protocol/intents.ts";
import { opcodes } from "../protocol/opcodes.ts";
import { parseJson } from "../protocol/parse-json.ts";
import { defineAction } from "./operation.ts";

interface Kind {
  name: string;
  from: "platform" | "bot" | "either";
  meaning: string;
}

const kinds: Readonly<Record<number, Kind>> = {
  [opcodes.dispatch]: { name: "dispatch", from: "platform", meaning: "an event; answer nothing, remember s" },
  [opcodes.heartbeat]: {
    name: "heartbeat",
    from: "either",
    meaning: "d is the last s, or null before the first event",
  },
  [opcodes.identify]: { name: "identify", from: "bot", meaning: "begins a session with token, intents and shard" },
  [opcodes.resume]: { name: "resume", from: "bot", meaning: "goes on with a session after s" },
  [opcodes.reconnect]: { name: "reconnect", from: "platform", meaning: "come back on a new socket and resume" },
  [opcodes.invalidSession]: {
    ...{ name: "invalid_session", from: "platform" },
    meaning: "identify or resume was refused; d true: the session still lives",
  },
  [opcodes.hello]: {
    ...{ name: "hello", from: "platform" },
    meaning: "first frame; send a heartbeat every d.heartbeat_interval ms",
  },
  [opcodes.heartbeatAck]: { name: "heartbeat_ack", from: "platform", meaning: "the heartbeat arrived" },
  [opcodes.callbackAck]: { name: "callback_ack", from: "bot", meaning: "answer to an event on a webhook" },
  [opcodes.callbackValidation]: {
    ...{ name: "callback_validation", from: "platform" },
    meaning: "the console checks a webhook address; answer with the signature of event_ts + plain_token",
  },
};

export const decodeFrame = defineAction({
  name: "decode_frame",
  title: "Explain a gateway frame or webhook body (事件帧解析)",
  summary:
    "What one frame says: operation, event, intent, whether and how long it can be replied to, and fields that differ from the documented form. Tokens are taken out.",
  toolset: "developer",
  permission: "read",
  scope: "bot",
  input: z.strictObject({ frame: z.string().min(2).max(262_144).describe("The JSON text as received or sent") }),
  output: z.looseObject({
    op: z.number(),
    name: z.string(),
    from: z.string().describe("platform, bot, either or unknown"),
    meaning: z.string(),
    event: z
      .looseObject({
        type: z.string(),
        known: z.boolean(),
        summary: z.string().optional(),
        intent: z.string().optional(),
        intent_bit: z.number().optional(),
        scene: z.string().optional(),
        reply_with: z.string().optional().describe("msg_id: d.id; event_id: the outer id"),
        reply_id: z.string().optional(),
        reply_window_s: z.number().optional(),
        reply_max: z.number().optional(),
        docs: z.string().optional(),
      })
      .optional(),
    seq: z.number().optional(),
    problems: z.array(z.string()).describe("What differs from the documented form"),
    d: z
      .union([z.looseObject({}), z.array(z.looseObject({})), z.string(), z.number(), z.boolean(), z.null()])
      .optional(),
  }),
  docs: "https://bot.q.qq.com/wiki/develop/api-v2/dev-prepare/interface-framework/event-emit.html",
  async run(_context, input) {
    const frame = parseFrame(input.frame);
    const kind = kinds[frame.op] ?? {
      name: "unknown",
      from: "unknown",
      meaning: "no such op is documented: ignore it",
    };
    const problems: string[] = [];
    const event = frame.op === opcodes.dispatch ? describeEvent(frame, problems) : undefined;
    if (frame.op === opcodes.hello && !isRecord(frame.d)) problems.push("d: hello without heartbeat_interval");
    return {
      op: frame.op,
      ...kind,
      ...(event ? { event } : {}),
      ...(typeof frame.s === "number" ? { seq: frame.s } : {}),
      problems,
      d: redact(frame.d ?? null) as Json,
    };
  },
});

type Frame = Record<string, unknown> & { op: number };

function parseFrame(text: string): Frame {
  const remedy = 'Give the whole frame as JSON text, such as {"op":10,"d":{"heartbeat_interval":41250}}.';
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new InputError("frame", `not JSON: ${(error as Error).message.slice(0, 120)}`, { remedy });
  }
  if (isRecord(value) && typeof value.op === "number") return value as Frame;
  throw new InputError("frame", "a frame is an object with a numeric op", { remedy });
}

function describeEvent(frame: Frame, problems: string[]) {
  const { t, s, id, d } = frame;
  if (typeof t !== "string") {
    problems.push("t: a dispatch names its event type");
    return undefined;
  }
  if (typeof s !== "number") problems.push("s: missing, normal on a webhook only");
  const spec = eventSpec(t);
  if (!spec) return { type: t, known: false };
  const issues = spec.schema.safeParse(d).error?.issues ?? [];
  problems.push(...issues.slice(0, 20).map(({ path, message }) => `${["d", ...path].join(".")}: ${message}`));
  const replyId = spec.replyWith === "msg_id" ? (isRecord(d) ? d.id : undefined) : id;
  return {
    ...{ type: t, known: true, summary: spec.summary, scene: spec.scene, docs: spec.docs },
    ...(spec.intentBit === null
      ? {}
      : { intent: intentNames(2 ** spec.intentBit)[0] as string, intent_bit: spec.intentBit }),
    ...(spec.replyWith === null ? {} : { reply_with: spec.replyWith }),
    ...(spec.replyWith !== null && typeof replyId === "string" ? { reply_id: replyId } : {}),
    ...(spec.replyWindowMs === null ? {} : { reply_window_s: spec.replyWindowMs / 1000 }),
    ...(spec.replyMax === null ? {} : { reply_max: spec.replyMax }),
  };
}
