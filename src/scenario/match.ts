import { isRecord } from "../core/json.ts";
import type { Row } from "./control.ts";
import { isPattern, patternOf } from "./pattern.ts";
import type { Looks } from "./scenario.ts";

/** Openid or guild user id -> "bot" or user id. */
export type Identities = Readonly<Record<string, string>>;

export interface Button {
  id: string;
  label: string;
}

/** The buttons of a message, row by row. */
export function buttonsOf(row: Row): Button[] {
  const content = isRecord(row.keyboard) && isRecord(row.keyboard.content) ? row.keyboard.content : {};
  const rows = Array.isArray(content.rows) ? content.rows.filter(isRecord) : [];
  return rows
    .flatMap(({ buttons }) => (Array.isArray(buttons) ? buttons.filter(isRecord) : []))
    .map(({ id, render_data }) => ({
      id: String(id ?? ""),
      label: String((isRecord(render_data) ? render_data.label : undefined) ?? ""),
    }));
}

/** What keeps a message from looking as expected; nothing when it does. */
export function mismatches(row: Row, looks: Looks, identities: Identities): string[] {
  const found: string[] = [];
  const { text, kind, media, mention, mode, recalled = false } = looks;
  if ((row.recalled ?? false) !== recalled) found.push(recalled ? "not recalled" : "recalled");
  if (text !== undefined && !textFits(row.content, text)) found.push("another text");
  for (const part of looks.contains ?? []) if (!row.content.includes(part)) found.push(`does not contain ${part}`);
  if (kind !== undefined && row.kind !== kind) found.push(`is ${row.kind}, not ${kind}`);
  if (media !== undefined && row.media !== media) found.push(`has ${row.media ?? "no media"}, not ${media}`);
  if (mode !== undefined && row.mode !== mode) found.push(`is ${row.mode ?? "neither"}, not ${mode}`);
  if (looks.reply_to !== undefined && row.msg_id !== looks.reply_to) found.push("answers another message, or none");
  const buttons = buttonsOf(row);
  for (const name of looks.buttons ?? []) {
    if (!buttons.some(({ id, label }) => id === name || label === name)) found.push(`has no button ${name}`);
  }
  if (mention !== undefined && !mentionsOf(row.content, identities).has(mention))
    found.push(`does not mention ${mention}`);
  return found;
}

function textFits(content: string, wanted: string): boolean {
  return isPattern(wanted) ? patternOf(wanted).test(content) : content.trim() === wanted.trim();
}

function mentionsOf(content: string, identities: Identities): Set<string> {
  const ids = [...content.matchAll(/<@!?([^<>\s]+)>|<qqbot-at-user\s+id="([^"<>]+)"\s*\/>/g)];
  const people = ids.flatMap(([, guild, open]) => identities[guild ?? open ?? ""] ?? []);
  const all = /<qqbot-at-everyone\b|@everyone\b/.test(content) ? ["everyone"] : [];
  return new Set([...people, ...all]);
}

/** What the named groups of an expected text found. */
export function captured(row: Row, wanted: string | undefined): Record<string, string> {
  if (wanted === undefined || !isPattern(wanted)) return {};
  const groups = patternOf(wanted).exec(row.content)?.groups ?? {};
  return Object.fromEntries(Object.entries(groups).filter(([, value]) => value !== undefined));
}
