import { PermissionError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import type { Caller, OperationContext } from "./context.ts";
import type { Operation, Scope } from "./operation.ts";
import { placeFields } from "./place-fields.ts";

/** `group:<openid>`, `guild:<id>`, `bot`: for the audit log. */
export function describeScope(scope: Scope, input: Record<string, unknown>): string {
  const target = resolveScope(scope, input);
  return target === null ? "bot" : `${target.kind}:${target.id}`;
}

/** The kind of place alone, for tables: `bot`, `guild`, `channel`, `group`, `c2c`, `dms`, `conversation`. */
export function scopeKind(scope: Scope): string {
  return scope === "bot" ? "bot" : (Object.keys(scope)[0] ?? "bot");
}

interface Target {
  kind: string;
  id: string;
}

function resolveScope(scope: Scope, input: Record<string, unknown>): Target | null {
  if (scope === "bot") return null;
  if ("conversation" in scope) {
    return { kind: shortText(input[scope.conversation.scene]), id: shortText(input[scope.conversation.id]) };
  }
  const [kind, field] = Object.entries(scope)[0] as [string, string];
  return { kind, id: shortText(input[field]) };
}

/** Refused input is recorded too, whatever stands in the field. */
function shortText(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value).slice(0, 128) : "?";
}

/**
 * Every place that a call touches: the one of its scope, and channels that it names beside it. What belongs to the bot
 * itself is none.
 */
export function placesOf(operation: Operation, input: Record<string, unknown>): string[] {
  if (operation.scope === "bot") return [];
  const named = placeFields(operation, input).filter(({ kind, value }) => kind === "channel" && value !== "0");
  return [...new Set([describeScope(operation.scope, input), ...named.map(({ value }) => `channel:${value}`)])];
}

/** What anybody may know of the bot itself; all the rest of it is about its other conversations, its apps, its owner. */
const knownToAll: ReadonlySet<string> = new Set(["get_bot_profile"]);

/**
 * Whoever does not own the bot reaches their own conversation. What a guild shows of itself may be read from inside it;
 * its other channels need `wholeGuild`, as does managing there, which needs the right to it besides. Nothing is sent
 * elsewhere. Throws PermissionError naming the place that was asked for.
 */
export async function confine(
  operation: Operation,
  context: OperationContext,
  input: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<void> {
  const own = context.caller.confinedTo;
  if (!own) return;
  if (operation.scope === "bot" && !knownToAll.has(operation.name)) throw outside(operation, "what is the bot's alone");
  for (const place of placesOf(operation, input)) {
    if (place === `${own.scene}:${own.id}`) continue;
    if (operation.permission !== "send" && (await isInGuild(own, context, place, signal))) continue;
    throw outside(operation, place.replace(":", " "));
  }
}

async function isInGuild(
  own: NonNullable<Caller["confinedTo"]>,
  context: OperationContext,
  place: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (own.guildId === undefined) return false;
  if (place.startsWith("guild:")) return place === `guild:${own.guildId}`;
  if (!place.startsWith("channel:") || own.wholeGuild !== true) return false;
  return (await guildOfChannel(context, place.slice("channel:".length), signal)) === own.guildId;
}

function outside(operation: Operation, place: string): PermissionError {
  return new PermissionError("owner", `${operation.name}: ${place} is outside this conversation`, {
    remedy: "Only the bot's owner may reach other places; tell the person so.",
  });
}

/** Asked at the platform; undefined when it does not say. */
export async function guildOfChannel(context: OperationContext, channelId: string, signal?: AbortSignal) {
  const response = await context.rest.request(
    {
      service: "bot",
      method: "GET",
      template: "/channels/{channel_id}",
      path: `/channels/${encodeURIComponent(channelId)}`,
      repeatable: true,
    },
    signal,
  );
  return isRecord(response.data) ? response.data.guild_id : undefined;
}
