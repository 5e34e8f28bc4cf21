/**
 * Model tokens of a text, roughly: by kinds of characters, which is what can be counted in passing. Against the o200k
 * vocabulary JSON with words comes out a little high, the worst of ids up to two thirds too low.
 */
export function tokensOf(text: string): number {
  let tokens = 0;
  for (let at = 0; at < text.length; at++) tokens += costOf(text.charCodeAt(at));
  return Math.ceil(tokens);
}

function costOf(code: number): number {
  if (code > 127) return 0.9;
  const isLowerOrSpace = (code > 96 && code < 123) || code === 32;
  const isUpper = code > 64 && code < 91;
  return isLowerOrSpace ? 0.28 : isUpper ? 0.6 : 0.5;
}

/** What an answer may take of a model's attention: about 6,000 tokens, and what was asked for in full 11,000. */
export const answerTokens = { concise: 6_000, detailed: 11_000 } as const;
