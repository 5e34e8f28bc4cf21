import type { ModelMessage, ModelReply, TokenUsage } from "./model.ts";

/** What one turn may cost. The first limit that is reached ends it with a closing answer. */
export interface Budget {
  /** Model calls that may use tools. */
  maxTurns: number;
  /** Input and output together, over the whole turn. */
  maxTokens: number;
  maxSeconds: number;
}

export const defaultBudget: Budget = { maxTurns: 12, maxTokens: 200_000, maxSeconds: 240 };

/** Book of one run. Fed with recorded durations and counts only, so that a replay spends the same. */
export interface Spending {
  turns: number;
  usage: TokenUsage;
  spentMs: number;
}

/** Which limit is used up, or undefined. */
export function exhausted(budget: Budget, spending: Spending): "turns" | "tokens" | "seconds" | undefined {
  if (spending.turns >= budget.maxTurns) return "turns";
  if (spending.usage.inputTokens + spending.usage.outputTokens >= budget.maxTokens) return "tokens";
  if (spending.spentMs >= budget.maxSeconds * 1000) return "seconds";
  return undefined;
}

/** The server's count, or our estimate where it gave none. */
export function usageOf(messages: readonly ModelMessage[], reply: ModelReply): TokenUsage {
  if (reply.usage) return reply.usage;
  let inputTokens = 0;
  for (const message of messages) {
    inputTokens += estimateTokens(message.text);
    if (message.role === "user") inputTokens += tokensPerImage * (message.images?.length ?? 0);
  }
  const written = reply.text + reply.toolCalls.map((call) => call.name + call.arguments).join("");
  return { inputTokens, outputTokens: estimateTokens(written) };
}

/** Rough: providers count 85 to 1,600, by size. */
const tokensPerImage = 1_000;

/** Rough: a CJK character is one token, four other characters are one. */
export function estimateTokens(text: string): number {
  let wide = 0;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= 0x2e80) wide++;
  return wide + Math.ceil((text.length - wide) / 4);
}
