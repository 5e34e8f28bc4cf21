import { isRecord } from "../core/json.ts";
import type { Operation } from "./operation.ts";

export type PlaceKind = "guild" | "channel" | "role" | "member";

/** One value of an input that names a guild, a channel of it, or a role or person in it. */
export interface PlaceField {
  kind: PlaceKind;
  /** Dotted path in the input. */
  path: string;
  value: string;
  /** Replaces the value where it stands. */
  set(id: string): void;
}

/** Field names are the platform's, and mean the same wherever they occur in operations on guilds and channels. */
const guildFields: Readonly<Record<string, PlaceKind>> = {
  guild_id: "guild",
  source_guild_id: "guild",
  channel_id: "channel",
  parent_id: "channel",
  jump_channel_id: "channel",
  role_id: "role",
  user_id: "member",
  user_ids: "member",
  private_user_ids: "member",
  recipient_id: "member",
};
const groupFields: Readonly<Record<string, PlaceKind>> = { member_openid: "member", member_openids: "member" };

const deepest = 4;

/** Guilds first, then channels, then roles and members: the order in which names can be resolved. */
export function placeFields({ scope }: Pick<Operation, "scope">, input: Record<string, unknown>): PlaceField[] {
  if (scope === "bot") return [];
  if ("conversation" in scope) {
    const { id, scene } = scope.conversation;
    return input[scene] === "channel" ? fieldAt(input, id, { path: id, kind: "channel" }) : [];
  }
  if ("group" in scope) return walk(input, groupFields, "");
  if (!("guild" in scope) && !("channel" in scope)) return [];
  const order: readonly PlaceKind[] = ["guild", "channel", "role", "member"];
  return walk(input, guildFields, "").sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

function walk(node: unknown, kinds: Readonly<Record<string, PlaceKind>>, path: string, depth = 0): PlaceField[] {
  if (depth > deepest || node === null || typeof node !== "object") return [];
  return Object.keys(node).flatMap((key) => {
    const inner = path === "" ? key : `${path}.${key}`;
    const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined;
    if (kind) return fieldAt(node, key, { path: inner, kind });
    const child = (node as Record<string, unknown>)[key];
    // The one field that is not called by what it holds: the channel that a channel admin gets.
    if (key === "channel" && isRecord(child)) return fieldAt(child, "id", { path: `${inner}.id`, kind: "channel" });
    return walk(child, kinds, inner, depth + 1);
  });
}

function fieldAt(parent: object, key: string, { path, kind }: { path: string; kind: PlaceKind }): PlaceField[] {
  const holder = parent as Record<string, unknown>;
  const value = holder[key];
  if (Array.isArray(value))
    return value.flatMap((_, index) => fieldAt(value, String(index), { path: `${path}.${index}`, kind }));
  if (typeof value !== "string" || value === "") return [];
  const set = (id: string) => {
    holder[key] = id;
  };
  return [{ kind, path, value, set }];
}
