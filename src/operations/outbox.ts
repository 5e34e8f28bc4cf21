import { z } from "zod";
import { errorCode } from "../protocol/error-codes.ts";
import { replyLimits } from "../protocol/limits.ts";
import { parseConversationKey } from "../protocol/scenes.ts";
import type { OutgoingMessageRow, OutgoingPart } from "../store/outgoing.ts";
import type { OperationContext } from "./context.ts";
import { docsPage } from "./docs-page.ts";
import { defineAction } from "./operation.ts";
import { mayReadIn } from "./targets.ts";

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

const message = z.looseObject({
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

export type ListedMessage = z.infer<typeof message>;

export const listOutbox = defineAction({
  name: "list_outbox",
  title: "What was sent, waits, or was refused (发件箱)",
  summary:
    "The newest messages of this bot with what became of each part: delivered, pending review, refused (code, meaning), held until when; and what is left of the free replies.",
  toolset: "developer",
  permission: "read",
  scope: "bot",
  input: z.strictObject({ limit: z.int().min(1).max(100).default(20).describe("Newest first") }),
  output: z.looseObject({ messages: z.array(message) }),
  docs: docsPage("message/send-receive/send"),
  async run(context, { limit }, signal) {
    const rows = context.outgoing.list(limit);
    const places = [...new Set(rows.map(({ conversation }) => conversation))];
    const allowed = await Promise.all(places.map((place) => mayReadIn(context, place, signal)));
    const isShown = ({ conversation }: OutgoingMessageRow) => allowed[places.indexOf(conversation)];
    return { messages: rows.filter(isShown).map((row) => describe(context, row)) };
  },
});

function describe(context: OperationContext, row: OutgoingMessageRow): ListedMessage {
  const { scene, id } = parseConversationKey(row.conversation) ?? { scene: "", id: row.conversation };
  const parts = partsOf(row.attempts);
  const budget = budgetOf(context, row);
  return {
    ...{ scene, id, written_at: new Date(row.writtenAt).toISOString(), text: row.text },
    status: isOver(context, row) ? "expired" : statusOf(row, parts),
    parts,
    parts_planned: row.parts,
    ...(row.heldUntil === undefined ? {} : { held_until: new Date(row.heldUntil).toISOString() }),
    ...(row.note === undefined ? {} : { note: row.note }),
    ...(budget ? { budget } : {}),
  };
}

/** Nobody sends it any more, though no process has written that down yet. */
function isOver({ clock }: OperationContext, { state, heldUntil }: OutgoingMessageRow): boolean {
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

function statusOf(row: OutgoingMessageRow, parts: readonly z.infer<typeof part>[]): ListedMessage["status"] {
  if (row.state !== "open") return row.state;
  const odd = parts.find(({ status }) => status !== "delivered");
  return odd?.status ?? (parts.length < row.parts ? "open" : "delivered");
}

function budgetOf({ outgoing, clock }: OperationContext, { conversation, replyId, receivedAt }: OutgoingMessageRow) {
  const { scene } = parseConversationKey(conversation) ?? {};
  if (!scene || replyId === undefined) return undefined;
  const { windowMs, max } = replyLimits[scene];
  const leftMs = receivedAt === undefined ? windowMs : receivedAt + windowMs - clock.now();
  return { used: outgoing.used(conversation, replyId), max, seconds_left: Math.max(0, Math.round(leftMs / 1000)) };
}
