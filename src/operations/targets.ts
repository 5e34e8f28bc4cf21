import { ApiError, PermissionError } from "../core/errors.ts";
import type { Caller, OperationContext } from "./context.ts";
import type { Operation } from "./operation.ts";
import { guildOfChannel, placesOf } from "./scope.ts";

/** Places as `group:ID`, `c2c:ID`, `guild:ID` (with its channels), `channel:ID`, `dms:ID`, and `bot`; empty: everywhere. */
export interface Targets {
  read: readonly string[];
  write: readonly string[];
}

export const readTargetsSetting = "QQ_MCP_READ_TARGETS";

/** Whether what happened at a place, which may go by several names, is for this caller. */
export function mayHearOf({ targets }: Caller, places: readonly string[]): boolean {
  const list = targets?.read ?? [];
  return list.length === 0 || places.some((place) => list.includes(place));
}

/** The same where a channel is all that is known: its guild is asked for when only that could let it in. */
export async function mayReadIn(context: OperationContext, place: string, signal?: AbortSignal): Promise<boolean> {
  if (mayHearOf(context.caller, [place])) return true;
  return isInGuildOf(context.caller.targets?.read ?? [], context, place, signal).catch(nowhere);
}

/** A channel that the platform does not know any more is in no guild. */
function nowhere(error: unknown): false {
  if (error instanceof ApiError && !error.retryable) return false;
  throw error;
}

/** Throws PermissionError naming the place outside the list, and the setting. */
export async function keepToTargets(
  operation: Operation,
  context: OperationContext,
  input: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<void> {
  const { targets } = context.caller;
  const isRead = operation.permission === "read";
  const list = (isRead ? targets?.read : targets?.write) ?? [];
  if (list.length === 0) return;
  for (const place of touched(operation, input)) {
    if (list.includes(place) || (await isInGuildOf(list, context, place, signal))) continue;
    throw outside(operation, place, isRead ? readTargetsSetting : "QQ_MCP_WRITE_TARGETS");
  }
}

/** What belongs to the bot itself may be read always, and is `bot` to writers; the developer tools reach no place. */
function touched(operation: Operation, input: Record<string, unknown>): string[] {
  const { scope, permission, toolset } = operation;
  if (scope !== "bot") return placesOf(operation, input);
  return permission === "read" || toolset === "developer" ? [] : ["bot"];
}

async function isInGuildOf(list: readonly string[], context: OperationContext, place: string, signal?: AbortSignal) {
  if (!place.startsWith("channel:") || !list.some((target) => target.startsWith("guild:"))) return false;
  return list.includes(`guild:${await guildOfChannel(context, place.slice("channel:".length), signal)}`);
}

function outside({ name }: Operation, place: string, setting: string): PermissionError {
  return new PermissionError("target", `${name}: ${place} is not among the places of ${setting}`, {
    remedy: `Your user can allow it: add ${place} to ${setting} in the settings of this server, then start it again.`,
  });
}
