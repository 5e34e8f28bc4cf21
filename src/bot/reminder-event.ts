import type { Envelope } from "../protocol/envelope.ts";
import type { Incoming } from "../protocol/incoming.ts";
import { parseConversationKey } from "../protocol/scenes.ts";
import type { Reminder } from "../store/reminders.ts";

/** Our own event. Beside `data`, which is all of an envelope that others can write. */
export interface ReminderEnvelope extends Envelope {
  reminder: Reminder;
}

export function reminderEnvelope(facts: {
  appId: string;
  id: string;
  receivedAt: number;
  reminder: Reminder;
}): ReminderEnvelope {
  return { ...facts, source: "gateway", type: "REMINDER", data: {} };
}

export function reminderIn(envelope: Envelope): Reminder | undefined {
  return (envelope as Partial<ReminderEnvelope>).reminder;
}

/** As if the person who asked for it said so now, with nothing to reply to. */
export function readReminder(envelope: Envelope): Incoming | undefined {
  const reminder = reminderIn(envelope);
  const conversation = reminder && parseConversationKey(reminder.conversation);
  if (!conversation) return undefined;
  const { person, name, guildId, text } = reminder;
  const inGuild = conversation.scene === "dms" ? { sourceGuildId: guildId } : { guildId };
  return {
    ...{
      kind: "reminder",
      type: envelope.type,
      conversation,
      eventId: envelope.id,
      text,
      form: "text",
      addressed: true,
    },
    ...(guildId === undefined ? {} : (inGuild as { guildId: string })),
    sender: { id: person, isBot: false, isSelf: false, ...(name === undefined ? {} : { name }) },
    mentions: { me: true, others: [], everyone: false },
    attachments: [],
    timestampMs: envelope.receivedAt,
    receivedAt: envelope.receivedAt,
    replyTo: { receivedAt: envelope.receivedAt },
  };
}
