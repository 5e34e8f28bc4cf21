import { PermissionError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import type { OperationContext } from "./context.ts";
import type { Operation, Scope, Toolset } from "./operation.ts";

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

/** What other people wrote elsewhere, and what was given to the owner's apps in confidence. */
const hiddenToolsets: Readonly<Partial<Record<Toolset, string>>> = {
  events: "the events of other conversations",
  oauth: "QQ login",
  mini: "the mini program",
  group: "the bot's groups",
  panel: "whom menus and panels are for",
};

/**
 * Strangers in bot mode reach their own conversation; beyond it they only read: from inside a guild that guild and its
 * channels, from elsewhere what guilds show of themselves, but nothing inside a channel. Throws PermissionError naming
 * the place that was asked for.
 */
export async function confine(
  operation: Operation,
  context: OperationContext,
  input: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<void> {
  const own = context.caller.confinedTo;
  if (!own) return;
  const target = resolveScope(operation.scope, input);
  if (target === null) {
    const hidden = hiddenToolsets[operation.toolset];
    if (hidden === undefined) return;
    throw outside(operation, hidden);
  }
  if (target.kind === own.scene && target.id === own.id) return;
  if (operation.permission === "read" && (target.kind === "guild" || target.kind === "channel")) {
    if (own.guildId === undefined && target.kind === "guild") return;
    const guildId = target.kind === "guild" ? target.id : await guildOfChannel(context, target.id, signal);
    if (guildId !== undefined && guildId === own.guildId) return;
  }
  throw outside(operation, `${target.kind} ${target.id}`);
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
