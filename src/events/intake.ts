import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Envelope } from "../protocol/envelope.ts";

export interface IntakeOptions {
  /** Durable when it resolves. May throw or reject: the event is then offered again. */
  accept(envelope: Envelope): Promise<void>;
  /** Unaccepted events above which the source should stop reading; it may go on at half of that. */
  capacity: number;
  onPressure(isFull: boolean): void;
  clock: Clock;
  log: Log;
}

interface Item {
  envelope: Envelope;
  settle: () => void;
  attempts: number;
  /** Refused while others passed: the fault lies in the event, not in the store. */
  isOdd: boolean;
}

const retryMs = [1000, 2000, 5000, 10_000] as const;

/**
 * Hands events over without waiting for the one before (so that their writes share a commit) until one is refused. Then
 * later ones queue behind it, and all are offered again in order, until the store answers. Nothing is ever given up.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #running = new Map<string, Item>();
  readonly #waiting = new Map<string, Item>();
  #failedRounds = 0;
  #isFull = false;
  #isStopped = false;
  #isDown = false;
  #inRound = false;
  #cancelRetry: (() => void) | undefined;
  #whenIdle: (() => void)[] = [];

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Events that are not accepted yet. */
  get backlog(): number {
    return this.#running.size + this.#waiting.size;
  }

  /** A replay of an event that is already here is dropped; `settle` is called once its first copy is accepted. */
  offer(envelope: Envelope, settle: () => void): void {
    if (this.#isStopped) return;
    const known = this.#running.get(envelope.id) ?? this.#waiting.get(envelope.id);
    if (known) {
      const first = known.settle;
      known.settle = () => {
        first();
        settle();
      };
      return;
    }
    const item: Item = { envelope, settle, attempts: 0, isOdd: false };
    if (this.#isDown) this.#waiting.set(envelope.id, item);
    else void this.#attempt(item);
    this.#measure();
    if (this.#isFull) this.#options.onPressure(true);
  }

  /** Takes nothing more; resolves when the attempts under way have ended. What waits stays unsettled. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRetry?.();
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  async #attempt(item: Item): Promise<boolean> {
    const { id } = item.envelope;
    this.#waiting.delete(id);
    this.#running.set(id, item);
    try {
      await this.#options.accept(item.envelope);
      this.#running.delete(id);
      item.settle();
      this.#measure();
      return true;
    } catch (error) {
      this.#refused(item, error);
      return false;
    } finally {
      if (this.#running.size === 0) for (const wake of this.#whenIdle.splice(0)) wake();
    }
  }

  #refused(item: Item, error: unknown): void {
    const { id, type } = item.envelope;
    item.attempts++;
    this.#running.delete(id);
    this.#waiting.set(id, item);
    if (!this.#inRound && !this.#isDown) {
      // One line for all that follow, until they are accepted again.
      this.#isDown = true;
      this.#options.log.error({ id, type, error }, "event not accepted; this and later ones will be offered again");
    }
    this.#scheduleRound();
  }

  #scheduleRound(): void {
    if (this.#isStopped || this.#inRound || this.#cancelRetry) return;
    const delayMs = retryMs[Math.min(this.#failedRounds, retryMs.length - 1)] ?? retryMs[0];
    this.#cancelRetry = this.#options.clock.after(delayMs, () => {
      this.#cancelRetry = undefined;
      void this.#round();
    });
  }

  /**
   * Every waiting event once, in order. One that is refused while others pass does not hold them up: the store is taken
   * for down only when nothing passes.
   */
  async #round(): Promise<void> {
    this.#inRound = true;
    let accepted = 0;
    const refused = new Map<string, Item>();
    for (let item = this.#next(refused); item && !this.#isStopped; item = this.#next(refused)) {
      if (await this.#attempt(item)) accepted++;
      else refused.set(item.envelope.id, item);
    }
    this.#inRound = false;
    const wasDown = this.#isDown;
    if (accepted > 0) this.#singleOut(refused);
    this.#isDown = [...refused.values()].some((item) => !item.isOdd);
    if (wasDown && !this.#isDown) this.#options.log.info({ accepted, left: refused.size }, "events are accepted again");
    this.#failedRounds = accepted === 0 ? this.#failedRounds + 1 : 0;
    if (this.#waiting.size > 0) this.#scheduleRound();
  }

  #singleOut(refused: ReadonlyMap<string, Item>): void {
    for (const [id, item] of refused) {
      if (!item.isOdd) this.#options.log.error({ id, type: item.envelope.type }, "only this event is not accepted");
      item.isOdd = true;
    }
  }

  #next(except: ReadonlyMap<string, Item>): Item | undefined {
    let oldest: Item | undefined;
    for (const item of this.#waiting.values()) {
      if (except.has(item.envelope.id)) continue;
      if (!oldest || (item.envelope.seq ?? 0) < (oldest.envelope.seq ?? 0)) oldest = item;
    }
    return oldest;
  }

  #measure(): void {
    const wasFull = this.#isFull;
    this.#isFull = this.backlog > (wasFull ? this.#options.capacity / 2 : this.#options.capacity);
    if (wasFull && !this.#isFull) this.#options.onPressure(false);
  }
}
