import { QQError } from "../core/errors.ts";
import { replyLimits } from "../protocol/limits.ts";
import { phraseFor, phrases } from "./phrases.ts";
import { callerOf } from "./rights.ts";
import type { TurnScene } from "./turn.ts";

/** So long before the end of the reply window the note leaves: windows are measured by two clocks. */
const marginMs = 40_000;
/** A turn that begins inside the margin may still be quick. */
const patienceMs = 8_000;
/** Too late even for a note. */
const closingMs = 5_000;
/** Longer windows than this outlast every turn. */
const shortWindowMs = 10 * 60_000;

/**
 * When the model is still at work shortly before the reply window closes, one short note in it keeps the person waiting
 * rather than wondering; the answer then follows by the best way that is left. Never an active message, and never the last
 * reply. Returns the way to call it off.
 */
export function noteBeforeDeadline(scene: TurnScene): () => void {
  const { bot, last, place } = scene;
  const { windowMs } = replyLimits[place.conversation.scene];
  const now = bot.clock.now();
  const closesAt = last.replyTo.receivedAt + windowMs;
  const at = Math.max(closesAt - marginMs, now + patienceMs);
  if (windowMs > shortWindowMs || at > closesAt - closingMs) return () => {};
  return bot.clock.after(at - now, () => void sayNote(scene));
}

/** Never rejects: without it the answer comes all the same. */
async function sayNote({ bot, turn, tracer, last, place, right, lane }: TurnScene): Promise<void> {
  const key = `${turn.eventId}/interim`;
  const text = phraseFor(last.text, phrases.stillWorking);
  const { delivery } = bot.contextFor(callerOf({ right, place, replyTo: last.replyTo, key }));
  const message = { ...place.conversation, text, format: "text", key, replyTo: last.replyTo, keepsLast: true } as const;
  try {
    if (delivery.preview(message).mode !== "passive") return;
    await delivery.deliver(message, turn.signal);
    tracer.note({ kind: "reply", text, notes: ["before the reply window closes; the answer follows"] });
  } catch (error) {
    if (turn.signal.aborted) return;
    const reason = error instanceof QQError ? error.code : "bug";
    bot.log.warn({ conversation: lane, reason, error }, "the note before the end of the reply window was not sent");
  }
}
