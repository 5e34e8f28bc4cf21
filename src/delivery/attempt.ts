import { ApiError, QQError } from "../core/errors.ts";
import type { RestResponse } from "../rest/request.ts";
import type { Desk } from "./desk.ts";
import type { SendOutcome, SendReservation } from "./ledger.ts";
import type { DeliveredPart } from "./message.ts";
import type { Part } from "./plan.ts";
import { isAboutMedia, isAmbiguous, judge } from "./refusal.ts";
import { type Content, hasSequence, send, sentFacts, uploadImage } from "./send.ts";
import { idOf } from "./targets.ts";
import {
  begunVariant,
  contentFor,
  freshVariant,
  hasLinks,
  isWakeUpKey,
  keyOf,
  reasonOf,
  rememberRefusal,
  type Variant,
} from "./variant.ts";
import { chooseRoute, type Way } from "./way.ts";

/** One part in one call of deliver(). */
interface Run {
  desk: Desk;
  part: Part;
  /** Ways that have proved closed meanwhile. */
  closed: Set<Way>;
}

interface Try extends Run {
  variant: Variant;
  reservation: SendReservation;
  /** It may have reached the platform before an interruption. */
  inDoubt: boolean;
}

/** What becomes of a part: its end, another variant to try, or no way for now. */
type Step = { end: DeliveredPart } | { next: Variant } | { hold: string };

/** So long a send waits in place for the gateway session; after that, a message that may wait is put aside. */
const gateWaitMs = 15_000;
export const offline = "the bot is not connected: it goes out once it is again";
const noWay = "no way to the reader is open: it goes out with the next message there";

/** One part until it is delivered, cancelled, or has to be held. Throws what can neither be sent nor changed. */
export async function sendPart(desk: Desk, part: Part): Promise<Exclude<Step, { next: Variant }>> {
  const run: Run = { desk, part, closed: new Set() };
  let variant = begunVariant(desk, part);
  for (;;) {
    desk.signal?.throwIfAborted();
    if (!(await passGate(desk))) return { hold: offline };
    if (desk.targets.isRecalled(desk.message.replyTo)) return { end: ended(desk, "cancelled") };
    variant ??= await freshVariant(desk, part, run.closed);
    const step: Step = variant ? await sendVariant(run, variant) : { hold: noWay };
    if (!("next" in step)) return step;
    variant = step.next;
  }
}

/** What is sent while the session is down is taken by the platform and shown to nobody. */
async function passGate({ gate, clock, message, signal }: Desk): Promise<boolean> {
  if (gate.isOpen()) return true;
  if (!message.mayWait) {
    await gate.opened(signal);
    return true;
  }
  const patience = new AbortController();
  const cancel = clock.after(gateWaitMs, () => patience.abort());
  try {
    await gate.opened(AbortSignal.any([patience.signal, ...(signal ? [signal] : [])]));
    return true;
  } catch (error) {
    if (patience.signal.aborted && !signal?.aborted) return false;
    throw error;
  } finally {
    cancel();
  }
}

/** One variant until it is delivered, or what to do instead. */
async function sendVariant(run: Run, variant: Variant): Promise<Step> {
  const { desk, part } = run;
  const { message, conversation } = desk;
  const { to } = variant;
  const reservation = await desk.memory().sends.reserve({
    ...{ key: keyOf(part, variant), conversation },
    ...(to ? { replyId: idOf(to) } : {}),
  });
  const done = earlierOutcome(desk, reservation);
  if (done) return { end: done };
  const inDoubt = reservation.isRepeat && reservation.status === "reserved";
  if (inDoubt && !isRepeatable(desk, variant)) {
    desk.notes.add("not sent again: it may have gone out before an interruption");
    return unknown(desk, reservation);
  }
  const current: Try = { ...run, variant, reservation, inDoubt };
  const content = await contentOf(current);
  const reply = to ? { to, msgSeq: reservation.msgSeq } : undefined;
  const quote = content.kind === "markdown" ? undefined : part.quote;
  const { scene, id } = message;
  const isWakeUp = variant.way === "wakeup";
  try {
    return settleSent(current, await send(desk.rest, { scene, id, content, quote, reply, isWakeUp }, desk.signal));
  } catch (error) {
    return settleRefused(current, error);
  }
}

/** What an earlier run made of this key, when that is the end of it. */
function earlierOutcome(desk: Desk, reservation: SendReservation): DeliveredPart | undefined {
  const { status, messageId, isRepeat } = reservation;
  if (!isRepeat || status === "reserved" || status === "failed") return undefined;
  const part = ended(desk, status === "sent" ? "already_sent" : status, reservation);
  return messageId === undefined ? part : { ...part, messageId };
}

/** Images by address have to be uploaded first where the scene takes files; a second variant uses the same upload. */
async function contentOf(current: Try): Promise<Content> {
  const { desk, part, variant, reservation, inDoubt } = current;
  if (variant.asText && part.instead) part.content = part.instead;
  const content = contentFor(variant, part);
  if (content.kind !== "upload") return content;
  const { scene, id } = desk.message;
  try {
    const fileInfo = await uploadImage(desk.rest, { scene, id, url: content.url }, desk.signal);
    const { caption } = content;
    const uploaded: Content = { kind: "media", fileInfo, ...(caption === undefined ? {} : { caption }) };
    part.content = uploaded;
    return uploaded;
  } catch (error) {
    if (part.instead && isAboutMedia(error)) {
      desk.notes.add(inWords(error));
      part.content = part.instead;
      return contentOf(current);
    }
    if (!inDoubt) await settleFailed(desk, reservation, error);
    throw error;
  }
}

function inWords(error: QQError): string {
  return `sent as text, without the picture or file: ${reasonOf(error)}`;
}

async function settleSent({ desk, reservation }: Try, response: RestResponse): Promise<Step> {
  const facts = sentFacts(response);
  if (!response.audit) {
    await mark(desk, reservation, { status: "sent", ...facts });
    return { end: { ...ended(desk, "sent", reservation), ...facts } };
  }
  const { auditId } = response.audit;
  const audit = auditId === undefined ? {} : { auditId };
  await mark(desk, reservation, { status: "pending_review", ...facts, ...audit });
  desk.notes.add("accepted, shown after the platform's review");
  return { end: { ...ended(desk, "pending_review", reservation), ...facts, ...audit } };
}

/** The platform has it: a full disk must not make it look failed, or it would be sent again. Its reservation stays open. */
async function mark({ memory, log }: Desk, { key }: SendReservation, outcome: SendOutcome): Promise<void> {
  try {
    await memory().sends.settle(key, outcome);
  } catch (error) {
    log.error({ error }, "a message was sent, but that could not be written down");
  }
}

async function settleRefused(current: Try, error: unknown): Promise<Step> {
  const { desk, part, variant, reservation, inDoubt } = current;
  // Cancelled midway: the outcome is open, and the reservation says so.
  if (!(error instanceof QQError)) throw error;
  if (part.instead && part.content !== part.instead && isAboutMedia(error)) {
    await settleFailed(desk, reservation, error);
    desk.notes.add(inWords(error));
    return { next: { ...variant, asText: true } };
  }
  const rich = part.plain !== undefined && !variant.asText;
  const verdict = judge(error, { way: variant.way, rich, hasLinks: hasLinks(variant, part), inDoubt });
  switch (verdict) {
    case "delivered":
      await desk.memory().sends.settle(reservation.key, { status: "sent" });
      return { end: ended(desk, "already_sent", reservation) };
    case "no_links":
      await settleFailed(desk, reservation, error);
      await rememberRefusal(desk, part, { what: "link", error });
      desk.notes.add(`addresses written out, not as links: ${reasonOf(error)}`);
      return { next: { ...variant, noLinks: true, asText: variant.asText || isAmbiguous(error) } };
    case "as_text":
      await settleFailed(desk, reservation, error);
      await rememberRefusal(desk, part, { what: "markdown", error });
      desk.notes.add(`sent as text: ${reasonOf(error)}`);
      return { next: { ...variant, asText: true } };
    case "elsewhere":
      await settleFailed(desk, reservation, error);
      return elsewhere(current, error);
    case "other_seq":
      if (variant.otherSeq || !variant.to) break;
      await settleFailed(desk, reservation, error);
      return { next: { ...variant, otherSeq: true } };
    case "unknown":
      // A reply with msg_seq stays reserved: whoever tries again with the same key can do no harm.
      if (isRepeatable(desk, variant) && error.retryable) throw error;
      desk.notes.add(`not known whether it arrived: ${reasonOf(error)}`);
      return unknown(desk, reservation);
  }
  // A refusal of this attempt says nothing about an earlier one whose outcome is open: it stays reserved.
  const isOpen = inDoubt || (error instanceof ApiError && error.retried);
  if (!isOpen) await settleFailed(desk, reservation, error);
  throw error;
}

/** The next best way after this one has proved closed; without one, the platform's own words, or a longer wait. */
async function elsewhere({ desk, part, closed, variant }: Try, error: QQError): Promise<Step> {
  desk.log.info(
    { conversation: desk.conversation, code: error.code, way: variant.way },
    "refused; looking for another way",
  );
  closed.add(variant.way);
  if (variant.to) desk.targets.spend(variant.to);
  else await rememberRefusal(desk, part, { what: "active", error });
  const route = await chooseRoute(desk, closed, reasonOf(error));
  if (!route && !desk.message.mayWait) throw error;
  if (!route) return { hold: `${noWay} (${reasonOf(error)})` };
  return { next: { ...route, asText: variant.asText, noLinks: variant.noLinks, otherSeq: false } };
}

function settleFailed(desk: Desk, { key }: SendReservation, error: unknown): Promise<void> {
  const code = error instanceof ApiError ? error.qqCode : undefined;
  return desk.memory().sends.settle(key, { status: "failed", ...(code === undefined ? {} : { code }) });
}

async function unknown(desk: Desk, reservation: SendReservation): Promise<Step> {
  await desk.memory().sends.settle(reservation.key, { status: "unknown" });
  return { end: ended(desk, "unknown", reservation) };
}

/** The end of a part; without a reservation nothing was spent on it. */
export function ended(
  { message, clock }: Desk,
  status: DeliveredPart["status"],
  reservation?: SendReservation,
): DeliveredPart {
  const msgSeq = reservation?.msgSeq ?? 0;
  const isReply = reservation ? msgSeq > 0 : message.replyTo !== undefined;
  const seq = msgSeq > 0 && hasSequence(message.scene) ? { msgSeq } : {};
  const initiative = reservation && isWakeUpKey(reservation.key) ? "wakeup" : "active";
  return { mode: isReply ? "passive" : initiative, status, sentAt: clock.now(), ...seq };
}

/** Only what carries msg_seq is protected by the platform's own duplicate check. */
function isRepeatable({ message }: Desk, variant: Variant): boolean {
  return hasSequence(message.scene) && variant.to !== undefined;
}
