import { conversationKey } from "../protocol/scenes.ts";
import { displayWidth } from "../protocol/text-width.ts";
import type { SendLedger } from "./ledger.ts";
import type { LinkPolicy } from "./links.ts";
import type { DeliveryPreview, OutgoingMessage } from "./message.ts";
import { checkMessage, planParts } from "./plan.ts";
import { replyObstacle } from "./way.ts";

/** What deliver() would send now, by the same plan; nothing is reserved, and nothing reaches the wire. */
export function previewMessage(
  message: OutgoingMessage,
  facts: { key: string; used: SendLedger["used"]; now: number; links: LinkPolicy },
): DeliveryPreview {
  checkMessage(message);
  const { key, used, now, links } = facts;
  // A key of its own has nothing in the ledger, which then need not be there at all.
  const ledger = { used, attempts: () => [] };
  const { parts, notes } = planParts(message, { key, ledger, now, links });
  const obstacle = replyObstacle(message, { ledger, now, conversation: conversationKey(message) });
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
