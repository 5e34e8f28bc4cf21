import { activeLimits, wakeUpEndsMs } from "../protocol/limits.ts";
import { type Conversation, conversationKey, type Scene } from "../protocol/scenes.ts";
import type { DeliveryMemory, SendLedger } from "./ledger.ts";

interface Quota {
  of: "peer" | "bot";
  limit: number;
  perMs: number;
}

const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;
const { c2c, group, channel, dms } = activeLimits;

const quotas: Readonly<Record<Scene, readonly Quota[]>> = {
  c2c: [
    { of: "bot", limit: c2c.perBotPerSecond, perMs: second },
    { of: "bot", limit: c2c.perBotPerMinute, perMs: minute },
    { of: "peer", limit: c2c.perPeerPerMinute, perMs: minute },
    { of: "peer", limit: c2c.perPeerPerDay, perMs: day },
  ],
  group: [
    { of: "bot", limit: group.perBotPerMinute, perMs: minute },
    { of: "peer", limit: group.perPeerPerMinute, perMs: minute },
    { of: "peer", limit: group.perPeerPerDay, perMs: day },
  ],
  // Which guild a channel belongs to is not known here: the platform counts the channels of a day.
  channel: [{ of: "peer", limit: channel.perChannelPerDay, perMs: day }],
  dms: [
    { of: "peer", limit: dms.perPeerPerDay, perMs: day },
    { of: "bot", limit: dms.perBotPerDay, perMs: day },
  ],
};

/** How long until an active message is within every published quota by our own count; 0 = now. */
export function activeWaitMs(ledger: SendLedger, conversation: Conversation, now: number): number {
  const waits = quotas[conversation.scene].map(({ of, limit, perMs }) => {
    const who = of === "bot" ? { scene: conversation.scene } : { conversation: conversationKey(conversation) };
    const times = ledger.activeTimes(who, now - perMs);
    const oldest = times.at(-limit);
    return oldest === undefined ? 0 : oldest + perMs - now;
  });
  return Math.max(0, ...waits);
}

/** Whether the period that `now` lies in, after the person's last message, has its wake-up left by our own count. */
export function isWakeUpLeft(
  { sends, inbox }: Pick<DeliveryMemory, "sends" | "inbox">,
  { scene, id }: Conversation,
  now: number,
): boolean {
  const heardAt = scene === "c2c" ? inbox.lastHeard(id) : undefined;
  if (heardAt === undefined) return false;
  const period = wakeUpEndsMs.findIndex((end) => now < heardAt + end);
  if (period === -1) return false;
  return sends.wakeUps(conversationKey({ scene, id }), heardAt + (wakeUpEndsMs[period - 1] ?? 0)) === 0;
}
