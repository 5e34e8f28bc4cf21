/**
 * Which lanes want work, which are being worked on. First come, first served; a lane is never worked on twice at once,
 * and a lane offered meanwhile comes back when its worker is done. Urgent lanes stand in no line and take nobody's place.
 */
export class LaneQueue {
  readonly #concurrency: number;
  readonly #work: (lane: string) => Promise<void>;
  readonly #isUrgent: (lane: string) => boolean;
  readonly #ready = new Set<string>();
  readonly #active = new Set<string>();
  readonly #urgent = new Set<string>();
  readonly #again = new Set<string>();
  #isOpen = true;
  #onIdle: (() => void)[] = [];

  /** `work` never rejects. */
  constructor(options: {
    concurrency: number;
    work: (lane: string) => Promise<void>;
    isUrgent?: (lane: string) => boolean;
  }) {
    this.#concurrency = options.concurrency;
    this.#work = options.work;
    this.#isUrgent = options.isUrgent ?? (() => false);
  }

  /** Lanes stand in line behind those at work. */
  get isCrowded(): boolean {
    return this.#ready.size > 0;
  }

  offer(lane: string): void {
    if (!this.#isOpen) return;
    if (this.isActive(lane)) this.#again.add(lane);
    else if (this.#isUrgent(lane)) this.#begin(lane, this.#urgent);
    else this.#ready.add(lane);
    this.#fill();
  }

  /** The worker of this lane is about to look for itself: what was offered until now it will see. */
  willLook(lane: string): void {
    this.#again.delete(lane);
  }

  isActive(lane: string): boolean {
    return this.#active.has(lane) || this.#urgent.has(lane);
  }

  /** Starts nothing new from here on. */
  close(): void {
    this.#isOpen = false;
    this.#ready.clear();
  }

  /** Resolves when no lane is being worked on. */
  idle(): Promise<void> {
    return this.#isIdle ? Promise.resolve() : new Promise((resolve) => this.#onIdle.push(resolve));
  }

  get #isIdle(): boolean {
    return this.#active.size + this.#urgent.size === 0;
  }

  #fill(): void {
    for (const lane of this.#ready) {
      if (this.#active.size >= this.#concurrency) return;
      this.#ready.delete(lane);
      this.#begin(lane, this.#active);
    }
  }

  #begin(lane: string, place: Set<string>): void {
    place.add(lane);
    void this.#work(lane).finally(() => this.#finish(lane, place));
  }

  #finish(lane: string, place: Set<string>): void {
    place.delete(lane);
    if (this.#again.delete(lane)) this.offer(lane);
    this.#fill();
    if (!this.#isIdle) return;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
