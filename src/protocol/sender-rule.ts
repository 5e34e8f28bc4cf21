/**
 * Who may be heard by an assistant, one rule each: `c2c:ID` (a private chat), `user:ID` (a guild user: in its channels
 * and private sessions), `group:ID` (what names the bot there), `group:ID:all` (everything), `guild:ID`, `guild:ID:all`
 * (the same for the channels of a guild), `*` (everybody).
 */
const form = /^(?:\*|(?:c2c|user):[\w-]{1,128}|(?:group|guild):[\w-]{1,128}(?::all)?)$/;

export function isSenderRule(text: string): boolean {
  return form.test(text);
}

export const senderRuleForms = "c2c:ID, user:ID, group:ID, group:ID:all, guild:ID, guild:ID:all, *";

/** A rule with this id, or undefined when the platform's id cannot stand in one. */
export function senderRule(kind: "c2c" | "user" | "group" | "guild", id: string | undefined, isAll = false) {
  const rule = `${kind}:${id ?? ""}${isAll ? ":all" : ""}`;
  return isSenderRule(rule) ? rule : undefined;
}
