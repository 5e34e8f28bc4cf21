import type { Clock } from "../core/clock.ts";
import type { Json } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import type { InboundEvent } from "../engine/turn-engine.ts";
import type { Reminder, Reminders } from "../store/reminders.ts";
import type { History } from "./conversation.ts";
import { reminderEnvelope } from "./reminder-event.ts";
import { checkCron, nextTime, timeInWords } from "./times.ts";

export interface ScheduleOptions {
  appId: string;
  reminders: Reminders;
  /** Durable when it resolves. */
  publish(event: InboundEvent): Promise<unknown>;
  history: History;
  clock: Clock;
  log: Log;
}

export interface Schedule {
  start(): void;
  /** Something was added or taken away. */
  changed(): void;
  stop(): void;
}

/** What was missed by more than this while nobody ran is no longer said, only reported. */
export const latestMs = 6 * 3_600_000;
/** Clocks are set and computers sleep: how long a wait is trusted, and how soon another process's additions are seen. */
const longestWaitMs = 60_000;
const retryMs = 10_000;

/**
 * Hands what is due to the engine, each time once: the event's id is that of the reminder and its time, so that a crash
 * before the reminder is moved on makes a duplicate, which is dropped.
 */
export function createSchedule(options: ScheduleOptions): Schedule {
  const { reminders, clock, log } = options;
  let cancel = () => {};
  let isOpen = false;
  let isLooking = false;

  const arm = (waitMs?: number) => {
    cancel();
    if (!isOpen) return;
    const next = reminders.next() ?? Number.POSITIVE_INFINITY;
    cancel = clock.after(waitMs ?? Math.max(0, Math.min(next - clock.now(), longestWaitMs)), () => void look());
  };
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    try {
      await fireDue(options);
      arm();
    } catch (error) {
      log.error({ error }, "reminders could not be looked at; they are tried again");
      arm(retryMs);
    } finally {
      isLooking = false;
    }
  };
  return {
    start() {
      isOpen = true;
      void look();
    },
    changed: () => arm(),
    stop() {
      isOpen = false;
      cancel();
    },
  };
}

async function fireDue(options: ScheduleOptions): Promise<void> {
  const { reminders, clock } = options;
  for (const reminder of reminders.due(clock.now())) {
    if (clock.now() - reminder.dueAt > latestMs) await report(options, reminder);
    else await options.publish(eventOf(options, reminder));
    const { cron, timeZone } = reminder;
    await reminders.settle(reminder, cron === undefined ? undefined : nextTime(cron, timeZone, clock.now()));
  }
}

function eventOf({ appId, clock }: ScheduleOptions, reminder: Reminder): InboundEvent {
  const id = `reminder:${reminder.id}:${reminder.dueAt}`;
  const receivedAt = clock.now();
  const payload = reminderEnvelope({ appId, id, receivedAt, reminder }) as unknown as Json;
  return { id, dedupeKeys: [id], lane: reminder.conversation, receivedAt, payload };
}

/** Told to the model, which may be asked for it, and to the operator. */
async function report({ history, clock, log }: ScheduleOptions, reminder: Reminder): Promise<void> {
  const { id, conversation, text, dueAt, timeZone } = reminder;
  log.warn({ reminder: id, conversation, dueAt }, "a reminder was missed while the bot did not run");
  const words = `the reminder "${text.slice(0, 80)}" of ${timeInWords(dueAt, timeZone)} was missed: you were not running`;
  await history.append(conversation, { key: `missed:${id}:${dueAt}`, role: "note", text: words, at: clock.now() });
}

/** What the operator wants at set times. */
export interface Plan {
  cron: string;
  timeZone?: string | undefined;
  /** Conversation key. */
  to: string;
  text?: string | undefined;
  prompt?: string | undefined;
}

/**
 * Puts the operator's plans beside what people asked for. One that is as before keeps its time, so that what was missed is
 * known; others go. Throws InputError for a pattern that cannot be.
 */
export async function keepPlans(
  plans: Readonly<Record<string, Plan>>,
  { reminders, timeZone: usual, now }: { reminders: Reminders; timeZone: string; now: number },
): Promise<void> {
  const wanted = Object.entries(plans).map(([name, { cron, timeZone = usual, to, text, prompt }]) => {
    checkCron(cron, timeZone);
    const words = { text: prompt ?? text ?? "", thinks: prompt !== undefined };
    return { id: `plan:${name}`, conversation: to, person: "", ...words, cron, timeZone };
  });
  const kept = reminders.list({ person: "" });
  for (const { id } of kept) if (!wanted.some((plan) => plan.id === id)) await reminders.remove(id);
  for (const plan of wanted) {
    const known = kept.find(({ id }) => id === plan.id);
    const isSame = known && JSON.stringify({ ...known, dueAt: 0 }) === JSON.stringify({ ...plan, dueAt: 0 });
    const dueAt = nextTime(plan.cron, plan.timeZone, now);
    if (!isSame && dueAt !== undefined) await reminders.add({ ...plan, dueAt });
  }
}
