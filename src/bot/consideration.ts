import type { Incoming } from "../protocol/incoming.ts";
import { historyLimits } from "./conversation.ts";
import { judge } from "./judge.ts";
import type { Route } from "./router.ts";
import type { TurnScene } from "./turn.ts";

/** Why it stays unanswered, as context; a loop is asked about before a judge is paid. */
export async function considered(
  at: Pick<TurnScene, "bot" | "turn" | "tracer" | "lane">,
  { first, route }: { first: Incoming; route: Exclude<Route, { action: "ignore" }> },
): Promise<{ silence?: string; isUnasked: boolean }> {
  const { bot, lane, tracer } = at;
  const ours = bot.history.recent(lane, historyLimits.entries).findLast(({ role }) => role === "assistant");
  const loop = bot.loops.see(first, ours);
  if (route.action === "remember") return { silence: route.reason, isUnasked: false };
  if (loop === undefined) bot.looping.delete(lane);
  else {
    if (!bot.looping.has(lane)) bot.log.warn({ conversation: lane }, `silent here for a while, a loop: ${loop}`);
    bot.looping.add(lane);
    return { silence: `a loop: ${loop}`, isUnasked: false };
  }
  if (route.action !== "judge") return { isUnasked: false };
  const { joins, reason } = await judge({ ...at, incoming: first });
  if (!joins) return { silence: `not joining in: ${reason}`, isUnasked: true };
  tracer.note({ kind: "decided", what: `joins in: ${reason}` });
  return { isUnasked: true };
}
