import { replyLimits } from "../protocol/limits.ts";
import type { Desk } from "./desk.ts";
import type { SendLedger } from "./ledger.ts";
import type { OutgoingMessage, ReplyTarget } from "./message.ts";
import { activeWaitMs, isWakeUpLeft } from "./quota.ts";
import { isUnwanted } from "./refusal.ts";
import { idOf } from "./targets.ts";

/**
 * How a part reaches its reader: as a reply to what it answers, as a reply to something newer that was said in the same
 * conversation, on the bot's own initiative, or, where that is not to be had, as one of the few messages that wake a person
 * up who has not written for a while.
 */
export type Way = "own" | "newer" | "active" | "wakeup";

export interface Route {
  way: Way;
  /** Absent for active and wake-up messages. */
  to?: ReplyTarget;
}

/** What a caller that may wait lets pass for an active message's turn; others rather hear the platform's refusal. */
const patienceMs = { mayWait: 60_000, mayNot: 10_000 } as const;

/** Why a reply is not possible any more; undefined while it is. Judged by receipt and by our own count. */
export function replyObstacle(
  message: Pick<OutgoingMessage, "scene" | "replyTo" | "keepsLast">,
  facts: { ledger: Pick<SendLedger, "used">; conversation: string; now: number },
): string | undefined {
  const { replyTo } = message;
  if (!replyTo) return "not a reply";
  const { windowMs, max } = replyLimits[message.scene];
  if (facts.now - replyTo.receivedAt > windowMs) return `the reply window of ${windowMs / 60_000} minutes is over`;
  if (repliesLeft(message, facts) > 0) return undefined;
  return message.keepsLast ? "the last reply is kept for the answer" : `all ${max} replies to that message are used`;
}

export function repliesLeft(
  { scene, replyTo, keepsLast }: Pick<OutgoingMessage, "scene" | "replyTo" | "keepsLast">,
  { ledger, conversation }: { ledger: Pick<SendLedger, "used">; conversation: string },
): number {
  const { max } = replyLimits[scene];
  if (max === null || !replyTo) return Number.POSITIVE_INFINITY;
  return Math.max(0, max - (keepsLast ? 1 : 0) - ledger.used(conversation, idOf(replyTo)));
}

/**
 * The best way that is open now and not in `closed`; undefined when there is none. Waits for an active message's turn when
 * it is near. A caller that may not wait always gets the active way: the platform then says no in its own words. `because`
 * tells why an earlier choice was closed.
 */
export async function chooseRoute(desk: Desk, closed: ReadonlySet<Way>, because?: string): Promise<Route | undefined> {
  const { notes } = desk;
  const { replyTo } = desk.message;
  const obstacle = because ?? obstacleOf(desk, replyTo);
  if (replyTo && obstacle === undefined) return { way: "own", to: replyTo };
  // Whoever asked for an active message gets one if it can be had.
  const order: Way[] = replyTo ? ["newer", "active", "wakeup"] : ["active", "newer", "wakeup"];
  for (const way of order) {
    if (closed.has(way)) continue;
    const to = way === "newer" ? newerTarget(desk) : undefined;
    if (to) {
      notes.add(`sent as a reply to a newer message there${replyTo ? `: ${obstacle}` : ""}`);
      return { way, to };
    }
    if (way === "active" && (await isActiveOpen(desk))) {
      if (replyTo) notes.add(`sent as an active message: ${obstacle}`);
      return { way };
    }
    if (way === "wakeup" && isWakeUpOpen(desk)) {
      notes.add(`sent as the wake-up message of these days: ${obstacle ?? "no active message is possible now"}`);
      return { way };
    }
  }
  return undefined;
}

/** Something newer than what the message answers that can still be replied to, with its own last reply left alone. */
function newerTarget(desk: Desk): ReplyTarget | undefined {
  const { message, targets, conversation } = desk;
  const newest = targets.newest(conversation);
  if (!newest || (message.replyTo && idOf(message.replyTo) === idOf(newest))) return undefined;
  const obstacle = obstacleOf({ ...desk, message: { ...message, keepsLast: true } }, newest);
  return obstacle === undefined ? newest : undefined;
}

function obstacleOf(desk: Desk, replyTo: ReplyTarget | undefined): string | undefined {
  const { message, memory, conversation, clock, targets } = desk;
  if (replyTo && targets.isSpent(replyTo)) return "the platform takes no more replies to that message";
  const { scene, keepsLast = false } = message;
  const facts = { ledger: memory().sends, conversation, now: clock.now() };
  return replyObstacle({ scene, keepsLast, ...(replyTo ? { replyTo } : {}) }, facts);
}

async function isActiveOpen({ message, memory, conversation, clock, signal }: Desk): Promise<boolean> {
  const { sends, refusals } = memory();
  if (message.mayWait && refusals.find(conversation, "active")) return false;
  const waitMs = activeWaitMs(sends, message, clock.now());
  const isNear = waitMs <= (message.mayWait ? patienceMs.mayWait : patienceMs.mayNot);
  if (isNear && waitMs > 0) await clock.sleep(waitMs, signal);
  return isNear || !message.mayWait;
}

/** Never a way around a person who wants no active messages. */
function isWakeUpOpen({ message, memory, conversation, clock }: Desk): boolean {
  const refused = memory().refusals.find(conversation, "active");
  return !(refused && isUnwanted(refused.code)) && isWakeUpLeft(memory(), message, clock.now());
}
