import { z } from "zod";
import { ApiError, InputError } from "../core/errors.ts";
import type { DeliveredPart, DeliveryResult, OutgoingMessage, ReplyTarget } from "../delivery/message.ts";
import { eventId, messageId, refIdx } from "../protocol/ids.ts";
import { keyboard } from "../protocol/keyboard.ts";
import { textLimits } from "../protocol/limits.ts";
import { publicUrl } from "../protocol/public-url.ts";
import type { Conversation } from "../protocol/scenes.ts";
import type { OperationContext } from "./context.ts";
import { docsPage } from "./docs-page.ts";
import { defineAction } from "./operation.ts";
import { placeId, scene } from "./place.ts";

/** Checked in full, listed as a plain object: the whole keyboard would outweigh all other fields together. */
const keyboardField = z
  .record(z.string(), z.unknown())
  .superRefine((value, context) => {
    const issues = keyboard.safeParse(value).error?.issues ?? [];
    for (const { path, message } of issues) context.addIssue({ code: "custom", path, message });
  })
  .describe("As in send_group_message");

export const sendMessage = defineAction({
  name: "send_message",
  title: "Send a message (发送消息)",
  summary: "Send text, markdown or a picture. With msg_id a free reply, else an active message with quotas.",
  toolset: "message",
  permission: "send",
  scope: { conversation: { scene: "scene", id: "id" } },
  listed: true,
  input: z.strictObject({
    scene,
    id: placeId,
    content: z.string().max(textLimits.maxLength).optional().describe("Text; caption"),
    format: z.enum(["auto", "text", "markdown"]).default("auto").describe("Form"),
    image_url: publicUrl.optional().describe("Picture"),
    file_info: z.string().min(1).max(8192).optional().describe("Or an upload"),
    keyboard: keyboardField.optional(),
    quote: refIdx.max(512).optional().describe("REFIDX_…; in guilds a message id"),
    msg_id: messageId.optional().describe("Message to reply to"),
    event_id: eventId.optional().describe("Or event"),
  }),
  output: z.looseObject({
    outcome: z.string().describe("What happened, in one line"),
    scene: z.string(),
    id: z.string(),
    parts: z
      .array(
        z.looseObject({
          message_id: z.string().optional(),
          status: z
            .enum(["sent", "already_sent", "pending_review", "unknown", "held", "cancelled", "failed", "rejected"])
            .describe("unknown: it may have arrived, do not send again"),
          mode: z.enum(["passive", "active", "wakeup"]),
          sent_at: z.string().describe("ISO 8601"),
          msg_seq: z.number().optional(),
          ref_idx: z.string().optional().describe("Id to quote it by"),
          audit_id: z.string().optional(),
        }),
      )
      .describe("One per message; long text makes several"),
    notes: z.array(z.string()).describe("What was done differently than asked"),
  }),
  listedFields: ["scene", "id", "content", "image_url", "file_info", "msg_id"],
  docs: docsPage("message/send-receive/send"),
  async run(context, input, signal) {
    checkSaid(input);
    const replyTo = replyTarget(context, input);
    const message: OutgoingMessage = {
      scene: input.scene,
      id: input.id,
      ...(input.content?.trim() ? { text: input.content } : {}),
      format: input.format,
      ...(input.image_url === undefined ? {} : { imageUrl: input.image_url }),
      ...(input.file_info === undefined ? {} : { fileInfo: input.file_info }),
      ...(input.keyboard === undefined ? {} : { keyboard: input.keyboard }),
      ...(input.quote === undefined ? {} : { quote: input.quote }),
      ...(replyTo ? { replyTo } : {}),
      ...(context.caller.key === undefined ? {} : { key: context.caller.key }),
      // In a turn the closing answer needs the last reply; and only a process that hears can send later.
      ...(context.caller.kind === "model" ? { keepsLast: true } : {}),
      ...(hears(context) ? { mayWait: true } : {}),
    };
    return answer(message, await deliver(context, message, signal));
  },
});

function hears({ caller, gateway }: OperationContext): boolean {
  return caller.kind === "model" || !["stopped", "failed"].includes(gateway.status().state);
}

function checkSaid(input: {
  content?: string | undefined;
  image_url?: string | undefined;
  file_info?: string | undefined;
}) {
  const { content, image_url, file_info } = input;
  const expected = "content, or one of image_url and file_info, with or without content as its caption";
  if (!content?.trim() && image_url === undefined && file_info === undefined)
    throw new InputError("content", "there is nothing to send", { expected, remedy: `Give ${expected}.` });
  if (image_url !== undefined && file_info !== undefined) {
    throw new InputError("file_info", "image_url and file_info cannot go in one message", {
      ...{ expected, remedy: "Send the second one as a message of its own." },
    });
  }
}

const refusedFileInfo = 304_080;

async function deliver(context: OperationContext, message: OutgoingMessage, signal: AbortSignal | undefined) {
  try {
    return await context.delivery.deliver(message, signal);
  } catch (error) {
    // The next upload of the same content must not be answered from memory.
    if (message.fileInfo !== undefined && error instanceof ApiError && error.qqCode === refusedFileInfo)
      context.uploads.forget(message.fileInfo);
    throw error;
  }
}

interface ReplyInput extends Conversation {
  msg_id?: string | undefined;
  event_id?: string | undefined;
}

/** What was asked for, else what the turn offers for its own conversation. Windows count from the true receipt. */
function replyTarget(context: OperationContext, input: ReplyInput): ReplyTarget | undefined {
  const own = context.caller.conversation;
  const offered = own?.scene === input.scene && own.id === input.id ? own.replyTo : undefined;
  const { msg_id: msgId, event_id: outerId } = input;
  if (msgId !== undefined && outerId !== undefined)
    throw new InputError("event_id", "msg_id and event_id cannot be combined", { remedy: "Leave one of them out." });
  if (msgId !== undefined)
    return { msgId, receivedAt: offered?.msgId === msgId ? offered.receivedAt : receiptOf(context, msgId, "message") };
  if (outerId !== undefined)
    return {
      eventId: outerId,
      receivedAt: offered?.eventId === outerId ? offered.receivedAt : receiptOf(context, outerId, "event"),
    };
  return offered;
}

const lookBack = 500;

/** When an event came in, by our inbox; unknown ones count as just received, and the platform has the last word. */
function receiptOf(context: OperationContext, id: string, kind: "message" | "event"): number {
  const { inbox, clock } = context;
  const events = inbox.list({ after: Math.max(0, inbox.last() - lookBack), limit: lookBack });
  const found = events.findLast((event) => (kind === "event" ? event.id : messageIdOf(event.data)) === id);
  return found?.receivedAt ?? clock.now();
}

function messageIdOf(data: unknown): unknown {
  return data !== null && typeof data === "object" && "id" in data ? data.id : undefined;
}

function answer({ scene, id }: Conversation, { parts, notes }: DeliveryResult) {
  return {
    outcome: outcomeOf(parts, notes),
    scene,
    id,
    parts: parts.map((part) => ({
      ...(part.messageId === undefined ? {} : { message_id: part.messageId }),
      status: part.status,
      mode: part.mode,
      sent_at: new Date(part.sentAt).toISOString(),
      ...(part.msgSeq === undefined ? {} : { msg_seq: part.msgSeq }),
      ...(part.refIdx === undefined ? {} : { ref_idx: part.refIdx }),
      ...(part.auditId === undefined ? {} : { audit_id: part.auditId }),
    })),
    notes,
  };
}

const truths: Readonly<Record<DeliveredPart["status"], string>> = {
  sent: "delivered",
  already_sent: "delivered",
  pending_review: "pending: nobody sees it before the platform's review has passed it",
  unknown: "unknown: it may have arrived; do not send it again",
  held: "not delivered yet: it goes out by itself; do not send it again",
  cancelled: "not sent: the message it answers was recalled",
  failed: "not delivered",
  rejected: "not delivered: the platform's review rejected it",
};

/** The truth that a model must not improve on. Notes come after it, since they may quote what the platform said. */
function outcomeOf(parts: readonly DeliveredPart[], notes: readonly string[]): string {
  const arrived = parts.filter(({ status }) => truths[status] === "delivered").length;
  if (arrived === parts.length) return "delivered";
  const other = parts.find(({ status }) => truths[status] !== "delivered");
  const until = other?.heldUntil === undefined ? "" : ` (given up at ${new Date(other.heldUntil).toISOString()})`;
  const share = arrived > 0 ? `${arrived} of ${parts.length} parts delivered; the rest: ` : "";
  return [`${share}${truths[other?.status ?? "failed"]}${until}`, ...notes].join("; ");
}
