import type { Caller } from "../operations/context.ts";
import { type Permission, permissions } from "../operations/operation.ts";
import type { Incoming } from "../protocol/incoming.ts";
import { personKey } from "../protocol/person.ts";
import { type Conversation, conversationKey } from "../protocol/scenes.ts";

/**
 * From the least to the most. public: reads and sends in the conversation they are in. trusted: reads in the whole guild,
 * too. admin: also manages that conversation or guild. owner: everything, anywhere.
 */
export const rights = ["public", "trusted", "admin", "owner"] as const;
export type Right = (typeof rights)[number];

export function isAtLeast(right: Right, least: Right): boolean {
  return rights.indexOf(right) >= rights.indexOf(least);
}

const speaking: ReadonlySet<Permission> = new Set<Permission>(["read", "send"]);
const everything: ReadonlySet<Permission> = new Set(permissions);

export const grantsOf: Readonly<Record<Right, ReadonlySet<Permission>>> = {
  public: speaking,
  trusted: speaking,
  admin: everything,
  owner: everything,
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

/** Who is known to the bot. */
export interface Roster {
  rightOf(speaker: Incoming): Right;
  /** The ids in this speaker's scene of those who are admin or owner everywhere. */
  leaders(speaker: Incoming): string[];
}

export interface RosterOptions {
  /** See protocol/person. */
  owners: readonly string[];
  admins?: readonly string[];
  trusted?: readonly string[];
  /** Those who lead a guild count inside it: its owner and admins as admin, who leads a channel as trusted. */
  guildAdmins?: boolean;
  /** Owners who claimed the bot; asked each time, because it happens while the bot runs. */
  claimed?: () => readonly string[];
}

const leadingRoles: Readonly<Record<string, Right>> = { "4": "admin", "2": "admin", "5": "trusted" };

/** A QQ group's owner or admin is nobody in particular here: only the operator of the bot hands out its rights. */
export function createRoster(options: RosterOptions): Roster {
  const { guildAdmins = false, claimed = () => [] } = options;
  const [owners, admins, trusted] = [options.owners, options.admins, options.trusted].map((people) => new Set(people));
  const holds = (people: ReadonlySet<string> | undefined, speaker: Incoming) =>
    people?.has(speaker.sender.id) || people?.has(personOf(speaker));
  const ledBy = ({ conversation, sender }: Incoming): Right => {
    if (!guildAdmins || conversation.scene !== "channel") return "public";
    return highest((sender.roles ?? []).map((role) => leadingRoles[role] ?? "public"));
  };
  return {
    rightOf(speaker) {
      if (speaker.sender.id === "") return "public";
      if (holds(owners, speaker) || claimed().includes(personOf(speaker))) return "owner";
      if (holds(admins, speaker)) return "admin";
      return highest([ledBy(speaker), holds(trusted, speaker) ? "trusted" : "public"]);
    },
    leaders({ conversation }) {
      const prefix = personKey(conversation.scene, "");
      return [...options.owners, ...claimed(), ...(options.admins ?? [])].flatMap((person) => {
        if (person.startsWith(prefix)) return person.slice(prefix.length);
        return person.includes(":") ? [] : person;
      });
    },
  };
}

export function personOf({ conversation, sender }: Incoming): string {
  return personKey(conversation.scene, sender.id);
}

function highest(found: readonly Right[]): Right {
  return rights.findLast((right) => found.includes(right)) ?? "public";
}

/** The lowest right of all who spoke: a stranger's words in the turn make it a stranger's turn. */
export function rightOf(speakers: readonly Incoming[], roster: Roster): Right {
  const found = speakers.map((speaker) => roster.rightOf(speaker));
  return rights.find((right) => found.includes(right)) ?? "public";
}

/** The caller that the gate checks. `replyTo` is what sends into this conversation may spend. */
export function callerOf(options: { right: Right; place: Place; replyTo?: Incoming["replyTo"]; key?: string }): Caller {
  const { right, place, replyTo, key } = options;
  const { conversation, guildId } = place;
  return {
    kind: "model",
    grants: grantsOf[right],
    ...(right === "owner"
      ? {}
      : {
          confinedTo: {
            ...conversation,
            ...(guildId === undefined ? {} : { guildId }),
            wholeGuild: isAtLeast(right, "trusted"),
          },
        }),
    conversation: { ...conversation, ...(replyTo ? { replyTo } : {}) },
    label: `model:${right}:${conversationKey(conversation)}`,
    ...(key === undefined ? {} : { key }),
  };
}
