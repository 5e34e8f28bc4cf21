import { QQError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { cutToLength } from "../protocol/text-width.ts";
import { offline } from "./attempt.ts";
import type { Desk, Room } from "./desk.ts";
import type { Lanes } from "./lanes.ts";
import type { DeliveryReport, DeliveryResult, OutgoingMessage } from "./message.ts";
import { reasonOf } from "./variant.ts";

/** A held message whose way out failed in passing is tried again so much later. */
const againMs = 30_000;
/** So long a message waits for a way to its reader; later it would puzzle rather than help. */
const heldMs = 24 * 3_600_000;

interface HeldOptions {
  room: Room;
  lanes: Lanes;
  report: (told: DeliveryReport) => void;
  dispatch: (message: OutgoingMessage) => Promise<DeliveryResult>;
}

/** Messages that wait for a way to their reader: the session, or the next message there. */
export class HeldMessages {
  readonly #options: HeldOptions;
  #isWaiting = false;
  #isRetrying = false;

  constructor(options: HeldOptions) {
    this.#options = options;
  }

  /** Puts a message aside; durable when it resolves. Answers when it will be given up. */
  async hold({ message, conversation }: Desk, note: string): Promise<number> {
    const { room, report } = this.#options;
    const { key = "" } = message;
    const facts = { message: message as unknown as Json, heldUntil: room.clock.now() + heldMs, note };
    const heldUntil = await room.memory().outgoing.hold(key, facts);
    report({ key, conversation, outcome: "held", text: beginningOf(message), note });
    // The session may have come back while this was written.
    if (note === offline || !room.gate.isOpen()) this.flushLater();
    return heldUntil;
  }

  /** Once the session is there, in the order of writing. */
  flushLater(): void {
    const { room } = this.#options;
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const flushed = room.gate.opened().then(() => {
      this.#isWaiting = false;
      return this.flush();
    });
    flushed.catch((error: unknown) => room.log.error({ error }, "held messages stay behind"));
  }

  /** One round for all that failed, since each round tries every held message. */
  #flushAgain(): void {
    const { clock } = this.#options.room;
    if (this.#isRetrying) return;
    this.#isRetrying = true;
    clock.after(againMs, () => {
      this.#isRetrying = false;
      this.flushLater();
    });
  }

  /** Looks in the lane itself: what is being put aside right now stands before it there. */
  async flush(conversation?: string): Promise<void> {
    const { room, lanes } = this.#options;
    const { outgoing } = room.memory();
    const places = conversation === undefined ? outgoing.held().map((row) => row.conversation) : [conversation];
    const flushed = [...new Set(places)].map((place) =>
      lanes.run(place, async () => {
        for (const row of outgoing.held(place)) await this.#release(row);
      }),
    );
    await Promise.all(flushed);
  }

  async #release(row: { key: string; conversation: string; heldUntil: number; message: Json }): Promise<void> {
    const { room, report, dispatch } = this.#options;
    const { outgoing } = room.memory();
    const { key, conversation } = row;
    const message = row.message as unknown as OutgoingMessage;
    const told = { key, conversation, text: beginningOf(message) };
    if (room.clock.now() > row.heldUntil) {
      const note = "no way to the reader was found in time";
      await outgoing.close(key, "expired", note);
      return report({ ...told, outcome: "expired", note });
    }
    try {
      const { parts, notes } = await dispatch(message);
      if (parts.some(({ status }) => status === "held" || status === "cancelled" || status === "failed")) return;
      const outcome = parts.some(({ status }) => status === "unknown") ? "unknown" : "delivered";
      report({ ...told, outcome, note: ["sent late", ...notes].join("; ") });
    } catch (error) {
      const note = error instanceof QQError ? reasonOf(error) : "a fault in this program";
      room.log.error({ conversation, error }, "a held message could not be sent");
      // It is held as before: for the next message there, a reconnect, a restart, or better times.
      if (isPassing(error)) return this.#flushAgain();
      await outgoing.close(key, "open", note);
      report({ ...told, outcome: "refused", note });
    }
  }
}

export function isPassing(error: unknown): boolean {
  return error instanceof QQError && error.retryable;
}

/** What people recognise a message by. */
export function beginningOf({ text, imageUrl }: OutgoingMessage): string {
  return cutToLength((text ?? imageUrl ?? "(media)").replace(/\s+/g, " "), 200);
}
