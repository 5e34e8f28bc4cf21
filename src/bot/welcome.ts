import type { Turn } from "../engine/turn-engine.ts";
import { isSyntheticId } from "../protocol/dedupe.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { conversationOf } from "../protocol/place.ts";
import { type Conversation, conversationKey } from "../protocol/scenes.ts";
import { deliverReply } from "./reply.ts";
import { createTracer } from "./tracer.ts";
import type { BotParts } from "./turn.ts";

const occasions = new Set(["FRIEND_ADD", "GROUP_ADD_ROBOT"]);

/** Where to say hello: somebody added the bot or took it into a group, and it is not told to be silent there. */
export function welcomePlace(bot: BotParts, envelope: Envelope): Conversation | undefined {
  const conversation = occasions.has(envelope.type) ? conversationOf(envelope) : null;
  if (!conversation || bot.welcome === undefined) return undefined;
  return bot.settingsFor({ conversation }).mode === "off" ? undefined : conversation;
}

/** The operator's words, not the model's: a reply to the event, once, whatever happens in between. */
export async function sayWelcome(bot: BotParts, turn: Turn, envelope: Envelope): Promise<void> {
  const { id, type, receivedAt } = envelope;
  const conversation = welcomePlace(bot, envelope);
  if (!conversation) return;
  const lane = conversationKey(conversation);
  const tracer = createTracer(bot.trace, { id, conversation: lane, clock: bot.clock });
  if (turn.attempt === 1) tracer.note({ kind: "event", type, summary: type });
  const replyTo = { ...(isSyntheticId(id) ? {} : { eventId: id }), receivedAt };
  const last = { eventId: id, replyTo };
  const scene = { bot, turn, tracer, lane, place: { conversation }, right: "public", draft: undefined, last } as const;
  await deliverReply(scene, (bot.welcome ?? "").replaceAll("{name}", bot.self().botName ?? "机器人"), "others");
}
