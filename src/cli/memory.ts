import type { BotOptions } from "../bot/bot.ts";
import { parseConversationKey } from "../protocol/scenes.ts";
import type { Store } from "../store/store.ts";

/** What the bot remembers of its conversations. */
export function memoryOf({
  history,
  sends,
  speakers,
  notes,
}: Store): Pick<BotOptions, "history" | "speakers" | "notes"> {
  return {
    history: {
      append: (conversation, entry) => history.append(conversation, entry),
      recent: (conversation, limit) => history.recent(conversation, limit),
      summary: (conversation) => history.summary(conversation),
      summarise: (...replacement) => history.summarise(...replacement),
      async recall(conversation, ref, mask) {
        await history.recall(conversation, ref, mask);
        const place = parseConversationKey(conversation);
        if (place) sends.markRecalled(place, ref);
      },
      forget: (conversation) => history.forget(conversation),
      find(conversation, ref) {
        const known = history.find(conversation, ref);
        if (known) return known;
        // What other doors of this program sent there can be quoted as well.
        const sent = sends.said(conversation, ref);
        return sent && { key: `sent:${ref}`, role: "assistant", ...sent };
      },
    },
    speakers,
    notes,
  };
}
