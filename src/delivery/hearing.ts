import type { Envelope } from "../protocol/envelope.ts";
import { fieldsOf, textOf } from "../protocol/fields.ts";
import { conversationOf } from "../protocol/place.ts";
import { conversationKey } from "../protocol/scenes.ts";
import type { Room } from "./desk.ts";
import type { DeliveryReport, OutgoingMessage } from "./message.ts";

/** A switch-off holds until the switch-on is heard; a lost event must not silence the bot for ever. */
const switchedOffMs = 30 * 24 * 3_600_000;
export const recalledNote = "the message it answers was recalled";

/** Takes an event into account; resolves to the conversation in which more may be said than before. */
export async function hearEvent(
  room: Room,
  report: (told: DeliveryReport) => void,
  envelope: Envelope,
): Promise<string | undefined> {
  const { type, data } = envelope;
  if (type.endsWith("_MSG_REJECT") || type.endsWith("_MSG_RECEIVE")) await hearSwitch(room, envelope);
  if (type === "MESSAGE_AUDIT_PASS" || type === "MESSAGE_AUDIT_REJECT") await hearVerdict(room, report, envelope);
  if (type.endsWith("MESSAGE_DELETE")) {
    const messageId = textOf(fieldsOf(fieldsOf(data).message), "id");
    if (messageId !== undefined) await hearRecall(room, report, messageId);
  }
  return room.targets.note(envelope);
}

async function hearSwitch({ memory, clock }: Room, envelope: Envelope): Promise<void> {
  const conversation = conversationOf(envelope);
  if (!conversation) return;
  const key = conversationKey(conversation);
  const { refusals } = memory();
  if (envelope.type.endsWith("_RECEIVE")) await refusals.forget(key, "active");
  else await refusals.remember(key, "active", { until: clock.now() + switchedOffMs });
}

async function hearVerdict(
  { memory }: Room,
  report: (told: DeliveryReport) => void,
  { type, data }: Envelope,
): Promise<void> {
  const fields = fieldsOf(data);
  const auditId = textOf(fields, "audit_id");
  if (auditId === undefined) return;
  const messageId = textOf(fields, "message_id");
  const isPassed = type === "MESSAGE_AUDIT_PASS";
  const sent = await memory().sends.judge(auditId, {
    status: isPassed ? "sent" : "rejected",
    ...(messageId === undefined ? {} : { messageId }),
  });
  if (!sent) return;
  report({
    ...sent,
    outcome: isPassed ? "approved" : "rejected",
    note: isPassed ? "shown after the platform's review" : "the platform's review rejected it: nobody saw it",
  });
}

/** Guilds and their private sessions tell of recalls; private chats and groups do not. */
async function hearRecall(
  { memory, targets }: Room,
  report: (told: DeliveryReport) => void,
  messageId: string,
): Promise<void> {
  targets.recall(messageId);
  const { outgoing } = memory();
  for (const { key, conversation, message } of outgoing.held()) {
    const held = message as unknown as OutgoingMessage;
    if (held.replyTo?.msgId !== messageId) continue;
    await outgoing.close(key, "cancelled", recalledNote);
    report({ key, conversation, outcome: "cancelled", text: held.text ?? "", note: recalledNote });
  }
}
