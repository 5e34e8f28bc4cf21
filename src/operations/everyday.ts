import * as account from "./account.ts";
import * as channel from "./channel.ts";
import * as dms from "./dms.ts";
import * as events from "./events.ts";
import * as guild from "./guild.ts";
import * as interaction from "./interaction.ts";
import * as media from "./media.ts";
import * as member from "./member.ts";
import * as message from "./message.ts";
import type { Operation } from "./operation.ts";
import * as reaction from "./reaction.ts";
import * as recall from "./recall.ts";

/** Every exported value of a family is an operation; by export name, which a bundler would otherwise order as it likes. */
export function operationsOf(families: readonly object[]): Operation[] {
  return families.flatMap((family) =>
    Object.entries(family as Record<string, Operation>)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, operation]) => operation),
  );
}

/** The families with the operations that are listed by default: all that the bot's model is offered, in their order. */
export const everydayOperations: readonly Operation[] = operationsOf([
  message,
  recall,
  media,
  reaction,
  interaction,
  guild,
  channel,
  member,
  account,
  events,
  dms,
]);
