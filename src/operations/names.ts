import type { Clock } from "../core/clock.ts";
import { ApiError, InputError, PermissionError, QQError, RateLimitError } from "../core/errors.ts";
import { isRecord, quoted } from "../core/json.ts";
import { admit } from "./admission.ts";
import { getChannel } from "./channel.ts";
import type { OperationContext } from "./context.ts";
import { getGroupMember } from "./group-member.ts";
import { getGuild } from "./guild.ts";
import { getMember, listRoles } from "./member.ts";
import { channels, groupMembers, guilds, members, roles, type Search } from "./name-lists.ts";
import { type List, matches, pick } from "./name-match.ts";
import type { Operation } from "./operation.ts";
import { type PlaceField, placeFields } from "./place-fields.ts";
import { rowsOf } from "./rows.ts";
import { guildOfChannel } from "./scope.ts";

/** Lets callers name guilds, channels, roles and people instead of giving their ids. */
export interface Names {
  /**
   * The input with ids in the place of names; one with ids alone costs nothing. Throws InputError with the candidates for
   * a name that is unknown or has several.
   */
  resolve(operation: Operation, context: OperationContext, input: unknown, signal?: AbortSignal): Promise<unknown>;
  /** What the ids of an input are called, as far as this caller may see it and the platform says. */
  of(
    operation: Operation,
    context: OperationContext,
    input: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<{ kind: string; id: string; name: string }[]>;
  /** After a write that may have changed names. */
  forget(): void;
}

/** Lists are remembered this long for reads and sends; what manages or destroys looks at the platform each time. */
const lifeMs = 30_000;
const mostLists = 200;
/** Guilds whose channels are looked through for a name without a guild. */
const mostGuilds = 20;

/** Digits, or a long word with digits in it: no name is looked for behind what looks like an id. */
function looksLikeId(text: string): boolean {
  return /^\d+$/.test(text) || (/^[\w-]{16,}$/.test(text) && /\d/.test(text));
}

export function createNames(clock: Clock): Names {
  const lists = new Map<string, { at: number; search: number; list: List }>();
  let searches = 0;

  function searchFor(operation: Operation, context: OperationContext, signal: AbortSignal | undefined): Search {
    const search = ++searches;
    const mayBeOld = operation.permission === "read" || operation.permission === "send";
    return {
      context,
      signal,
      /** The caller must be allowed to make the look-up itself: candidates tell what there is. */
      async list(key, [lookup, input], load) {
        await admit(lookup, context, input, signal);
        const known = lists.get(key);
        if (known && (known.search === search || (mayBeOld && clock.now() - known.at < lifeMs))) return known.list;
        const list = await load();
        if (lists.size >= mostLists) lists.clear();
        lists.set(key, { at: clock.now(), search, list });
        return list;
      },
    };
  }

  return {
    async resolve(operation, context, input, signal) {
      if (!isRecord(input) || !placeFields(operation, input).some(isNamed)) return input;
      const copy = structuredClone(input);
      const search = searchFor(operation, context, signal);
      // Read again at each step: what follows needs the ids of what came before.
      for (const field of placeFields(operation, copy)) {
        if (!isNamed(field) || !Object.hasOwn(operation.input.shape, field.path.split(".")[0] as string)) continue;
        field.set(await find(search, operation, copy, field).catch(explain(field)));
      }
      return copy;
    },
    async of(operation, context, input, signal) {
      const found = placeFields(operation, input).map(async ({ kind, value }) => {
        const name = await nameOf({ operation, context, input, signal }, kind, value).catch(nothing);
        return name === undefined ? [] : [{ kind, id: value, name }];
      });
      return (await Promise.all(found)).flat();
    },
    forget: () => lists.clear(),
  };
}

function isNamed({ value }: PlaceField): boolean {
  return !looksLikeId(value);
}

/** A guild that the caller may not look into has no names for it. */
function hidden(error: unknown): List {
  if (error instanceof PermissionError && error.missing !== "read") return { rows: [], isComplete: true };
  throw error;
}

function nothing(error: unknown): undefined {
  if (!(error instanceof QQError)) throw error;
}

/** The platform will not tell: the caller has to know the id. A limit passes, and a right is another matter. */
function explain({ path, value }: PlaceField): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ApiError) || error instanceof RateLimitError) throw error;
    throw new InputError(path, `${path}: the name ${quoted(value)} cannot be looked up: ${error.message}`, {
      remedy: "Give the id instead; events carry the ids of people and channels.",
      cause: error,
    });
  };
}

async function find(
  search: Search,
  operation: Operation,
  input: Record<string, unknown>,
  field: PlaceField,
): Promise<string> {
  if (field.kind === "guild") return pick(field, await guilds(search));
  if (field.kind === "channel") return findChannel(search, operation, input, field);
  const { scope } = operation;
  if (typeof scope === "object" && "group" in scope)
    return pick(field, await groupMembers(search, String(input[scope.group])));
  const guildId = await guildAround(search.context, operation, input, search.signal);
  if (guildId === undefined) throw new InputError(field.path, `${field.path} is a name, and its guild is not known`);
  return pick(field, field.kind === "role" ? await roles(search, guildId) : await members(search, guildId));
}

/** In the guild that the input or the caller's confinement names; as `GUILD/CHANNEL`; else over all guilds of the bot. */
async function findChannel(
  search: Search,
  operation: Operation,
  input: Record<string, unknown>,
  field: PlaceField,
): Promise<string> {
  const { scope } = operation;
  const given = typeof scope === "object" && "guild" in scope ? input[scope.guild] : undefined;
  const own = typeof given === "string" ? given : search.context.caller.confinedTo?.guildId;
  if (own !== undefined) return pick(field, await channels(search, { id: own, names: [] }));
  const all = await guilds(search);
  const cut = field.value.indexOf("/");
  const [around] = cut > 0 ? matches(all.rows, field.value.slice(0, cut).trim()) : [];
  if (around) {
    const inside = await channels(search, around);
    const found = matches(inside.rows, field.value.slice(cut + 1));
    if (found.length > 0) return pick({ ...field, value: field.value.slice(cut + 1) }, inside);
  }
  const searched = all.rows.slice(0, mostGuilds);
  const inside = await Promise.all(searched.map((guild) => channels(search, guild).catch(hidden)));
  const isComplete = all.isComplete && searched.length === all.rows.length;
  return pick(field, { rows: inside.flatMap(({ rows }) => rows), isComplete });
}

/** The guild of an operation on a guild or a channel; only asked for when a role or person is named in it. */
async function guildAround(
  context: OperationContext,
  { scope }: Operation,
  input: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (scope === "bot") return undefined;
  if ("guild" in scope) return String(input[scope.guild]);
  if (!("channel" in scope)) return undefined;
  const channel_id = String(input[scope.channel]);
  await admit(getChannel, context, { channel_id }, signal);
  const guildId = await guildOfChannel(context, channel_id, signal);
  return typeof guildId === "string" ? guildId : undefined;
}

interface Naming {
  operation: Operation;
  context: OperationContext;
  input: Record<string, unknown>;
  signal: AbortSignal | undefined;
}

async function nameOf({ operation, context, input, signal }: Naming, kind: PlaceField["kind"], id: string) {
  const read = async (lookup: Operation, asked: Record<string, unknown>) => {
    await admit(lookup, context, asked, signal);
    const answer = await lookup.run(context, asked, signal);
    return isRecord(answer) ? answer : {};
  };
  if (kind === "guild") return firstName(await read(getGuild, { guild_id: id }));
  if (kind === "channel") return firstName(await read(getChannel, { channel_id: id }));
  const { scope } = operation;
  if (typeof scope === "object" && "group" in scope)
    return firstName(await read(getGroupMember, { group_openid: input[scope.group], member_openid: id }));
  const guild_id = await guildAround(context, operation, input, signal);
  if (guild_id === undefined) return undefined;
  if (kind === "member") return firstName(await read(getMember, { guild_id, user_id: id }));
  const found = rowsOf(await read(listRoles, { guild_id }), "roles")
    .filter(isRecord)
    .find((role) => role.id === id);
  return found && firstName(found);
}

function firstName(row: Record<string, unknown>): string | undefined {
  const user = isRecord(row.user) ? row.user : {};
  return [row.nick, row.name, row.username, user.username].find(
    (name): name is string => typeof name === "string" && name !== "",
  );
}
