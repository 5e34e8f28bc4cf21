import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { conversationKey } from "../protocol/scenes.ts";
import type { RestClient } from "../rest/request.ts";
import type { DeliveryMemory } from "./ledger.ts";
import type { OutgoingMessage } from "./message.ts";
import type { SendGate } from "./send-gate.ts";
import type { Targets } from "./targets.ts";

/** What every message of one outbox shares. */
export interface Room {
  rest: RestClient;
  memory: () => DeliveryMemory;
  gate: SendGate;
  clock: Clock;
  log: Log;
  targets: Targets;
}

/** One message on its way. */
export interface Desk extends Room {
  message: OutgoingMessage;
  conversation: string;
  notes: Set<string>;
  signal: AbortSignal | undefined;
}

export function openDesk(room: Room, message: OutgoingMessage, signal?: AbortSignal): Desk {
  return { ...room, message, conversation: conversationKey(message), notes: new Set(), signal };
}
