import { Cron } from "croner";
import { InputError } from "../core/errors.ts";

/** The first time after `from` (epoch ms) at which a cron pattern is due in a time zone; undefined when there is none. */
export function nextTime(cron: string, timeZone: string, from: number): number | undefined {
  return patternOf(cron, timeZone).nextRun(new Date(from))?.getTime();
}

/** Throws InputError for what is no cron pattern of five fields, or no time zone. */
export function checkCron(cron: string, timeZone: string): void {
  if (cron.trim().split(/\s+/).length !== 5)
    throw new InputError("cron", `"${cron}" is no cron pattern`, {
      remedy: "Give five fields: minute hour day month weekday.",
    });
  patternOf(cron, timeZone);
}

/** The shortest time between two of the next ten times. */
export function shortestGap(cron: string, timeZone: string, from: number): number {
  const times = patternOf(cron, timeZone)
    .nextRuns(10, new Date(from))
    .map((time) => time.getTime());
  return Math.min(...times.slice(1).map((time, index) => time - (times[index] as number)));
}

function patternOf(cron: string, timeZone: string): Cron {
  try {
    return new Cron(cron, { timezone: timeZone, paused: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^\w+: /, "") : "not understood";
    throw new InputError("cron", `"${cron}" in ${timeZone}: ${reason}`, {
      remedy: 'Give five fields, as in "0 8 * * 1-5", and a time zone such as Asia/Shanghai.',
      cause: error,
    });
  }
}

/** `2026-11-25 08:00` as the clocks of that zone show it; a time that they skip is read as the one an hour later. */
export function localTime(text: string, timeZone: string): number {
  const form = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}))?$/.exec(text.trim());
  if (!form) throw new InputError("at", `"${text}" is no time`, { expected: "YYYY-MM-DD HH:MM" });
  const wall = Date.parse(`${form[1]}-${form[2]}-${form[3]}T${form[4]}:${form[5]}:${form[6] ?? "00"}Z`);
  // Some engines take the 30th of February for a day in March.
  if (Number.isNaN(wall) || new Date(wall).getUTCDate() !== Number(form[3]))
    throw new InputError("at", `"${text}" is not in the calendar`, { expected: "YYYY-MM-DD HH:MM" });
  // Twice: the offset that holds there may differ from the one at the first guess.
  const guess = wall - offsetAt(wall, timeZone);
  const at = wall - offsetAt(guess, timeZone);
  return at + offsetAt(at, timeZone) === wall ? at : guess;
}

/** `2026-11-25 08:00` (and the weekday) in that zone. */
export function timeInWords(at: number, timeZone: string): string {
  const part = partsAt(at, timeZone);
  return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute} (${part.weekday})`;
}

function offsetAt(at: number, timeZone: string): number {
  const part = partsAt(at, timeZone);
  const wall = Date.parse(`${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}Z`);
  return wall - Math.floor(at / 1000) * 1000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function partsAt(at: number, timeZone: string): Record<string, string> {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA", {
      ...{ timeZone, hourCycle: "h23", weekday: "long", year: "numeric", month: "2-digit", day: "2-digit" },
      ...{ hour: "2-digit", minute: "2-digit", second: "2-digit" },
    });
    formats.set(timeZone, format);
  }
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}
