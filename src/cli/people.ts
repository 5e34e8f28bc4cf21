import type { BotOptions } from "../bot/bot.ts";
import { createRoster } from "../bot/rights.ts";
import type { LetIn } from "../bot/talk.ts";
import type { Config } from "../config/schema.ts";
import type { Store } from "../store/store.ts";

/** Whom the bot knows, and whom it lets in: the settings, and what people changed since. */
export function peopleOf(
  config: Config,
  store: Store,
  owners: Iterable<string>,
): Pick<BotOptions, "roster" | "owners" | "talk" | "senders"> {
  return {
    roster: createRoster({
      owners: [...owners],
      admins: config.admins,
      trusted: config.trusted,
      guildAdmins: config.guildAdmins === "on",
      claimed: () => store.owners.list().map(({ person }) => person),
    }),
    owners: store.owners,
    talk: { alone: config.talkPrivate ?? "open", among: config.talkGroups ?? "open" },
    senders: letInBy(store),
  };
}

export function letInBy({ senders }: Store): LetIn {
  return {
    rules: () => new Set(senders.list().map(({ rule }) => rule)),
    introduce: (...who) => senders.introduce(...who),
    admit: (code) => senders.admit(code),
  };
}
