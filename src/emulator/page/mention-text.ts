export interface Mentionable {
  /** "bot" or a user id. */
  id: string;
  name: string;
}

/** The "@word" in which the caret stands; `from` is the place of the "@". */
export function wordAtCaret(text: string, caret: number): { from: number; text: string } | undefined {
  const match = /(?:^|\s)@([^\s@]{0,20})$/u.exec(text.slice(0, caret));
  return match ? { from: caret - (match[1]?.length ?? 0) - 1, text: match[1] ?? "" } : undefined;
}

/** Names become real mentions, which the platform knows by user id; the longest first, so that no name cuts another. */
export function withMentions(text: string, people: readonly Mentionable[]): string {
  const longestFirst = people.toSorted((a, b) => b.name.length - a.name.length);
  return longestFirst.reduce((result, { id, name }) => result.replaceAll(`@${name}`, `<@${id}>`), text);
}
