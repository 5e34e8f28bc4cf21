/** Shorter texts must be the same word for word: one sign may turn them around. */
const comparable = 16;
const sameEnough = 0.9;

/** Whether a text says once more what was just said: the same words, whatever their marks, breaks and letters' case. */
export function isRepeat(said: string, text: string): boolean {
  const [first, second] = [plain(said), plain(text)];
  if (first === second) return true;
  // Another hour or price is another message.
  if (numbersIn(said) !== numbersIn(text) || Math.min(first.length, second.length) < comparable) return false;
  return likeness(pairs(first), pairs(second)) >= sameEnough;
}

function plain(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\p{P}\p{S}\p{Z}\p{Cc}\p{Cf}]+/gu, "");
}

function numbersIn(text: string): string {
  return (text.match(/\d+/g) ?? []).join(" ");
}

function pairs(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (let at = 0; at < text.length - 1; at++) {
    const pair = text.slice(at, at + 2);
    found.set(pair, (found.get(pair) ?? 0) + 1);
  }
  return found;
}

/** Dice's measure: the share of pairs that both have. */
function likeness(first: Map<string, number>, second: Map<string, number>): number {
  const count = (of: Map<string, number>) => [...of.values()].reduce((sum, times) => sum + times, 0);
  let shared = 0;
  for (const [pair, times] of first) shared += Math.min(times, second.get(pair) ?? 0);
  return (2 * shared) / (count(first) + count(second));
}
