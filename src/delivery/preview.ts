import { displayWidth } from "../protocol/text-width.ts";
import type { SendLedger } from "./ledger.ts";
import type { DeliveryPreview, OutgoingMessage } from "./message.ts";
import { checkMessage, planParts, replyObstacle } from "./plan.ts";

/** What deliver() would send now, by the same plan; nothing is reserved, and nothing reaches the wire. */
export function previewMessage(
  message: OutgoingMessage,
  facts: { key: string; ledger: SendLedger; now: number },
): DeliveryPreview {
  checkMessage(message);
  // A key of its own has nothing in the ledger, which then need not be there at all.
  const ledger: SendLedger = {
    reserve: (request) => facts.ledger.reserve(request),
    settle: (key, outcome) => facts.ledger.settle(key, outcome),
    used: (conversation, replyId) => facts.ledger.used(conversation, replyId),
    find: () => undefined,
  };
  const { parts, notes } = planParts(message, { ...facts, ledger });
  const obstacle = replyObstacle(message, ledger, facts.now);
  const isLate = message.replyTo !== undefined && obstacle !== undefined;
  return {
    mode: obstacle === undefined ? "passive" : "active",
    parts: parts.map(({ content }) => ({
      form: content.kind === "upload" ? "media" : content.kind,
      ...("text" in content ? { text: content.text, width: displayWidth(content.text) } : {}),
    })),
    notes: isLate ? [...notes, `sent as an active message: ${obstacle}`] : notes,
  };
}
