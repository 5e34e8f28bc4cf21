import { plainSign, plainText } from "./plain-text.ts";

export interface WordFilter {
  has(text: string): boolean;
  /** Each sign of a listed word becomes a star. */
  mask(text: string): string;
  /** Of a text that goes on: masked, and without an end that may yet become a listed word. Only ever grows. */
  maskGrowing(text: string): string;
}

const star = "＊";
const latin = /[a-z0-9]/;

/** Words as people write them; see plainText for what makes no difference. A Latin word is found as a whole word only. */
export function createWordFilter(list: readonly string[]): WordFilter {
  const words = [...new Set(list.map((word) => plainText(word).trim()))].filter(Boolean);
  if (words.length === 0) return { has: () => false, mask: (text) => text, maskGrowing: (text) => text };
  const byFirst = Map.groupBy(words, (word) => word[0] ?? "");
  const longest = Math.max(...words.map((word) => word.length));
  return {
    has: (text) => hitsIn(flatten(text).plain, byFirst).length > 0,
    mask(text) {
      const flat = flatten(text);
      return covered(flat, hitsIn(flat.plain, byFirst), flat.signs.length);
    },
    maskGrowing(text) {
      const flat = flatten(text);
      const hits = hitsIn(flat.plain, byFirst, true);
      return covered(flat, hits, openEnd(flat, { hits, byFirst, longest }));
    },
  };
}

/** A text as it is compared; `origin`: which sign of the text each place of `plain` comes from. */
interface Flat {
  signs: string[];
  plain: string;
  origin: number[];
}

type Hit = { from: number; to: number };
type Words = ReadonlyMap<string, readonly string[]>;

function flatten(text: string): Flat {
  const signs = [...text];
  const origin: number[] = [];
  let plain = "";
  for (const [index, sign] of signs.entries()) {
    const piece = plainSign(sign);
    plain += piece;
    for (let count = piece.length; count > 0; count--) origin.push(index);
  }
  return { signs, plain, origin };
}

function hitsIn(plain: string, words: Words, isOpen = false): Hit[] {
  const hits: Hit[] = [];
  for (let from = 0; from < plain.length; from++)
    for (const word of words.get(plain[from] ?? "") ?? []) {
      const to = from + word.length;
      if (plain.startsWith(word, from) && startsFree(plain, from) && endsFree(plain, to, isOpen))
        hits.push({ from, to });
    }
  return hits;
}

function startsFree(plain: string, from: number): boolean {
  return !latin.test(plain[from] ?? "") || !latin.test(plain[from - 1] ?? "");
}

/** `isOpen`: the text goes on, so nobody knows yet what a word at its very end is. */
function endsFree(plain: string, to: number, isOpen: boolean): boolean {
  if (!latin.test(plain[to - 1] ?? "")) return true;
  return to === plain.length ? !isOpen : !latin.test(plain[to] ?? "");
}

/** The sign from which on the text has to wait: what a longer word may cover yet, and no star covers already. */
function openEnd(
  { plain, origin, signs }: Flat,
  by: { hits: readonly Hit[]; byFirst: Words; longest: number },
): number {
  for (let from = Math.max(0, plain.length - by.longest); from < plain.length; from++) {
    const end = plain.slice(from);
    const isOpen = by.byFirst.get(plain[from] ?? "")?.some((word) => word.startsWith(end));
    if (!isOpen || !startsFree(plain, from)) continue;
    let bare = from;
    while (by.hits.some((hit) => hit.from <= bare && bare < hit.to)) bare++;
    // Signs that nobody sees, behind the last star, belong to what may be covered, too.
    return bare === from ? (origin[from] ?? 0) : (origin[bare - 1] ?? 0) + 1;
  }
  return signs.length;
}

function covered({ signs, origin }: Flat, hits: readonly Hit[], end: number): string {
  const shown = [...signs];
  for (const { from, to } of hits)
    for (let at = origin[from] ?? 0; at <= (origin[to - 1] ?? -1); at++) shown[at] = star;
  return shown.slice(0, end).join("");
}
