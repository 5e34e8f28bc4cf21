import { isRecord } from "../core/json.ts";
import type { Completion, Reader } from "./library.ts";
import { type Ask, channelsTemplate, errorTemplate, familyTemplate } from "./resources.ts";

type Offer = (typed: string, reader: Reader, ask: Ask) => Promise<readonly string[]>;

/** By template or prompt, and argument. */
const offers: Readonly<Record<string, Offer>> = {
  [`${channelsTemplate} guild_id`]: guildIds,
  "draft_announcement guild_id": guildIds,
  [`${errorTemplate} code`]: codes,
  "triage_inbox conversation": conversations,
};

export interface CompletionOptions {
  ask: Ask;
  families: readonly string[];
}

/** Values for what is being typed, best first; nothing where there is nothing to offer. */
export async function complete(
  { of, argument, value }: Completion,
  reader: Reader,
  { ask, families }: CompletionOptions,
): Promise<readonly string[]> {
  const typed = value.trim();
  if (of === familyTemplate && argument === "family")
    return families.filter((name) => name.includes(typed.toLowerCase()));
  return (await offers[`${of} ${argument}`]?.(typed, reader, ask)) ?? [];
}

async function codes(typed: string, reader: Reader, ask: Ask): Promise<readonly string[]> {
  if (!/^\d{0,10}$/.test(typed)) return [];
  const rows = rowsOf(await ask("list_error_codes", { starts_with: typed, limit: 500 }, reader), "codes");
  return rows.map(({ code }) => String(code));
}

/** Ids of guilds whose name holds what was typed, or whose id begins with it. */
async function guildIds(typed: string, reader: Reader, ask: Ask): Promise<readonly string[]> {
  const rows = rowsOf(await ask("list_guilds", {}, reader), "guilds");
  const wanted = typed.toLowerCase();
  return rows
    .filter(({ id, name }) => String(id).startsWith(typed) || String(name).toLowerCase().includes(wanted))
    .map(({ id }) => String(id));
}

/** Places that somebody was heard in lately, newest first. */
async function conversations(typed: string, reader: Reader, ask: Ask): Promise<readonly string[]> {
  const rows = rowsOf(await ask("list_events", { limit: 100 }, reader), "events").reverse();
  const places = rows.filter(({ scene, id }) => scene && id).map(({ scene, id }) => `${scene}:${id}`);
  return [...new Set(places)].filter((place) => place.includes(typed));
}

function rowsOf({ data }: { data: Record<string, unknown> }, list: string): Record<string, unknown>[] {
  const rows = data[list];
  return Array.isArray(rows) ? rows.filter(isRecord) : [];
}
