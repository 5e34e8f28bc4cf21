import { orAborted } from "../core/abort.ts";
import { GatewayError } from "../core/errors.ts";
import { within } from "../core/within.ts";
import { gatewayLimits } from "../protocol/limits.ts";
import type { ShardPlan } from "../protocol/shards.ts";
import { quietly } from "./callbacks.ts";
import type { GatewaySessionOptions, GatewayStatus, ShardAdvice } from "./gateway-options.ts";
import { combine } from "./gateway-status.ts";
import { createGatewaySession, type GatewaySession } from "./session.ts";

export interface GatewayOptions extends Omit<GatewaySessionOptions, "shard" | "adviseShards" | "onState"> {
  plan: ShardPlan;
  /** After every change of any shard. What it throws is logged. */
  onState?: ((status: GatewayStatus) => void) | undefined;
}

export interface Gateway {
  /**
   * Holds all connections until `signal` aborts; then resolves, with every session saved and still resumable. Rejects once,
   * when the first of them is ended for good (see GatewaySession). Can be run again afterwards.
   */
  run(signal: AbortSignal): Promise<void>;
  status(): GatewayStatus;
  reconnect(): void;
  hold(): void;
}

/** Sessions that divide the app's events among them: all of one count. */
interface ShardSet {
  count: number;
  /** Nobody else has begun yet: the first shard may still learn another count from the platform. */
  isOpen: boolean;
  sessions: GatewaySession[];
  abort: AbortController;
  ended: Promise<void>;
}

/** How long the other shards wait for the first, which finds out what the app may hear; then they start all the same. */
const firstShardMs = 30_000;
/** How long shards that are replaced go on beside those that replace them. */
const overlapMs = 60_000;

const lingerMs = 2_000;

/** The shards of this process on the gateway. With `auto` their number follows what the platform advises and asks for. */
export function createGateway(options: GatewayOptions): Gateway {
  return new ShardedGateway(options);
}

class ShardedGateway implements Gateway {
  readonly #options: GatewayOptions;
  #sets: ShardSet[] = [];
  #isRunning = false;
  /** The count that the platform wants at least. */
  #wanted = 1;
  #wake: (() => void)[] = [];

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  status(): GatewayStatus {
    const { intents } = this.#options;
    const sessions = this.#sets.flatMap((set) => set.sessions.map((session) => session.status()));
    if (!this.#isRunning) return combine(sessions, { expected: sessions.length, intents: intents.mask });
    // One that ended does not decide alone: its successors may be on the way, or the end of all.
    const present = sessions.filter(({ state }) => state !== "failed");
    return combine(present, { expected: this.#sizeOf(this.#sets.at(-1)), intents: intents.mask });
  }

  #sizeOf(set: ShardSet | undefined): number {
    const { plan } = this.#options;
    return plan.kind === "fixed" ? plan.ids.length : (set?.count ?? 1);
  }

  reconnect(): void {
    for (const set of this.#sets) for (const session of set.sessions) session.reconnect();
  }

  hold(): void {
    for (const set of this.#sets) for (const session of set.sessions) session.hold();
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.#isRunning) throw new Error("This gateway runs already.");
    if (signal.aborted) return;
    this.#isRunning = true;
    [this.#sets, this.#wanted] = [[], 1];
    try {
      await this.#run(signal);
    } finally {
      this.#isRunning = false;
      this.#changed();
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#wakeUp(), { once: true });
    let present = this.#start(await this.#firstCount(), signal);
    this.#sets = [present];
    for (;;) {
      const set = present;
      await Promise.race([set.ended, this.#until(() => this.#wanted > set.count)]);
      if (this.#wanted <= set.count || signal.aborted) return set.ended;
      present = await this.#replace(set, this.#wanted, signal);
    }
  }

  /** The new shards start while the old ones still hear: what both hear is one event, what falls between them none is. */
  async #replace(old: ShardSet, count: number, signal: AbortSignal): Promise<ShardSet> {
    this.#options.log.warn({ from: old.count, to: count }, "gateway: the number of shards changes");
    const next = this.#start(count, signal);
    this.#sets = [old, next];
    const isLive = () =>
      next.sessions.length === next.count && next.sessions.every((one) => one.status().state === "live");
    const { clock } = this.#options;
    await Promise.race([within(this.#until(isLive), overlapMs, clock), next.ended.catch(() => undefined)]);
    // What the platform sent to the old ones alone may still be on its way.
    if (isLive()) await clock.sleep(lingerMs, signal).catch(() => undefined);
    this.#sets = [next];
    old.abort.abort();
    await old.ended.catch(() => undefined);
    for (let id = 0; id < old.count; id++) {
      quietly(this.#options.log, "sessions.clear", () => this.#options.sessions.clear([id, old.count]));
    }
    return next;
  }

  #start(count: number, signal: AbortSignal): ShardSet {
    const { plan } = this.#options;
    const abort = new AbortController();
    const set: ShardSet = { count, isOpen: plan.kind === "auto", sessions: [], abort, ended: Promise.resolve() };
    const either = AbortSignal.any([signal, abort.signal]);
    set.ended = this.#runAll(set, either).finally(() => abort.abort());
    // Whoever waits hears of it; a set that is being replaced has nobody who does.
    set.ended.catch(() => undefined);
    return set;
  }

  async #runAll(set: ShardSet, signal: AbortSignal): Promise<void> {
    const { plan, clock } = this.#options;
    const [firstId = 0] = plan.kind === "fixed" ? plan.ids : [0];
    const first = this.#open(set, firstId);
    const runs = [this.#runOne(set, first, signal)];
    const isDecided = () => ["live", "failed"].includes(first.status().state) || signal.aborted;
    await Promise.race([within(this.#until(isDecided), firstShardMs, clock), runs[0]]);
    set.isOpen = false;
    if (!signal.aborted && this.#wanted <= set.count) {
      const ids = plan.kind === "fixed" ? plan.ids : Array.from({ length: set.count }, (_, id) => id);
      for (const id of ids) if (id !== firstId) runs.push(this.#runOne(set, this.#open(set, id), signal));
    }
    try {
      await Promise.all(runs);
    } finally {
      set.abort.abort();
      await Promise.allSettled(runs);
    }
  }

  #open(set: ShardSet, id: number): GatewaySession {
    const session = createGatewaySession({
      ...this.#options,
      shard: [id, set.count],
      adviseShards: (advised) => this.#advise(set, advised),
      onState: () => this.#changed(),
    });
    set.sessions.push(session);
    return session;
  }

  /** A shard that the platform wants divided ends quietly: its successors are on the way. */
  async #runOne(set: ShardSet, session: GatewaySession, signal: AbortSignal): Promise<void> {
    try {
      await session.run(signal);
    } catch (error) {
      const isDivided = error instanceof GatewayError && error.closeCode === 4011 && this.#options.plan.kind === "auto";
      if (!isDivided) throw error;
      this.#want(set.count + 1);
      await untilAborted(signal);
    }
  }

  #advise(set: ShardSet, advised: number): ShardAdvice {
    const { plan, log } = this.#options;
    const isMore = advised > set.count && advised <= gatewayLimits.maxShards;
    if (isMore && plan.kind === "fixed")
      log.warn({ advised, count: set.count }, "gateway: the platform advises more shards than QQ_BOT_SHARDS");
    else if (isMore && set.isOpen) set.count = advised;
    else if (isMore) this.#want(advised);
    const live = set.sessions.filter((session) => session.status().state === "live").length;
    return { count: set.count, starts: this.#sizeOf(set) - live };
  }

  #want(count: number): void {
    this.#wanted = Math.max(this.#wanted, count);
    this.#changed();
  }

  /** As many as the session that was saved last belonged to, if it may still be resumed; otherwise the platform says. */
  async #firstCount(): Promise<number> {
    const { plan, sessions, clock, log } = this.#options;
    if (plan.kind === "fixed") return plan.count;
    try {
      const newest = await sessions.newest?.();
      if (newest && clock.now() - newest.savedAt <= gatewayLimits.resumableMs) return newest.shard[1];
    } catch (error) {
      log.warn({ error }, "stored gateway sessions unreadable; new ones begin");
    }
    return 1;
  }

  #changed(): void {
    this.#wakeUp();
    const { log, onState } = this.#options;
    quietly(log, "onState", () => onState?.(this.status()));
  }

  #wakeUp(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  async #until(check: () => boolean): Promise<void> {
    while (!check()) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return orAborted(new Promise<never>(() => {}), signal).catch(() => undefined);
}
