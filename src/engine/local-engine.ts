import { type BackoffPolicy, backoffMs } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { QQError, RateLimitError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { LaneQueue } from "./lane-queue.ts";
import { type Ending, RunningTurn } from "./running-turn.ts";
import type { Ends, InboundEvent, ServeOptions, Service, Turn, TurnEngine } from "./turn-engine.ts";
import type { Claim, ClaimRequest, TurnOutcome, TurnStore, TurnWork } from "./turn-store.ts";

export interface LocalEngineOptions {
  store: TurnStore;
  clock: Clock;
  log: Log;
  /** Unlike every other engine on this store; may tell a restart that its predecessor is gone (see isOwnerGone). */
  owner: string;
  /** Default 3. Then the event is a dead letter and its lane goes on. Retryable errors do not count for 3 minutes. */
  maxAttempts?: number;
  /** Default 1 s doubling to 30 s. The lane waits meanwhile: order comes before speed. */
  retryPolicy?: BackoffPolicy;
  /** Default 5 minutes per attempt. */
  turnTimeoutMs?: number;
  /** Default 5 s, renewed at a third: how long others wait for a process that ended without a word. */
  leaseMs?: number;
  /** Default 500: how often it looks for what other processes left or published. */
  pollMs?: number;
  random?: () => number;
  /** Asked about the owner of a held lane; true frees its lanes without waiting for the lease. Must be quick. */
  isOwnerGone?: (owner: string) => boolean;
}

/** How long an outage may last before what it hinders is given up: less than the shortest window for replies. */
const patienceMs = 3 * 60_000;

type Handler = (turn: Turn, event: InboundEvent) => Promise<void>;

/** Turns on one machine, remembered in a TurnStore: ordered per lane, resumed after a crash, at least once. */
export function createLocalEngine(options: LocalEngineOptions): TurnEngine {
  let service: LocalService | undefined;
  return {
    publish(event, ends) {
      const ended = new Set<string>();
      const accepted = options.store.accept(event, ends && noting(ends, ended));
      // Queued right behind the event, the claim shares its commit: one wait for the disk instead of two.
      service?.offer(event.lane);
      return accepted.then((outcome) => {
        service?.end(ended);
        return outcome;
      });
    },
    async serve(handle, serveOptions) {
      if (service?.isOpen) throw new Error("this engine serves already: drain it first");
      service = new LocalService(handle, { ...serveOptions, ...options });
      service.start();
      return service;
    },
  };
}

function noting({ lane, matches }: Ends, ended: Set<string>): Ends {
  return {
    lane,
    matches(event) {
      const isOver = matches(event);
      if (isOver) ended.add(event.id);
      return isOver;
    },
  };
}

class LocalService implements Service {
  readonly #options: LocalEngineOptions & ServeOptions;
  readonly #handle: Handler;
  readonly #queue: LaneQueue;
  readonly #turns = new Set<RunningTurn>();
  /** Lanes that wait for a retry, with the way to call their timer off. */
  readonly #later = new Map<string, () => void>();
  readonly #leaseMs: number;
  readonly #startedAt: number;
  #isOpen = true;
  #unwatch: () => void = () => {};
  #cancelPoll: () => void = () => {};
  #cancelRenewal: (() => void) | undefined;

  constructor(handle: Handler, options: LocalEngineOptions & ServeOptions) {
    this.#handle = handle;
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? 5_000;
    this.#startedAt = options.clock.now();
    this.#queue = new LaneQueue({ ...options, work: (lane) => this.#work(lane) });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  start(): void {
    this.#unwatch = this.#options.store.watch((lane) => this.offer(lane));
    for (const lane of this.#options.store.openLanes()) this.offer(lane);
    this.#schedulePoll();
  }

  offer(lane: string): void {
    if (!this.#later.has(lane)) this.#queue.offer(lane);
  }

  /** What the store says is over: its turns hear of it now. */
  end(eventIds: ReadonlySet<string>): void {
    for (const turn of this.#turns) if (eventIds.has(turn.eventId)) turn.cut("ended");
  }

  async drain(graceMs: number): Promise<void> {
    this.#isOpen = false;
    this.#unwatch();
    this.#cancelPoll();
    for (const cancel of this.#later.values()) cancel();
    this.#later.clear();
    this.#queue.close();
    const idle = this.#queue.idle();
    const cancelGrace = this.#options.clock.after(graceMs, () => {
      for (const turn of this.#turns) turn.cut("drain");
    });
    await idle;
    cancelGrace();
    this.#cancelRenewal?.();
  }

  /** Works on one lane until it is empty, waits, is held elsewhere, or others stand in line. */
  async #work(lane: string): Promise<void> {
    try {
      this.#queue.willLook(lane);
      let claim: Claim | { state: "lost" } = await this.#options.store.claim(this.#request(lane));
      if (claim.state === "held" && this.#options.isOwnerGone?.(claim.owner))
        claim = await this.#options.store.claim({ ...this.#request(lane), takeFrom: claim.owner });
      while (claim.state === "claimed") claim = await this.#serve(claim.work);
      if (claim.state === "later") this.#offerAt(lane, claim.at);
      // A lane held elsewhere comes back with the poll, once its lease has ended.
    } catch (error) {
      this.#options.log.error({ error, lane }, "the store failed; this conversation is tried again in a second");
      this.#offerAt(lane, this.#options.clock.now() + 1_000);
    }
  }

  async #serve(work: TurnWork): Promise<Claim | { state: "lost" }> {
    const { store, owner, clock } = this.#options;
    const { lane } = work.event;
    if (!this.#isOpen) return store.settle({ lane, owner, position: work.position, outcome: { kind: "parked" } });
    const turn = new RunningTurn({ work, store, owner, clock });
    this.#turns.add(turn);
    this.#keepLeases();
    const ending = await turn.run(this.#handle, this.#options.turnTimeoutMs ?? 300_000);
    this.#turns.delete(turn);
    const outcome = this.#outcome(ending, work);
    if (!outcome) return { state: "lost" };
    const isYielding = this.#queue.isCrowded;
    if (isYielding) this.#queue.offer(lane);
    else this.#queue.willLook(lane);
    const next = isYielding || !this.#isOpen ? {} : { next: this.#request(lane) };
    return store.settle({ lane, owner, position: work.position, outcome, ...next });
  }

  /** Undefined when the lane belongs to somebody else now. */
  #outcome(ending: Ending, work: TurnWork): TurnOutcome | undefined {
    const { log, clock } = this.#options;
    const facts = { event: work.event.id, lane: work.event.lane, attempt: work.attempt };
    if (ending.kind === "done") return ending;
    if (ending.kind === "cut" && ending.by === "ended") return { kind: "done", absorbed: [] };
    if (ending.kind === "cut") {
      log.info({ ...facts, by: ending.by }, "a turn was cut short; it goes on later or elsewhere");
      return ending.by === "drain" ? { kind: "parked" } : undefined;
    }
    const error = ending.error instanceof Error ? `${ending.error.name}: ${ending.error.message}` : "unknown error";
    const waitedMs = Math.max(0, clock.now() - Math.max(work.event.receivedAt, this.#startedAt));
    if (ending.error instanceof QQError && ending.error.retryable && waitedMs < patienceMs) {
      log.warn({ ...facts, error: ending.error }, `a turn waits for better times: ${error}`);
      const retryMs = this.#retryMs(ending.error, 1 + Math.floor(Math.log2(1 + waitedMs / 1_000)));
      return { kind: "failed", error, retryAt: clock.now() + retryMs, isPassing: true };
    }
    if (work.attempt >= this.#maxAttempts) {
      log.error({ ...facts, error: ending.error }, `an event was given up: ${error}`);
      return { kind: "dead", error };
    }
    log.warn({ ...facts, error: ending.error }, `a turn failed and is tried again: ${error}`);
    return { kind: "failed", error, retryAt: clock.now() + this.#retryMs(ending.error, work.attempt) };
  }

  #retryMs(error: unknown, attempt: number): number {
    const policy = this.#options.retryPolicy ?? { baseMs: 1_000, capMs: 30_000 };
    const waitMs = backoffMs(policy, attempt - 1, this.#options.random);
    return error instanceof RateLimitError ? Math.max(waitMs, error.retryAfterMs) : waitMs;
  }

  get #maxAttempts(): number {
    return this.#options.maxAttempts ?? 3;
  }

  #request(lane: string): ClaimRequest {
    return { lane, owner: this.#options.owner, leaseMs: this.#leaseMs, maxAttempts: this.#maxAttempts };
  }

  #offerAt(lane: string, at: number): void {
    if (!this.#isOpen) return;
    const { clock } = this.#options;
    const cancel = clock.after(Math.max(0, at - clock.now()), () => {
      this.#later.delete(lane);
      this.#queue.offer(lane);
    });
    this.#later.set(lane, cancel);
  }

  /** One timer for all leases, running only while turns run. */
  #keepLeases(): void {
    if (this.#cancelRenewal) return;
    this.#cancelRenewal = this.#options.clock.after(this.#leaseMs / 3, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const { store, owner, log } = this.#options;
    const running = [...this.#turns];
    try {
      const held = new Set(await store.renew(owner, this.#leaseMs));
      for (const turn of running) if (this.#turns.has(turn) && !held.has(turn.lane)) turn.cut("lost");
    } catch (error) {
      log.error({ error }, "the leases could not be renewed");
    }
    this.#cancelRenewal = undefined;
    if (this.#turns.size > 0) this.#keepLeases();
  }

  #schedulePoll(): void {
    this.#cancelPoll = this.#options.clock.after(this.#options.pollMs ?? 500, () => {
      this.#poll();
      this.#schedulePoll();
    });
  }

  #poll(): void {
    const { store, owner, log } = this.#options;
    try {
      for (const lane of store.openLanes({ notHeldFrom: owner })) if (!this.#queue.isActive(lane)) this.offer(lane);
    } catch (error) {
      log.error({ error }, "the store could not be asked for waiting conversations");
    }
  }
}
