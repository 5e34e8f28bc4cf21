import { z } from "zod";
import type { Clock } from "../core/clock.ts";
import { InputError, PermissionError } from "../core/errors.ts";
import { conversationKey } from "../protocol/scenes.ts";
import type { Reminder, Reminders } from "../store/reminders.ts";
import { isAlone } from "./command.ts";
import { defineOwnTool, type OwnTool } from "./own-tools.ts";
import { isAtLeast } from "./rights.ts";
import { checkCron, localTime, nextTime, shortestGap, timeInWords } from "./times.ts";
import type { TurnScene } from "./turn.ts";

export interface ReminderDesk {
  reminders: Reminders;
  /** Of what people say without a zone. */
  timeZone: string;
  /** To be told after each change. */
  changed(): void;
  clock: Clock;
}

/** All ours: what one person may leave behind for the bot to do. */
export const reminderLimits = {
  perPerson: 10,
  perTrusted: 50,
  textCharacters: 500,
  aheadMs: 366 * 86_400_000,
  /** Between two times of a recurring one. */
  gapMs: 3_600_000,
} as const;

const setInput = z.strictObject({
  text: z
    .string()
    .trim()
    .min(1)
    .max(reminderLimits.textCharacters)
    .describe("What to say then, or with act what to do"),
  in_minutes: z.number().positive().optional().describe("From now"),
  at: z.string().optional().describe("Or YYYY-MM-DD HH:MM"),
  cron: z.string().max(100).optional().describe("Or again and again: minute hour day month weekday"),
  act: z.boolean().default(false).describe("true: you are asked to do it then; false: the text is sent as it is"),
});

/** What people have the bot remember: in their own conversation, for themselves, with the right they have when it is due. */
export function reminderTools(desk: ReminderDesk): readonly OwnTool[] {
  return [
    defineOwnTool({
      name: "set_reminder",
      summary: "Send something here later, once or again and again.",
      least: "public",
      input: setInput,
      async run(input, { scene, key }) {
        checkWhose(scene);
        return await set(desk, scene, { ...input, key });
      },
    }),
    defineOwnTool({
      name: "list_reminders",
      summary: "What this person has you send here later.",
      least: "public",
      isReadOnly: true,
      input: z.strictObject({}),
      run: async (_, { scene }) => listInWords(desk, scene) || "There are none.",
    }),
    defineOwnTool({
      name: "cancel_reminder",
      summary: "Take one of them back.",
      least: "public",
      input: z.strictObject({ id: z.string().max(40).describe("As in list_reminders") }),
      run: async ({ id }, { scene }) => {
        checkWhose(scene);
        const gone = await cancelReminder(desk, scene, id);
        if (!gone)
          throw new InputError("id", `there is no reminder ${id} of this person here`, {
            remedy: "List them for their ids.",
          });
        return `Cancelled: ${gone.text}`;
      },
    }),
  ];
}

/** What is done later has the right of its person: nobody else's words may stand in it, and nobody else undoes it. */
function checkWhose({ heard, last }: TurnScene): void {
  const { id } = last.sender;
  if (id === "" || heard.some(({ sender }) => sender.id !== id))
    throw new InputError("text", "it is not clear whose reminder this is: several people are answered at once", {
      remedy: "Ask the person to say it again.",
    });
}

async function set(
  desk: ReminderDesk,
  scene: TurnScene,
  input: z.infer<typeof setInput> & { key: string },
): Promise<string> {
  const { reminders, timeZone, clock } = desk;
  const { place, last, right } = scene;
  const conversation = conversationKey(place.conversation);
  const { id: person, name } = last.sender;
  const own = reminders.list({ person });
  // The same call again, after a crash.
  const made = own.find(({ key }) => key === input.key);
  if (made) return `Set: ${inWords(made)}.`;
  const dueAt = dueTime(input, desk);
  if (input.cron !== undefined) checkRecurring(input.cron, desk, scene);
  const isTrusted = isAtLeast(right, "trusted");
  const most = isTrusted ? reminderLimits.perTrusted : reminderLimits.perPerson;
  if (own.length >= most)
    throw new InputError("text", `there are ${own.length} reminders of this person already`, {
      remedy: "Cancel one of them first.",
    });
  const reminder = await reminders.add({
    ...{ conversation, person, text: input.text, thinks: input.act, timeZone, dueAt, key: input.key },
    ...(place.guildId === undefined ? {} : { guildId: place.guildId }),
    ...(name === undefined ? {} : { name }),
    ...(input.cron === undefined ? {} : { cron: input.cron }),
  });
  desk.changed();
  return `Set: ${inWords(reminder)}. It is now ${timeInWords(clock.now(), timeZone)}.`;
}

function dueTime({ in_minutes, at, cron }: z.infer<typeof setInput>, { timeZone, clock }: ReminderDesk): number {
  const given = [in_minutes, at, cron].filter((value) => value !== undefined);
  if (given.length !== 1) throw new InputError("at", "exactly one of in_minutes, at and cron is needed");
  const now = clock.now();
  if (cron !== undefined) checkCron(cron, timeZone);
  const dueAt =
    in_minutes !== undefined
      ? now + Math.round(in_minutes * 60_000)
      : at !== undefined
        ? localTime(at, timeZone)
        : nextTime(cron ?? "", timeZone, now);
  const remedy = `It is ${timeInWords(now, timeZone)} (${timeZone}); give a time between now and a year from now.`;
  if (dueAt === undefined || dueAt <= now) throw new InputError("at", "that time is over", { remedy });
  if (dueAt > now + reminderLimits.aheadMs) throw new InputError("at", "that is too far ahead", { remedy });
  return dueAt;
}

function checkRecurring(cron: string, { timeZone, clock }: ReminderDesk, { last, right }: TurnScene): void {
  if (!isAlone(last) && !isAtLeast(right, "trusted"))
    throw new PermissionError("trusted", "in a group only trusted people may have something sent again and again", {
      remedy: "Offer a single reminder, or one in the private chat.",
    });
  if (shortestGap(cron, timeZone, clock.now()) < reminderLimits.gapMs)
    throw new InputError("cron", "that is more often than once an hour", { remedy: "Choose a rarer time." });
}

/** Those of this person in this conversation; with an admin's right, all of it. One line each; "" without any. */
export function listInWords(desk: ReminderDesk, scene: TurnScene): string {
  return reachable(desk, scene).map(inWords).join("\n");
}

/** The one that is gone; undefined for what is not theirs to cancel, or not there. */
export async function cancelReminder(desk: ReminderDesk, scene: TurnScene, id: string): Promise<Reminder | undefined> {
  const found = reachable(desk, scene).find((reminder) => reminder.id === id);
  if (!found || !(await desk.reminders.remove(id))) return undefined;
  desk.changed();
  return found;
}

function reachable({ reminders }: ReminderDesk, { place, last, right }: TurnScene): Reminder[] {
  const conversation = conversationKey(place.conversation);
  const isForAll = isAtLeast(right, "admin");
  // What the operator wrote into the settings stays theirs.
  return reminders
    .list({ conversation })
    .filter(({ person }) => person !== "" && (isForAll || person === last.sender.id));
}

function inWords({ id, dueAt, timeZone, cron, text }: Reminder): string {
  return `${id}: ${timeInWords(dueAt, timeZone)} ${timeZone}${cron === undefined ? "" : `, again by "${cron}"`}: ${text}`;
}
