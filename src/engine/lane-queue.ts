/**
 * Which lanes want work, which are being worked on. First come, first served; a lane is never worked on twice at once,
 * and a lane offered meanwhile comes back when its worker is done.
 */
export class LaneQueue {
  readonly #concurrency: number;
  readonly #work: (lane: string) => Promise<void>;
  readonly #ready = new Set<string>();
  readonly #active = new Set<string>();
  readonly #again = new Set<string>();
  #isOpen = true;
  #onIdle: (() => void)[] = [];

  /** `work` never rejects. */
  constructor(concurrency: number, work: (lane: string) => Promise<void>) {
    this.#concurrency = concurrency;
    this.#work = work;
  }

  /** Lanes stand in line behind those at work. */
  get isCrowded(): boolean {
    return this.#ready.size > 0;
  }

  offer(lane: string): void {
    if (!this.#isOpen) return;
    if (this.#active.has(lane)) this.#again.add(lane);
    else this.#ready.add(lane);
    this.#fill();
  }

  /** The worker of this lane is about to look for itself: what was offered until now it will see. */
  willLook(lane: string): void {
    this.#again.delete(lane);
  }

  isActive(lane: string): boolean {
    return this.#active.has(lane);
  }

  /** Starts nothing new from here on. */
  close(): void {
    this.#isOpen = false;
    this.#ready.clear();
  }

  /** Resolves when no lane is being worked on. */
  idle(): Promise<void> {
    return this.#active.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #fill(): void {
    for (const lane of this.#ready) {
      if (this.#active.size >= this.#concurrency) return;
      this.#ready.delete(lane);
      this.#active.add(lane);
      void this.#work(lane).finally(() => this.#finish(lane));
    }
  }

  #finish(lane: string): void {
    this.#active.delete(lane);
    if (this.#again.delete(lane) && this.#isOpen) this.#ready.add(lane);
    this.#fill();
    if (this.#active.size > 0) return;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
