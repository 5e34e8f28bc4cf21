import { isRecord, quoted } from "../core/json.ts";
import { pageLimits } from "../protocol/limits.ts";
import { listChannels } from "./channel.ts";
import type { OperationContext } from "./context.ts";
import { listGroupMembers } from "./group-member.ts";
import { listGuilds } from "./guild.ts";
import { listMembers, listRoles } from "./member.ts";
import { type Candidate, candidate, type List } from "./name-match.ts";
import type { Operation } from "./operation.ts";
import { rowsOf } from "./rows.ts";

/** One search for names on behalf of one call. */
export interface Search {
  context: OperationContext;
  signal: AbortSignal | undefined;
  list(key: string, lookup: [Operation, Record<string, unknown>], load: () => Promise<List>): Promise<List>;
}

/** So many pages of people are looked through for a name. */
const mostPages = { guild: 10, group: 20 } as const;

export function guilds({ context, signal, list }: Search): Promise<List> {
  return list("guilds", [listGuilds, {}], async () => {
    const page = (await listGuilds.run(context, { limit: pageLimits.guilds }, signal)) as Record<string, unknown>;
    return { rows: candidates(page, "guilds"), isComplete: page.next_after === undefined };
  });
}

export function channels({ context, signal, list }: Search, guild: Candidate): Promise<List> {
  const input = { guild_id: guild.id };
  const place = guild.names[0] === undefined ? "" : `, in ${quoted(guild.names[0])}`;
  return list(`channels:${guild.id}`, [listChannels, input], async () => {
    const rows = rowsOf(await listChannels.run(context, input, signal), "channels").filter(isRecord);
    const noted = rows.flatMap((row) => candidate(row, `type ${String(row.type)}${place}`));
    return { rows: noted, isComplete: true };
  });
}

export function roles({ context, signal, list }: Search, guildId: string): Promise<List> {
  const input = { guild_id: guildId };
  return list(`roles:${guildId}`, [listRoles, input], async () => {
    return { rows: candidates(await listRoles.run(context, input, signal), "roles"), isComplete: true };
  });
}

export function members({ context, signal, list }: Search, guildId: string): Promise<List> {
  const input = { guild_id: guildId };
  return list(`members:${guildId}`, [listMembers, input], () =>
    pages(mostPages.guild, "next_after", "members", (after) =>
      listMembers.run(context, { ...input, after: after ?? "0", limit: pageLimits.members }, signal),
    ),
  );
}

export function groupMembers({ context, signal, list }: Search, group: string): Promise<List> {
  const input = { group_openid: group };
  return list(`group:${group}`, [listGroupMembers, input], () =>
    pages(mostPages.group, "next_cursor", "members", (cursor) =>
      listGroupMembers.run(context, { ...input, ...(cursor ? { cursor } : {}) }, signal),
    ),
  );
}

async function pages(
  most: number,
  next: string,
  field: string,
  read: (cursor?: string) => Promise<unknown>,
): Promise<List> {
  const found = new Map<string, Candidate>();
  let cursor: string | undefined;
  for (let count = 0; count < most; count++) {
    const page = await read(cursor);
    // Pages may repeat people.
    for (const row of candidates(page, field)) found.set(row.id, row);
    const following = isRecord(page) ? page[next] : undefined;
    if (typeof following !== "string" || following === "") return { rows: [...found.values()], isComplete: true };
    cursor = following;
  }
  return { rows: [...found.values()], isComplete: false };
}

function candidates(page: unknown, field: string): Candidate[] {
  return rowsOf(page, field)
    .filter(isRecord)
    .flatMap((row) => candidate(row));
}
