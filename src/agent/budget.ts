import type { ModelMessage, ModelReply, Price, TokenUsage } from "./model.ts";

/** What one turn may cost. The first limit that is reached ends it with a closing answer. */
export interface Budget {
  /** Model calls that may use tools. */
  maxTurns: number;
  /** Tool calls; what a reply asks for beyond them is not run. */
  maxCalls?: number;
  /** Input and output together, over the whole turn. */
  maxTokens: number;
  maxSeconds: number;
  /** In the currency of the models' prices. */
  maxCost?: number;
}

export const defaultBudget: Budget = { maxTurns: 12, maxCalls: 40, maxTokens: 200_000, maxSeconds: 240 };

/** Book of one run. Fed with recorded durations and counts only, so that a replay spends the same. */
export interface Spending {
  turns: number;
  toolCalls: number;
  usage: TokenUsage;
  cost: number;
  spentMs: number;
}

/** Which limit is used up, or undefined. */
export function exhausted(
  budget: Budget,
  spending: Spending,
): "turns" | "calls" | "tokens" | "seconds" | "cost" | undefined {
  if (spending.turns >= budget.maxTurns) return "turns";
  if (budget.maxCalls !== undefined && spending.toolCalls >= budget.maxCalls) return "calls";
  if (spending.usage.inputTokens + spending.usage.outputTokens >= budget.maxTokens) return "tokens";
  if (spending.spentMs >= budget.maxSeconds * 1000) return "seconds";
  if (budget.maxCost !== undefined && spending.cost >= budget.maxCost) return "cost";
  return undefined;
}

export function remainingMs(budget: Budget, { spentMs }: Pick<Spending, "spentMs">): number {
  return Math.max(1, budget.maxSeconds * 1000 - spentMs);
}

function costOf({ inputTokens, outputTokens }: TokenUsage, price: Price | undefined): number {
  return price ? (inputTokens * price.input + outputTokens * price.output) / 1_000_000 : 0;
}

/** The server's count, or our estimate where it gave none. */
function usageOf(messages: readonly ModelMessage[], reply: ModelReply): TokenUsage {
  if (reply.usage) return reply.usage;
  const inputTokens = inputOf(messages);
  const written = reply.text + reply.toolCalls.map((call) => call.name + call.arguments).join("");
  return { inputTokens, outputTokens: estimateTokens(written) };
}

/** Rough: providers count 85 to 1,600, by size. */
const tokensPerImage = 1_000;

/** What one model call took; also of a call whose answer never came, as far as that can be told. */
export interface Spent {
  /** Name of the step: the same over every replay. */
  step: string;
  model: string;
  usage: TokenUsage;
  cost: number;
}

/** Without a reply, what was read: whoever runs the model was at work. */
export function spentBy(
  model: { name: string; price?: Price | undefined },
  call: { step: string; messages: readonly ModelMessage[]; reply: ModelReply | null },
): Spent {
  const { step, messages, reply } = call;
  const usage = reply ? usageOf(messages, reply) : { inputTokens: inputOf(messages), outputTokens: 0 };
  return { step, model: model.name, usage, cost: costOf(usage, model.price) };
}

/** Our estimate of what a request costs to read, also where no answer came. */
function inputOf(messages: readonly ModelMessage[]): number {
  let tokens = 0;
  for (const message of messages) {
    tokens += estimateTokens(message.text);
    if (message.role === "user") tokens += tokensPerImage * (message.images?.length ?? 0);
  }
  return tokens;
}

/** Rough: a CJK character is one token, four other characters are one. */
export function estimateTokens(text: string): number {
  let wide = 0;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= 0x2e80) wide++;
  return wide + Math.ceil((text.length - wide) / 4);
}
