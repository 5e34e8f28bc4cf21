import type { Caller } from "../operations/context.ts";
import { type Permission, permissions } from "../operations/operation.ts";
import type { Incoming } from "../protocol/incoming.ts";
import { type Conversation, conversationKey } from "../protocol/scenes.ts";

/** owner: everything, anywhere. stranger: read, and send to the conversation they are in. */
export type Right = "owner" | "stranger";

export const grantsOf: Readonly<Record<Right, ReadonlySet<Permission>>> = {
  owner: new Set(permissions),
  stranger: new Set<Permission>(["read", "send"]),
};

/** Where a turn happens: the conversation, and the guild around it. */
export interface Place {
  conversation: Conversation;
  guildId?: string;
}

export function placeOf(incoming: Incoming): Place {
  const guildId = incoming.conversation.scene === "dms" ? incoming.sourceGuildId : incoming.guildId;
  return { conversation: incoming.conversation, ...(guildId === undefined ? {} : { guildId }) };
}

/** The lowest right of all who spoke: a stranger's words in the turn make it a stranger's turn. */
export function rightOf(speakers: readonly Incoming[], owners: ReadonlySet<string>): Right {
  const all = speakers.length > 0 && speakers.every(({ sender }) => sender.id !== "" && owners.has(sender.id));
  return all ? "owner" : "stranger";
}

/** The caller that the gate checks. `replyTo` is what sends into this conversation may spend. */
export function callerOf(options: { right: Right; place: Place; replyTo?: Incoming["replyTo"]; key?: string }): Caller {
  const { right, place, replyTo, key } = options;
  return {
    kind: "model",
    grants: grantsOf[right],
    ...(right === "owner" ? {} : { confinedTo: { ...place.conversation, ...guildOf(place) } }),
    conversation: { ...place.conversation, ...(replyTo ? { replyTo } : {}) },
    label: `model:${right}:${conversationKey(place.conversation)}`,
    ...(key === undefined ? {} : { key }),
  };
}

function guildOf({ guildId }: Place): { guildId?: string } {
  return guildId === undefined ? {} : { guildId };
}
