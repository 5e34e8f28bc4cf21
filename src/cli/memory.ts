import type { BotOptions } from "../bot/bot.ts";
import type { Store } from "../store/store.ts";

/** What the bot remembers of its conversations. */
export function memoryOf({ history, sends, speakers }: Store): Pick<BotOptions, "history" | "speakers"> {
  return {
    history: {
      append: (conversation, entry) => history.append(conversation, entry),
      recent: (conversation, limit) => history.recent(conversation, limit),
      find(conversation, ref) {
        const known = history.find(conversation, ref);
        if (known) return known;
        // What other doors of this program sent there can be quoted as well.
        const sent = sends.said(conversation, ref);
        return sent && { key: `sent:${ref}`, role: "assistant", ...sent };
      },
    },
    speakers,
  };
}
