import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { eventSpec } from "../protocol/events.ts";
import { guildOf } from "../protocol/place.ts";
import { type EventSample, sampleOf } from "./event-samples.ts";
import { type EventType, intentBits, makeEvent } from "./people.ts";
import type { Platform } from "./platform.ts";

export const eventInput = z.strictObject({ type: z.string().min(1), data: z.unknown().optional() });

/**
 * Sends one event as it is asked for: nothing in the world changes, only a message of a sample is written down. Without
 * `data` it is about the first people and places of this world. Throws InputError for types that nobody can send.
 */
export function raise(
  platform: Platform,
  input: z.infer<typeof eventInput>,
): { event_id: string; intent_bit: number; d: unknown } {
  const type = typeNamed(input.type);
  const sample = input.data === undefined ? sampleOf(platform, type) : homeOf(platform, input.data);
  const event = makeEvent(type, sample.d, sample.guildId);
  const { conversation, guildId } = sample;
  const at = platform.clock.now();
  if (eventSpec(type)?.replyWith === "event_id" && (conversation ?? guildId) !== undefined) {
    platform.replies.noteEvent({ id: event.id, at, ...(conversation ? { conversation } : { guildId: guildId ?? "" }) });
  }
  const id = isRecord(sample.d) ? sample.d.id : undefined;
  if (type === "INTERACTION_CREATE" && conversation && typeof id === "string") {
    const whom = { message_id: "", button_id: "", as: platform.world.users[0]?.id ?? "" };
    platform.interactions.set(id, { id, event_id: event.id, conversation, at, ...whom });
  }
  platform.dispatch(event);
  return { event_id: event.id, intent_bit: event.intentBit, d: sample.d };
}

export function typeNamed(type: string, field = "type"): EventType {
  if (Object.hasOwn(intentBits, type)) return type as EventType;
  const isOfSession = type === "READY" || type === "RESUMED";
  throw new InputError(field, isOfSession ? `${type} comes when a bot connects` : `there is no event ${type}`);
}

/** Given data goes out unchanged; a guild of this world decides the shard. */
function homeOf({ world }: Platform, data: unknown): EventSample {
  const named = isRecord(data) ? (guildOf(data) ?? data.id) : undefined;
  const guild = world.guilds.find(({ id }) => id === named);
  return { d: data, ...(guild ? { guildId: guild.id } : {}) };
}
