import { isMessageType } from "../protocol/dedupe.ts";
import { type Incoming, readIncoming } from "../protocol/incoming.ts";
import { conversationOf, guildOf } from "../protocol/place.ts";
import type { Conversation } from "../protocol/scenes.ts";
import { scrub } from "../protocol/scrub.ts";
import { senderRule } from "../protocol/sender-rule.ts";
import type { Senders, StoredEvent } from "./context.ts";

/** An event with everything that is asked of it more than once. `data` holds no auth_token. */
export interface ReadEvent {
  event: StoredEvent;
  data: unknown;
  incoming: Incoming | null;
  place: Conversation | null;
  guildId: string | undefined;
}

/** Mentions are told apart by the events themselves; the bot's own ids only matter for its removed name. */
const nobody = { botMemberOpenids: new Set<string>() };

export function readEvent(event: StoredEvent): ReadEvent {
  const data = scrub(event.data);
  const incoming = readIncoming({ ...event, data }, nobody);
  const place = incoming?.conversation ?? conversationOf({ type: event.type, data });
  return { event, data, incoming, place, guildId: guildOf(data) };
}

/**
 * open: shown as it is. fact: nobody speaks in it (the bot was added, a member left): shown by its ids alone. withheld:
 * counted under `rule`, by which the operator could let its sender in.
 */
export type Verdict = { kind: "open" } | { kind: "fact" } | { kind: "withheld"; rule: string };

/** Written by the platform, not by whoever caused it. Types that nobody knows yet may hold anything: they are not here. */
const facts = new Set(
  `READY RESUMED GUILD_CREATE GUILD_UPDATE GUILD_DELETE CHANNEL_CREATE CHANNEL_UPDATE CHANNEL_DELETE GUILD_MEMBER_ADD
  GUILD_MEMBER_UPDATE GUILD_MEMBER_REMOVE GROUP_MEMBER_ADD GROUP_MEMBER_REMOVE GROUP_ADD_ROBOT GROUP_DEL_ROBOT
  GROUP_MSG_REJECT GROUP_MSG_RECEIVE FRIEND_ADD FRIEND_DEL C2C_MSG_REJECT C2C_MSG_RECEIVE SUBSCRIBE_MESSAGE_STATUS
  MESSAGE_DELETE DIRECT_MESSAGE_DELETE PUBLIC_MESSAGE_DELETE MESSAGE_AUDIT_PASS MESSAGE_AUDIT_REJECT
  FORUM_PUBLISH_AUDIT_RESULT AUDIO_START AUDIO_FINISH AUDIO_ON_MIC AUDIO_OFF_MIC`.split(/\s+/),
);

/** The gate before anything reaches an assistant. A sender's valid pairing code opens it for them, from here on. */
export function judge(read: ReadEvent, senders: Senders): Verdict {
  const rules = senders.rules();
  const admitting = rulesOf(read);
  if (rules.has("*") || admitting.some((rule) => rules.has(rule))) return { kind: "open" };
  if (facts.has(read.event.type)) return { kind: "fact" };
  const [rule] = admitting;
  if (rule !== undefined && isPairing(read) && senders.pair(read.incoming?.text ?? "", rule, read.event.receivedAt))
    return { kind: "open" };
  return { kind: "withheld", rule: rule ?? read.event.type.replace(/[^\w]/g, "_").slice(0, 64) };
}

/** Every rule that lets this event through, the narrowest first. */
function rulesOf({ event, data, incoming, place, guildId }: ReadEvent): string[] {
  const isNamed = incoming?.addressed === true;
  const personal = incoming?.sender.id;
  const found = {
    c2c: () => [senderRule("c2c", place?.id)],
    group: () => [...(isNamed ? [senderRule("group", place?.id)] : []), senderRule("group", place?.id, true)],
    // A private session has the guild of its own as guild_id: only its person can be let in.
    dms: () => [senderRule("user", personal ?? authorOf(data))],
    channel: () => guildRules(guildId, isNamed, personal ?? authorOf(data)),
  };
  const scene = place?.scene ?? (guildId !== undefined && !isMessageType(event.type) ? "channel" : undefined);
  return scene === undefined ? [] : found[scene]().filter((rule) => rule !== undefined);
}

function guildRules(guildId: string | undefined, isNamed: boolean, personal: string | undefined) {
  return [
    ...(isNamed ? [senderRule("guild", guildId)] : []),
    senderRule("guild", guildId, true),
    senderRule("user", personal),
  ];
}

function authorOf(data: unknown): string | undefined {
  const { author_id: author, user_id: user, author: person } = (data ?? {}) as Record<string, unknown>;
  const id = author ?? user ?? (person as Record<string, unknown> | null | undefined)?.id;
  return typeof id === "string" ? id : undefined;
}

/** A code counts where the bot is spoken to: in a private chat, or in a group by its name. */
function isPairing({ incoming, place }: ReadEvent): boolean {
  return incoming?.kind === "message" && incoming.addressed && place !== null && place.scene !== "channel";
}

/** What is left of a fact: numbers, flags and ids, whose form leaves no room for a sentence. */
export function idsOnly(value: unknown, depth = 0): unknown {
  if (Array.isArray(value)) return value.filter(isBox).map((item) => idsOnly(item, depth + 1));
  if (!isBox(value) || depth > 4) return undefined;
  const kept = Object.entries(value)
    .filter(([key, field]) => isBox(field) || (factKey.test(key) && isFact(field)))
    .map(([key, field]): [string, unknown] => [key, isBox(field) ? idsOnly(field, depth + 1) : field])
    .filter(([key, field]) => /^[a-z_]{1,40}$/.test(key) && field !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

const factKey = /(?:^|_)(?:id|openid|type|timestamp|time|at|status|result|code|scene|position)$/;
const isBox = (value: unknown): value is object => typeof value === "object" && value !== null;

function isFact(value: unknown): boolean {
  if (typeof value === "number" || typeof value === "boolean") return true;
  return typeof value === "string" && isPlainId(value);
}

export function isPlainId(text: string): boolean {
  return /^[\w.:+-]{1,128}$/.test(text);
}
