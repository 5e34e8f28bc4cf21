import type { Spent } from "../agent/budget.ts";
import type { ModelPort } from "../agent/model.ts";
import type { Incoming } from "../protocol/incoming.ts";
import { conversationKey } from "../protocol/scenes.ts";
import { dayOf } from "../protocol/timestamps.ts";
import type { Usage, UsageSum } from "../store/usage.ts";
import { isAlone } from "./command.ts";
import { phraseFor, phrases } from "./phrases.ts";
import { deliverReply } from "./reply.ts";
import type { Right } from "./rights.ts";
import type { TurnScene } from "./turn.ts";

/** Of a day; what is absent has no limit. */
export interface Allowance {
  tokens?: number | undefined;
  cost?: number | undefined;
}

/** What a person, a group or guild channel, and the whole bot may use in a day of UTC+8. */
export interface DailyBudget {
  user: Allowance;
  group: Allowance;
  total: Allowance;
}

/** From this share on the small model answers, where there is one. */
const sparingFrom = 0.8;

export type Whose = keyof DailyBudget;

/** What was used today of one budget; `share` is 1 when it is used up. */
export interface Account {
  whose: Whose;
  used: UsageSum;
  limit: Allowance;
  share: number;
}

type Asker = Pick<Incoming, "sender" | "conversation">;

/** The budgets that an answer to this person in this place draws on; an owner is not limited as a person. */
export function accountsOf(
  from: { usage: Usage; dailyBudget: DailyBudget; now: number },
  { sender, conversation }: Asker,
  right: Right,
): Account[] {
  const { usage, dailyBudget, now } = from;
  const day = dayOf(now);
  const account = (whose: Whose, of?: Parameters<Usage["sum"]>[1]): Account => {
    const [used, limit] = [usage.sum(day, of), dailyBudget[whose]];
    return { whose, used, limit, share: shareOf(used, limit) };
  };
  return [
    ...(right === "owner" ? [] : [account("user", { person: sender.id })]),
    ...(isAlone({ conversation }) ? [] : [account("group", { conversation: conversationKey(conversation) })]),
    account("total"),
  ];
}

function shareOf({ inputTokens, outputTokens, cost }: UsageSum, limit: Allowance): number {
  const ofTokens = limit.tokens === undefined ? 0 : (inputTokens + outputTokens) / limit.tokens;
  return Math.max(ofTokens, limit.cost === undefined ? 0 : cost / limit.cost);
}

/** full: by the usual model; sparing: by the small one; over: not at all. JSON, for a step. */
export type Verdict = { kind: "full" | "sparing" } | { kind: "over"; whose: Whose };

export function judgeSpending(accounts: readonly Account[]): Verdict {
  const over = accounts.find(({ share }) => share >= 1);
  if (over) return { kind: "over", whose: over.whose };
  return { kind: accounts.some(({ share }) => share >= sparingFrom) ? "sparing" : "full" };
}

/**
 * Whether this turn may think, and how. What was decided other than usual is the step "spending"; a turn that has begun
 * is not broken off by what it used itself.
 */
export async function spendingOf({ bot, turn, last, right }: TurnScene): Promise<Verdict> {
  const { usage, dailyBudget } = bot;
  const verdict = judgeSpending(accountsOf({ usage, dailyBudget, now: bot.clock.now() }, last, right));
  if (verdict.kind === "full") return verdict;
  return await turn.step("spending", async () => (turn.attempt === 1 ? verdict : { kind: "sparing" }));
}

/** One line a day to the person, or to all in the place; the rest is kept as context only. */
export async function tellSpent(scene: TurnScene, whose: Whose): Promise<void> {
  const { bot, turn, tracer, last, lane, isUnasked } = scene;
  tracer.note({ kind: "ignored", reason: `the budget of the day is used up (${whose})` });
  if (isUnasked) return;
  const subject = whose === "user" ? `person:${last.sender.id}` : lane;
  if (await bot.usage.tellOnce(dayOf(bot.clock.now()), subject, turn.eventId))
    await deliverReply(scene, phraseFor(last.text, phrases[`${whose}Spent`]));
}

/** Writes down what the calls of one turn took; `written` resolves when all of it is on the disk. */
export function keepBook({
  bot,
  turn,
  tracer,
  lane,
  last,
}: Pick<TurnScene, "bot" | "turn" | "tracer" | "lane" | "last">): {
  onSpent: (spent: Spent) => void;
  written: () => Promise<unknown>;
} {
  const writes: Promise<void>[] = [];
  return {
    onSpent(spent) {
      const { step, model, usage, cost } = spent;
      tracer.spend(spent);
      const of = { key: `${turn.eventId}/${step}`, at: bot.clock.now(), conversation: lane, person: last.sender.id };
      const written = bot.usage.record({ ...of, model, ...usage, cost });
      writes.push(
        written.catch((error: unknown) => bot.log.error({ error }, "what a model call took was not written down")),
      );
    },
    written: () => Promise.all(writes),
  };
}

/** In the order in which they are asked: the chosen one or, when it has to be cheap, the small one; then the fallback. */
export function modelsFor(
  shelf: { model: ModelPort; smallModel?: ModelPort; fallbackModel?: ModelPort; otherModels?: readonly ModelPort[] },
  wish: { chosen: string | undefined; isSparing: boolean },
): readonly [ModelPort, ...ModelPort[]] {
  const chosen = shelf.otherModels?.find(({ name }) => name === wish.chosen) ?? shelf.model;
  const first = wish.isSparing ? (shelf.smallModel ?? chosen) : chosen;
  return shelf.fallbackModel && shelf.fallbackModel !== first ? [first, shelf.fallbackModel] : [first];
}
