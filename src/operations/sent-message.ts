import { z } from "zod";
import { errorCode } from "../protocol/error-codes.ts";
import { replyLimits } from "../protocol/limits.ts";
import { parseConversationKey } from "../protocol/scenes.ts";
import type { OutgoingMessageRow, OutgoingPart } from "../store/outgoing.ts";
import type { OperationContext } from "./context.ts";

const part = z.looseObject({
  part: z.string().describe("Number and count: 1/2"),
  status: z.enum(["delivered", "pending_review", "rejected", "refused", "unknown", "open"]),
  code: z.number().optional().describe("Of a refusal"),
  meaning: z.string().optional(),
  message_id: z.string().optional(),
  audit_id: z.string().optional(),
  msg_seq: z.number().optional(),
  tries: z.number().describe("Forms and ways that were tried"),
});

export const sentMessage = z.looseObject({
  scene: z.string(),
  id: z.string(),
  written_at: z.string().describe("ISO 8601"),
  text: z.string().describe("Its beginning"),
  status: z
    .enum(["delivered", "pending_review", "rejected", "refused", "unknown", "open", "held", "cancelled", "expired"])
    .describe("open: being sent, or interrupted"),
  parts: z.array(part),
  parts_planned: z.number(),
  held_until: z.string().optional().describe("ISO 8601"),
  note: z.string().optional(),
  budget: z
    .looseObject({
      used: z.number(),
      max: z.number().nullable().describe("null: no published number"),
      seconds_left: z.number().describe("Of the reply window"),
    })
    .optional()
    .describe("Free replies to the message that it answers"),
});

export type SentMessage = z.infer<typeof sentMessage>;

/** Where it reads what a message cost, and the time. */
export type Books = Pick<OperationContext, "outgoing" | "clock">;

export function describeSent(books: Books, row: OutgoingMessageRow): SentMessage {
  const { scene, id } = parseConversationKey(row.conversation) ?? { scene: "", id: row.conversation };
  const parts = partsOf(row.attempts);
  const budget = budgetOf(books, row);
  return {
    ...{ scene, id, written_at: new Date(row.writtenAt).toISOString(), text: row.text },
    status: isOver(books, row) ? "expired" : statusOf(row, parts),
    parts,
    parts_planned: row.parts,
    ...(row.heldUntil === undefined ? {} : { held_until: new Date(row.heldUntil).toISOString() }),
    ...(row.note === undefined ? {} : { note: row.note }),
    ...(budget ? { budget } : {}),
  };
}

/** Nobody sends it any more, though no process has written that down yet. */
function isOver({ clock }: Books, { state, heldUntil }: OutgoingMessageRow): boolean {
  return state === "held" && heldUntil !== undefined && heldUntil < clock.now();
}

function partsOf(attempts: readonly OutgoingPart[]): z.infer<typeof part>[] {
  const byPart = new Map<string, OutgoingPart[]>();
  for (const attempt of attempts) {
    const [, index = "0", count = "1"] = /#(\d+)\/(\d+)(?:\+.*)?$/.exec(attempt.key) ?? [];
    const name = `${Number(index) + 1}/${count}`;
    byPart.set(name, [...(byPart.get(name) ?? []), attempt]);
  }
  return [...byPart].map(([name, tries]) => {
    const last = tries.findLast(({ status }) => status !== "failed") ?? (tries.at(-1) as OutgoingPart);
    return {
      ...{ part: name, status: partStatus(last.status), tries: tries.length },
      ...(last.code === undefined ? {} : { code: last.code, meaning: errorCode(last.code)?.meaning ?? "refused" }),
      ...(last.messageId === undefined ? {} : { message_id: last.messageId }),
      ...(last.auditId === undefined ? {} : { audit_id: last.auditId }),
      ...(last.msgSeq === 0 ? {} : { msg_seq: last.msgSeq }),
    };
  });
}

function partStatus(status: OutgoingPart["status"]): z.infer<typeof part>["status"] {
  if (status === "sent") return "delivered";
  if (status === "reserved") return "open";
  return status === "failed" ? "refused" : status;
}

function statusOf(row: OutgoingMessageRow, parts: readonly z.infer<typeof part>[]): SentMessage["status"] {
  if (row.state !== "open") return row.state;
  const odd = parts.find(({ status }) => status !== "delivered");
  return odd?.status ?? (parts.length < row.parts ? "open" : "delivered");
}

function budgetOf({ outgoing, clock }: Books, { conversation, replyId, receivedAt }: OutgoingMessageRow) {
  const { scene } = parseConversationKey(conversation) ?? {};
  if (!scene || replyId === undefined) return undefined;
  const { windowMs, max } = replyLimits[scene];
  const leftMs = receivedAt === undefined ? windowMs : receivedAt + windowMs - clock.now();
  return { used: outgoing.used(conversation, replyId), max, seconds_left: Math.max(0, Math.round(leftMs / 1000)) };
}
