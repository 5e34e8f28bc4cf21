import { InputError } from "../core/errors.ts";
import type { Reminders } from "../store/reminders.ts";
import type { BotOptions } from "./bot.ts";
import type { OwnTool } from "./own-tools.ts";
import { type ReminderDesk, reminderTools } from "./reminder-tools.ts";
import { createSchedule } from "./schedule.ts";
import { noTools } from "./tools.ts";

export interface RemindersOptions {
  store: Reminders;
  appId: string;
}

/** Everything that is said or done later. */
export interface Reminding {
  tools(): readonly OwnTool[];
  /** Throws InputError where this bot reminds nobody. */
  desk(): ReminderDesk;
  start(): void;
  stop(): void;
}

export function openReminding({ reminders, timeZone, engine, history, clock, log }: BotOptions): Reminding {
  if (!reminders) {
    const desk = () => {
      throw new InputError("reminders", "this bot keeps no reminders", { remedy: "Ask its operator." });
    };
    return { tools: noTools, desk, start() {}, stop() {} };
  }
  const { store, appId } = reminders;
  const publish = engine.publish.bind(engine);
  const schedule = createSchedule({ appId, reminders: store, publish, history, clock, log });
  const desk: ReminderDesk = { reminders: store, timeZone, changed: () => schedule.changed(), clock };
  const tools = reminderTools(desk);
  return { tools: () => tools, desk: () => desk, start: () => schedule.start(), stop: () => schedule.stop() };
}
