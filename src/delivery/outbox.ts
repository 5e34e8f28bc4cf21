import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "../core/clock.ts";
import { ApiError, QQError } from "../core/errors.ts";
import { type Log, silentLog } from "../core/log.ts";
import { errorCode } from "../protocol/error-codes.ts";
import { conversationKey } from "../protocol/scenes.ts";
import type { RestClient, RestResponse } from "../rest/request.ts";
import type { SendLedger, SendReservation } from "./ledger.ts";
import type { DeliveredPart, Delivery, OutgoingMessage } from "./message.ts";
import { activeMark, checkMessage, type Part, planParts, replyObstacle } from "./plan.ts";
import { previewMessage } from "./preview.ts";
import { judge } from "./refusal.ts";
import { type Content, hasSequence, send, sentFacts, uploadImage } from "./send.ts";

export interface DeliveryOptions {
  rest: RestClient;
  ledger: SendLedger;
  clock?: Clock;
  log?: Log;
  /** Names messages that come without a key. */
  newKey?: () => string;
}

/** How a part deviates from its first plan. Each deviation happens at most once and has its own ledger key. */
interface Variant {
  asText: boolean;
  isActive: boolean;
  otherSeq: boolean;
}

interface Desk extends Required<DeliveryOptions> {
  message: OutgoingMessage;
  notes: Set<string>;
  signal: AbortSignal | undefined;
}

/**
 * Plan, reserve, send, settle. The ledger is written before the wire is touched: a key that was sent is never sent again,
 * and one whose outcome is open goes out with the same msg_seq, or, where there is none, not at all.
 */
export function createDelivery(options: DeliveryOptions): Delivery {
  const room = { clock: systemClock, log: silentLog, newKey: randomUUID, ...options };
  return {
    preview(message) {
      return previewMessage(message, { key: room.newKey(), ledger: room.ledger, now: room.clock.now() });
    },
    async deliver(message, signal) {
      checkMessage(message);
      const key = message.key ?? room.newKey();
      const { parts, notes } = planParts(message, { key, ledger: room.ledger, now: room.clock.now() });
      const desk: Desk = { ...room, message, notes: new Set(notes), signal };
      const delivered: DeliveredPart[] = [];
      for (const part of parts) delivered.push(await sendPart(desk, part));
      return { parts: delivered, notes: [...desk.notes] };
    },
  };
}

async function sendPart(desk: Desk, part: Part): Promise<DeliveredPart> {
  let variant = firstVariant(desk, part);
  for (;;) {
    desk.signal?.throwIfAborted();
    const outcome = await sendVariant(desk, part, variant);
    if (!("next" in outcome)) return outcome;
    variant = outcome.next;
  }
}

/** A part that was begun before goes on in its old mode, whatever time and counts say by now. */
function firstVariant(desk: Desk, part: Part): Variant {
  const { ledger, message, clock } = desk;
  const variant = { asText: false, isActive: false, otherSeq: false };
  if (ledger.find(part.key)) return variant;
  if (!ledger.find(part.key + activeMark)) {
    const obstacle = replyObstacle(message, ledger, clock.now());
    if (obstacle === undefined) return variant;
    if (message.replyTo) desk.notes.add(`sent as an active message: ${obstacle}`);
  }
  return { ...variant, isActive: true };
}

function keyOf(part: Part, variant: Variant): string {
  const marks = [variant.asText ? "+text" : "", variant.isActive ? activeMark : "", variant.otherSeq ? "+seq" : ""];
  return part.key + marks.join("");
}

/** One variant until it is delivered, or the variant to try instead. Throws what can neither be sent nor changed. */
async function sendVariant(desk: Desk, part: Part, variant: Variant): Promise<DeliveredPart | { next: Variant }> {
  const { ledger, message } = desk;
  const { scene, id, replyTo } = message;
  const replyId = variant.isActive ? undefined : (replyTo?.msgId ?? replyTo?.eventId);
  const key = keyOf(part, variant);
  if (ledger.find(key)?.status === "failed") {
    const taken = successors(variant).find((next) => ledger.find(keyOf(part, next)));
    if (taken) return { next: taken };
  }
  const reservation = await ledger.reserve({
    key,
    conversation: conversationKey({ scene, id }),
    ...(replyId === undefined ? {} : { replyId }),
  });
  const done = earlierOutcome(desk, reservation);
  if (done) return done;
  const inDoubt = reservation.isRepeat && reservation.status === "reserved";
  if (inDoubt && !isRepeatable(desk, variant)) {
    desk.notes.add("not sent again: it may have gone out before an interruption");
    return unknown(desk, reservation);
  }
  const content = await contentOf(desk, { part, variant, reservation, inDoubt });
  const reply = replyTo && !variant.isActive ? { to: replyTo, msgSeq: reservation.msgSeq } : undefined;
  const quote = content.kind === "markdown" ? undefined : part.quote;
  try {
    const response = await send(desk.rest, { scene, id, content, quote, reply }, desk.signal);
    return await settleSent(desk, reservation, response);
  } catch (error) {
    return settleRefused(desk, { error, part, variant, reservation, inDoubt });
  }
}

/** What an earlier run made of this key, when that is the end of it. */
function earlierOutcome(desk: Desk, reservation: SendReservation): DeliveredPart | undefined {
  const { status, messageId, isRepeat } = reservation;
  if (!isRepeat || status === "reserved" || status === "failed") return undefined;
  const part = delivered(desk, reservation, status === "sent" ? "already_sent" : status);
  return messageId === undefined ? part : { ...part, messageId };
}

/** Images by address have to be uploaded first where the scene takes files; a second variant uses the same upload. */
async function contentOf(
  desk: Desk,
  facts: { part: Part; variant: Variant; reservation: SendReservation; inDoubt: boolean },
): Promise<Content> {
  const { part, variant, reservation, inDoubt } = facts;
  const content = variant.asText && part.plain ? part.plain : part.content;
  if (content.kind !== "upload") return content;
  const { scene, id } = desk.message;
  try {
    const fileInfo = await uploadImage(desk.rest, { scene, id, url: content.url }, desk.signal);
    const { caption } = content;
    const uploaded: Content = { kind: "media", fileInfo, ...(caption === undefined ? {} : { caption }) };
    part.content = uploaded;
    return uploaded;
  } catch (error) {
    if (!inDoubt) await desk.ledger.settle(reservation.key, { status: "failed" });
    throw error;
  }
}

async function settleSent(desk: Desk, reservation: SendReservation, response: RestResponse): Promise<DeliveredPart> {
  const facts = sentFacts(response);
  if (response.audit) {
    const { auditId } = response.audit;
    const audit = auditId === undefined ? {} : { auditId };
    await desk.ledger.settle(reservation.key, { status: "pending_review", ...facts, ...audit });
    desk.notes.add("accepted, shown after the platform's review");
    return { ...delivered(desk, reservation, "pending_review"), ...facts, ...audit };
  }
  await desk.ledger.settle(reservation.key, { status: "sent", ...facts });
  return { ...delivered(desk, reservation, "sent"), ...facts };
}

async function settleRefused(
  desk: Desk,
  facts: { error: unknown; part: Part; variant: Variant; reservation: SendReservation; inDoubt: boolean },
): Promise<DeliveredPart | { next: Variant }> {
  const { error, part, variant, reservation, inDoubt } = facts;
  // Cancelled midway: the outcome is open, and the reservation says so.
  if (!(error instanceof QQError)) throw error;
  const rich = part.plain !== undefined && !variant.asText;
  const verdict = judge(error, { passive: reservation.msgSeq > 0, rich, inDoubt });
  const instead = async (next: Variant, note?: string) => {
    await desk.ledger.settle(reservation.key, { status: "failed" });
    desk.log.info({ scene: desk.message.scene, code: error.code, verdict }, "message refused; trying it differently");
    if (note) desk.notes.add(note);
    return { next };
  };
  switch (verdict) {
    case "delivered":
      await desk.ledger.settle(reservation.key, { status: "sent" });
      return delivered(desk, reservation, "already_sent");
    case "as_text":
      return instead({ ...variant, asText: true }, `sent as text: ${reasonOf(error)}`);
    case "actively":
      return instead({ ...variant, isActive: true }, `sent as an active message: ${reasonOf(error)}`);
    case "other_seq":
      if (!variant.otherSeq && !variant.isActive) return instead({ ...variant, otherSeq: true });
      break;
    case "unknown":
      // A reply with msg_seq stays reserved: whoever tries again with the same key can do no harm.
      if (isRepeatable(desk, variant) && error.retryable) throw error;
      desk.notes.add(`not known whether it arrived: ${reasonOf(error)}`);
      return unknown(desk, reservation);
  }
  // A refusal of this attempt says nothing about an earlier one whose outcome is open: it stays reserved.
  const isOpen = inDoubt || (error instanceof ApiError && error.retried);
  if (!isOpen) await desk.ledger.settle(reservation.key, { status: "failed" });
  throw error;
}

async function unknown(desk: Desk, reservation: SendReservation): Promise<DeliveredPart> {
  await desk.ledger.settle(reservation.key, { status: "unknown" });
  return delivered(desk, reservation, "unknown");
}

function delivered(desk: Desk, reservation: SendReservation, status: DeliveredPart["status"]): DeliveredPart {
  const { msgSeq } = reservation;
  const seq = msgSeq > 0 && hasSequence(desk.message.scene) ? { msgSeq } : {};
  return { mode: msgSeq > 0 ? "passive" : "active", status, sentAt: desk.clock.now(), ...seq };
}

/** Only what carries msg_seq is protected by the platform's own duplicate check. */
function isRepeatable(desk: Desk, variant: Variant): boolean {
  return hasSequence(desk.message.scene) && !variant.isActive;
}

function successors(variant: Variant): Variant[] {
  const next = [
    { ...variant, asText: true },
    { ...variant, isActive: true },
    { ...variant, otherSeq: true },
  ];
  return next.filter(
    (other) =>
      other.asText !== variant.asText || other.isActive !== variant.isActive || other.otherSeq !== variant.otherSeq,
  );
}

function reasonOf(error: QQError): string {
  const code = error instanceof ApiError ? error.qqCode : undefined;
  if (code === undefined) return error.message;
  return `${errorCode(code)?.meaning ?? "refused"} (${code})`;
}
