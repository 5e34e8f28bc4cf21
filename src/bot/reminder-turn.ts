import type { Incoming } from "../protocol/incoming.ts";
import type { Reminder } from "../store/reminders.ts";
import { isAlone } from "./command.ts";
import { phraseFor } from "./phrases.ts";
import { deliverReply } from "./reply.ts";
import { timeInWords } from "./times.ts";
import type { TurnScene } from "./turn.ts";

/** Late by more than this, it says so. */
const lateMs = 5 * 60_000;

/** A reminder that is nothing but its text goes out as an active message, by whatever way is open, else it is held. */
export async function sayReminder(scene: TurnScene, reminder: Reminder): Promise<void> {
  const { bot, lane, last } = scene;
  const isSaid = await deliverReply(scene, wordsOf(reminder, last), "others");
  if (isSaid) return;
  // The person may ask why nothing came; the operator finds it in the log.
  const text = `the reminder "${[...reminder.text].slice(0, 80).join("")}" could not be sent: QQ refused it`;
  await bot.history.append(lane, { key: `unsent:${last.eventId}`, role: "note", text, at: bot.clock.now() });
}

function wordsOf({ text, person, dueAt, timeZone }: Reminder, last: Incoming): string {
  const isMentioned = person !== "" && !isAlone(last);
  const when = timeInWords(dueAt, timeZone);
  const late = phraseFor(text, { chinese: `（本该在 ${when} 说的）`, english: ` (this was due at ${when})` });
  const mark = person === "" ? "" : phraseFor(text, { chinese: "⏰ 提醒：", english: "⏰ Reminder: " });
  return `${isMentioned ? `<@${person}> ` : ""}${mark}${text}${last.receivedAt - dueAt > lateMs ? late : ""}`;
}
