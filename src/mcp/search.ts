import type { OperationRow } from "../operations/row.ts";
import { findWords, pairsOf } from "./words.ts";

/** Everything that may be called, ranked by words in English and Chinese. */
export interface Search {
  /** Best first. */
  rank(query: string): OperationRow[];
}

/** Made once: a search over the whole table then only touches what holds its words. */
export function createSearch(operations: readonly OperationRow[]): Search {
  const postings = new Map<string, Map<number, number>>();
  operations.forEach((operation, at) => {
    for (const [given, weight] of termsOf(operation)) {
      const term = singular(given);
      const rows = postings.get(term) ?? new Map<number, number>();
      rows.set(at, Math.max(weight, rows.get(at) ?? 0));
      postings.set(term, rows);
    }
  });
  const vocabulary = [...postings.keys()].filter((term) => /^[a-z]{3,}/.test(term));
  // A word that nearly every operation has says little.
  const rarity = (rows: ReadonlyMap<number, number>) => Math.log(1 + operations.length / rows.size);

  function scoreWord(word: string, scores: Float64Array): void {
    const best = new Map<number, number>();
    const add = (term: string, share: number) => {
      const rows = postings.get(term);
      if (!rows) return;
      const worth = share * rarity(rows);
      for (const [at, weight] of rows) best.set(at, Math.max(best.get(at) ?? 0, weight * worth));
    };
    add(word, 1);
    if (best.size === 0 && word.length >= 3)
      for (const term of vocabulary) if (term.startsWith(word) || word.startsWith(term)) add(term, 0.5);
    for (const [at, score] of best) scores[at] = (scores[at] ?? 0) + score;
  }

  return {
    rank(query) {
      const scores = new Float64Array(operations.length);
      for (const word of new Set(findWords(query).map(singular))) scoreWord(word, scores);
      for (const pair of pairsOf(query)) scoreWord(pair, scores);
      const least = Math.max(...scores) * tail;
      return operations
        .map((operation, at) => ({ operation, score: scores[at] ?? 0 }))
        .filter(({ score }) => score > 0 && score >= least)
        .sort((a, b) => b.score - a.score)
        .map(({ operation }) => operation);
    },
  };
}

function singular(word: string): string {
  return word.length > 3 && word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
}

/** Hits that are worth less than this share of the best one are chance. */
const tail = 0.25;

/** The name says most, then the title. Every place in a list of equals is the table's: what is used daily comes first. */
function termsOf(row: OperationRow): [string, number][] {
  const { name, title, summary, toolset, permission, path, listed } = row;
  const parts = name.split("_");
  const fields = Object.entries((row.inputSchema().properties ?? {}) as Record<string, { description?: string }>);
  const of = (terms: readonly string[], weight: number) =>
    terms.map((term): [string, number] => [term, listed ? weight * 1.1 : weight]);
  return [
    // A longer name says more than was asked for.
    ...of(parts, 7 - parts.length * 0.5),
    ...of(findWords(title.replace(/[^\x20-\x7e]+/g, " ")), 3),
    ...of(pairsOf(title), 2),
    ...of([toolset, permission], 2),
    ...of(findWords(`${summary} ${path ?? ""}`), 1),
    ...of(pairsOf(summary), 1),
    ...of(
      fields.flatMap(([field]) => field.split("_")),
      1,
    ),
    ...of(
      fields.flatMap(([, { description = "" }]) => findWords(description)),
      0.5,
    ),
  ];
}
