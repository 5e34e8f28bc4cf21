import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "../core/clock.ts";
import { QQError } from "../core/errors.ts";
import { type Log, silentLog } from "../core/log.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { conversationKey } from "../protocol/scenes.ts";
import type { RestClient } from "../rest/request.ts";
import { ended, sendPart } from "./attempt.ts";
import { type Desk, openDesk, type Room } from "./desk.ts";
import { GrowingDraft } from "./draft.ts";
import { hearEvent, recalledNote } from "./hearing.ts";
import { beginningOf, HeldMessages, isPassing } from "./held.ts";
import { Lanes } from "./lanes.ts";
import type { DeliveryMemory } from "./ledger.ts";
import type { LinkPolicy } from "./links.ts";
import type { DeliveredPart, Delivery, DeliveryReport, DeliveryResult, OutgoingMessage } from "./message.ts";
import { checkMessage, planParts } from "./plan.ts";
import { previewMessage } from "./preview.ts";
import { bookedRest } from "./raw-sends.ts";
import { openGate, type SendGate } from "./send-gate.ts";
import { closeOrphan } from "./stream.ts";
import { idOf, Targets } from "./targets.ts";
import { reasonOf } from "./variant.ts";

export interface DeliveryOptions {
  rest: RestClient;
  /** Asked at use, so that it may be opened late. */
  memory: () => DeliveryMemory;
  /** Default: always open. */
  gate?: SendGate;
  clock?: Clock;
  log?: Log;
  /** What is done with addresses. Default: keep them. */
  links?: LinkPolicy;
  /** Names messages that come without a key. */
  newKey?: () => string;
  /** Told of what becomes of a message later, beside the log. Must not throw. */
  onReport?: (report: DeliveryReport) => void;
}

export interface Outbox extends Delivery {
  /** For calls that speak past it: what they send counts here too. */
  rest: RestClient;
  /** Every event once it is stored: what can be replied to, switches, verdicts of reviews, recalls. Never rejects. */
  hear(envelope: Envelope): Promise<void>;
  /** At the start, with the newest events; what a former process held then goes out in the background. */
  resume(recent: readonly Envelope[]): Promise<void>;
}

/**
 * Plan, write down, send, mark. The ledger is written before the wire is touched: a key that was sent is never sent again,
 * and one whose outcome is open goes out with the same msg_seq, or, where there is none, not at all.
 */
export function createDelivery(options: DeliveryOptions): Outbox {
  const { newKey = randomUUID, onReport = () => {}, links = "keep", ...given } = options;
  const room: Room = { clock: systemClock, log: silentLog, gate: openGate, ...given, targets: new Targets() };
  const lanes = new Lanes();
  const report = (told: DeliveryReport) => {
    logReport(room.log, told);
    onReport(told);
  };
  const dispatch = (message: OutgoingMessage, signal?: AbortSignal) =>
    dispatchMessage({ room, held, report, links }, { message, key: message.key ?? newKey() }, signal);
  const held = new HeldMessages({ room, lanes, report, dispatch });
  return {
    draft: (target) => (target.scene === "c2c" ? new GrowingDraft(room, lanes, links, target) : undefined),
    rest: bookedRest(room, lanes, newKey),
    preview(message) {
      const used = (...of: [conversation: string, replyId: string]) => room.memory().sends.used(...of);
      return previewMessage(message, { key: newKey(), used, now: room.clock.now(), links });
    },
    async deliver(message, signal) {
      checkMessage(message);
      return lanes.run(conversationKey(message), () => dispatch(message, signal), signal);
    },
    async hear(envelope) {
      try {
        const opened = await hearEvent(room, report, envelope);
        if (opened !== undefined) await held.flush(opened);
      } catch (error) {
        room.log.error({ type: envelope.type, error }, "the outbox could not take an event into account");
      }
    },
    async resume(recent) {
      closeStreams(room, lanes);
      for (const envelope of recent) await hearEvent(room, report, envelope);
      if (room.memory().outgoing.held().length > 0) held.flushLater();
    },
  };
}

/** Before anything else is said there. */
function closeStreams(room: Room, lanes: Lanes): void {
  for (const row of room.memory().streams.open()) {
    lanes
      .run(row.conversation, async () => {
        await room.gate.opened();
        const now = room.memory().streams.open();
        if (now.some(({ messageKey, number }) => messageKey === row.messageKey && number === row.number))
          await closeOrphan(room, row);
      })
      .catch((error: unknown) => room.log.error({ error }, "a message is left growing"));
  }
}

/** What the messages of one outbox have to do with each other. */
interface Bench {
  room: Room;
  held: HeldMessages;
  report: (told: DeliveryReport) => void;
  links: LinkPolicy;
}

/** One message in its lane, part by part. `key` names it; only a message with a key of its own is sent again after an error. */
async function dispatchMessage(
  bench: Bench,
  given: { message: OutgoingMessage; key: string },
  signal?: AbortSignal,
): Promise<DeliveryResult> {
  const { room, held, links } = bench;
  const { message, key } = given;
  const { replyTo } = message;
  const { sends, outgoing } = room.memory();
  const desk = openDesk(room, { ...message, key }, signal);
  const { parts, notes } = planParts(message, { key, ledger: sends, now: room.clock.now(), links });
  for (const note of notes) desk.notes.add(note);
  // Queued before the first reservation, which the same commit makes durable.
  const planned = outgoing.plan({
    ...{ key, conversation: desk.conversation, text: beginningOf(message), parts: parts.length },
    ...(replyTo ? { replyId: idOf(replyTo), receivedAt: replyTo.receivedAt } : {}),
  });
  // Looked at below; until then its failure is nobody's.
  planned.catch(() => undefined);
  const done: DeliveredPart[] = [];
  const fillUp = (rest: DeliveredPart) => {
    while (done.length < parts.length) done.push(rest);
  };
  for (const part of parts) {
    try {
      const step = await sendPart(desk, part);
      if ("end" in step) {
        done.push(step.end);
        continue;
      }
      // Without its row nothing would be held.
      await planned;
      const heldUntil = await held.hold(desk, step.hold);
      desk.notes.add(`held: ${step.hold}`);
      fillUp({ ...ended(desk, "held"), heldUntil });
    } catch (error) {
      // Whoever has no key of its own would send the parts that arrived a second time.
      const isForCaller = done.length === 0 || (message.key !== undefined && isPassing(error));
      if (isForCaller || !(error instanceof QQError)) throw error;
      desk.notes.add(`part ${done.length + 1} of ${parts.length} was not sent: ${reasonOf(error)}`);
      fillUp(ended(desk, "failed"));
    }
    break;
  }
  // If it was held, it is so until here: a crash before finds it again, and its parts as they are.
  if (outgoing.isHeld(key) && done.every(({ status }) => status !== "held")) await outgoing.release(key);
  tellLosses(bench.report, desk, done);
  return { parts: done, notes: [...desk.notes] };
}

function tellLosses(
  report: Bench["report"],
  { message, conversation, notes }: Desk,
  parts: readonly DeliveredPart[],
): void {
  const lost = parts.find(({ status }) => status === "cancelled" || status === "failed");
  if (!lost) return;
  const told = { key: message.key ?? "", conversation, text: beginningOf(message) };
  if (lost.status === "cancelled") report({ ...told, outcome: "cancelled", note: recalledNote });
  else report({ ...told, outcome: "refused", note: [...notes].at(-1) ?? "" });
}

function logReport(log: Log, { conversation, outcome, note }: DeliveryReport): void {
  if (outcome === "delivered" || outcome === "approved") log.info({ conversation, outcome }, `a message: ${note}`);
  else log.warn({ conversation, outcome }, `a message did not reach its reader: ${note}`);
}
