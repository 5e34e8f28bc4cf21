import { isRecord } from "../core/json.ts";
import type { Fault, Faults } from "./faults.ts";
import { eventId } from "./identity.ts";
import type { PlatformClock } from "./platform-clock.ts";
import type { GatewayEvent } from "./sessions.ts";

/** The two types under which one message may come, with the intents that bring them. */
const twins: Readonly<Record<string, { type: string; intentBit: number }>> = {
  GROUP_AT_MESSAGE_CREATE: { type: "GROUP_MESSAGE_CREATE", intentBit: 25 },
  GROUP_MESSAGE_CREATE: { type: "GROUP_AT_MESSAGE_CREATE", intentBit: 25 },
  AT_MESSAGE_CREATE: { type: "MESSAGE_CREATE", intentBit: 9 },
  MESSAGE_CREATE: { type: "AT_MESSAGE_CREATE", intentBit: 30 },
};
const usualDelayMs = 1000;

export interface EventFaultsOptions {
  faults: Faults;
  clock: PlatformClock;
  deliver: (event: GatewayEvent) => void;
  /** `mentions` of an event in this group that names the bot. */
  mentionOfBot: (groupOpenid: string) => object | undefined;
}

/** Events on their way out: late, swapped or twice where a fault says so. They get their sequence when they leave here. */
export class EventFaults {
  readonly #options: EventFaultsOptions;
  readonly #timers = new Set<() => void>();
  /** Waits for an event that overtakes it. */
  #held: (() => void) | undefined;

  constructor(options: EventFaultsOptions) {
    this.#options = options;
  }

  dispatch(event: GatewayEvent): void {
    const { faults, deliver } = this.#options;
    const fault = faults.strike("event", event.type, (kind) => kind !== "other_type" || event.type in twins);
    const release = this.#held;
    this.#held = undefined;
    if (fault) this.#disturb(fault, event);
    else deliver(event);
    release?.();
  }

  /** Drops what is still to come. */
  clear(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.#held = undefined;
  }

  #disturb(fault: Fault, event: GatewayEvent): void {
    const { deliver } = this.#options;
    const { kind, delay_ms: delayMs = usualDelayMs } = fault;
    if (kind === "delay_event") this.#later(delayMs, () => deliver(event));
    else if (kind === "reorder_event") this.#hold(delayMs, event);
    else {
      const again = kind === "other_type" ? this.#twinOf(event) : event;
      deliver(event);
      if (fault.delay_ms) this.#later(delayMs, () => deliver(again));
      else deliver(again);
    }
  }

  #hold(delayMs: number, event: GatewayEvent): void {
    let isHeld = true;
    const release = () => {
      if (isHeld) this.#options.deliver(event);
      isHeld = false;
    };
    this.#held = release;
    this.#later(delayMs, release);
  }

  #later(delayMs: number, task: () => void): void {
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      task();
    });
    this.#timers.add(cancel);
  }

  /** The same message under the other type: another event id, the same `d.id`. */
  #twinOf(event: GatewayEvent): GatewayEvent {
    const twin = twins[event.type] ?? event;
    const d = isRecord(event.d) ? event.d : {};
    const mention = this.#options.mentionOfBot(String(d.group_openid));
    const isNamed = twin.type !== "GROUP_MESSAGE_CREATE" || mention === undefined;
    const mentions = Array.isArray(d.mentions) ? d.mentions : [];
    return { ...event, ...twin, id: eventId(twin.type), d: isNamed ? d : { ...d, mentions: [mention, ...mentions] } };
  }
}
