import type { Incoming } from "../protocol/incoming.ts";

export type Route =
  | { action: "answer" }
  /** Said in our hearing, to others: context for later answers. */
  | { action: "remember" }
  | { action: "ignore"; reason: string };

/** Whether an event is for us. `isOwnMessage` tells whether a quoted id names something that the bot said there. */
export function routeOf(incoming: Incoming, isOwnMessage: (refId: string) => boolean): Route {
  if (incoming.sender.isSelf) return { action: "ignore", reason: "the bot's own message" };
  if (incoming.sender.isBot) return { action: "ignore", reason: "written by another bot" };
  if (incoming.addressed) return { action: "answer" };
  if (incoming.quote?.refId !== undefined && isOwnMessage(incoming.quote.refId)) return { action: "answer" };
  if (incoming.text === "" && incoming.attachments.length === 0)
    return { action: "ignore", reason: "nothing in it, and not addressed to the bot" };
  return { action: "remember" };
}
