import type { Meanwhile } from "../agent/loop.ts";
import type { Json } from "../core/json.ts";
import type { Turn } from "../engine/turn-engine.ts";
import type { Envelope } from "../protocol/envelope.ts";
import type { Incoming } from "../protocol/incoming.ts";
import { joining, meanwhileRemark } from "./busy.ts";
import { type HistoryEntry, messagesOf } from "./conversation.ts";
import { linesOf } from "./heard.ts";
import { placeOf, rightOf } from "./rights.ts";
import { accountsOf, judgeSpending } from "./spending.ts";
import type { BotParts, TurnScene } from "./turn.ts";

export function admission(bot: BotParts, incoming: Incoming) {
  const { scene, id } = incoming.conversation;
  return bot.limiter.check({
    id: incoming.eventId,
    person: incoming.sender.id,
    group: scene === "group" || scene === "channel" ? id : null,
    at: incoming.receivedAt,
    limits: bot.settingsFor(placeOf(incoming)),
  });
}

/** The events that join a turn before it begins, the first of them included, oldest first. */
export async function gather(bot: BotParts, turn: Turn, first: Incoming): Promise<readonly Incoming[]> {
  const { busy } = bot.settingsFor(placeOf(first));
  if (busy === "queue" || first.kind !== "message") return [first];
  return [first, ...(await takeIn(bot, turn, { step: "gather", choose: (waiting) => joining(busy, first, waiting) }))];
}

/**
 * With the policy merge, what was said to the bot while the tools of this round worked joins the turn: whoever spoke. The
 * lowest right counts from here on, and with it the tools.
 */
export async function hearMeanwhile(scene: TurnScene, round: number): Promise<Meanwhile> {
  const { bot, turn, lane, place, last } = scene;
  // What moderation has not seen waits for its own turn.
  if (bot.settingsFor(place).busy !== "merge" || last.kind !== "message" || bot.moderation) return { messages: [] };
  const present = await takeIn(bot, turn, {
    step: `heard-${round}`,
    choose: (waiting) => waiting.filter((one) => one.kind === "message" && mayStillThink(bot, one)),
  });
  if (present.length === 0) return { messages: [] };
  const lines = await linesOf(bot, present);
  await remember(bot, lane, lines);
  scene.heard = [...scene.heard, ...present];
  bot.running.set(lane, scene.heard);
  const right = rightOf(scene.heard, bot.roster);
  const remark = meanwhileRemark(present.length, right === scene.right ? undefined : right);
  scene.right = right;
  scene.tracer.note({ kind: "decided", what: `takes in ${present.length} message(s) that came meanwhile; ${right}` });
  const messages = messagesOf({
    scene: place.conversation.scene,
    history: [],
    present: lines,
    remark,
  });
  return { messages, tools: bot.toolbox.for(right, place).tools };
}

/** Who has used up their day does not spend another's. */
function mayStillThink(bot: BotParts, incoming: Incoming): boolean {
  const accounts = accountsOf({ ...bot, now: bot.clock.now() }, incoming, bot.roster.rightOf(incoming));
  return judgeSpending(accounts).kind !== "over";
}

/** Recorded first and only then taken out of the lane: a crash between loses none. */
async function takeIn(
  bot: BotParts,
  turn: Turn,
  { step, choose }: { step: string; choose(waiting: readonly Incoming[]): readonly Incoming[] },
): Promise<Incoming[]> {
  const taken = await turn.step(step, async () => {
    const events = (await turn.waiting()).map(({ id, payload }) => ({ id, payload }));
    const waiting = events.flatMap(({ payload }) => {
      const incoming = read(bot, payload);
      const isForUs = incoming && bot.route(incoming).action === "answer" && admission(bot, incoming) === "admit";
      return isForUs ? [incoming] : [];
    });
    const chosen = new Set(choose(waiting).map(({ eventId }) => eventId));
    return events.filter(({ id }) => chosen.has(id));
  });
  if (taken.length > 0) await turn.absorb(taken.map(({ id }) => id));
  return taken.flatMap(({ payload }) => read(bot, payload) ?? []);
}

function read(bot: BotParts, payload: Json): Incoming | null {
  return bot.read(payload as unknown as Envelope);
}

export async function remember(bot: BotParts, lane: string, lines: readonly HistoryEntry[]): Promise<void> {
  await Promise.all(lines.map((line) => bot.history.append(lane, line)));
}
