import type { Clock } from "../core/clock.ts";
import type { Json } from "../core/json.ts";
import type { InboundEvent, StepContext, Turn } from "./turn-engine.ts";
import type { TurnStore, TurnWork } from "./turn-store.ts";

/** Why an attempt was cut short. */
export type Cut = "timeout" | "drain" | "lost" | "ended";

export type Ending =
  | { kind: "done"; absorbed: readonly string[] }
  | { kind: "failed"; error: unknown }
  | { kind: "cut"; by: Exclude<Cut, "timeout"> };

/** After its signal fired, a handler has this long to end by itself; then it is left behind and can record no more. */
const abandonMs = 2_000;

const cutMessages: Record<Cut, { message: string; name: string }> = {
  timeout: { message: "the turn took too long", name: "TimeoutError" },
  drain: { message: "the engine is stopping", name: "AbortError" },
  lost: { message: "another process has taken over this conversation", name: "AbortError" },
  ended: { message: "the turn was stopped", name: "AbortError" },
};

/** One attempt while it runs. */
export class RunningTurn implements Turn {
  readonly lane: string;
  readonly eventId: string;
  readonly attempt: number;
  readonly #work: TurnWork;
  readonly #store: TurnStore;
  readonly #owner: string;
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #started = new Set<string>();
  readonly #absorbed = new Set<string>();
  #cut: Cut | undefined;
  #wasRefused = false;
  #onCut: () => void = () => {};

  constructor(options: { work: TurnWork; store: TurnStore; owner: string; clock: Clock }) {
    this.#work = options.work;
    this.#store = options.store;
    this.#owner = options.owner;
    this.#clock = options.clock;
    this.lane = options.work.event.lane;
    this.eventId = options.work.event.id;
    this.attempt = options.work.attempt;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get ended(): readonly string[] {
    return (this.#work.steps.get("ended") ?? []) as string[];
  }

  async step<T extends Json | undefined>(name: string, run: (context: StepContext) => Promise<T>): Promise<T> {
    this.#refuseWhenCut();
    if (this.#started.has(name)) throw new Error(`the step "${name}" ran twice in one turn: names must be unique`);
    this.#started.add(name);
    if (this.#work.steps.has(name)) return this.#work.steps.get(name) as T;
    const result = await run({ idempotencyKey: `${this.eventId}/${name}`, signal: this.signal });
    // Also after a cut: what took effect is worth remembering for the next attempt.
    const { lane, position } = { lane: this.lane, position: this.#work.position };
    const isKept = await this.#store.recordStep({ lane, owner: this.#owner, position, name, result });
    if (!isKept) this.cut("lost");
    this.#refuseWhenCut();
    return result;
  }

  async waiting(): Promise<InboundEvent[]> {
    return this.#store.waiting(this.lane, this.#work.position).filter((event) => !this.#absorbed.has(event.id));
  }

  /** Held here and committed with the turn: if this attempt fails, nothing was absorbed. */
  async absorb(eventIds: readonly string[]): Promise<void> {
    this.#refuseWhenCut();
    for (const id of eventIds) this.#absorbed.add(id);
  }

  cut(by: Cut): void {
    if (this.#cut) return;
    this.#cut = by;
    const { message, name } = cutMessages[by];
    this.#controller.abort(new DOMException(message, name));
    this.#onCut();
  }

  /** Runs the handler to its end, at most `timeoutMs` and a little longer. Never rejects. */
  async run(handle: (turn: Turn, event: InboundEvent) => Promise<void>, timeoutMs: number): Promise<Ending> {
    const cancelTimeout = this.#clock.after(timeoutMs, () => this.cut("timeout"));
    let cancelAbandon: () => void = () => {};
    const abandoned = new Promise<"abandoned">((resolve) => {
      this.#onCut = () => {
        cancelAbandon = this.#clock.after(abandonMs, () => resolve("abandoned"));
      };
    });
    try {
      const end = await Promise.race([Promise.resolve(handle(this, this.#work.event)), abandoned]);
      return this.#ending(end === "abandoned" || this.#wasRefused);
    } catch (error) {
      return this.#ending(true, error);
    } finally {
      cancelTimeout();
      cancelAbandon();
    }
  }

  #ending(isUnfinished: boolean, error?: unknown): Ending {
    if (this.#cut === "lost") return { kind: "cut", by: "lost" };
    if (!isUnfinished) return { kind: "done", absorbed: [...this.#absorbed] };
    if (this.#cut === "drain" || this.#cut === "ended") return { kind: "cut", by: this.#cut };
    return { kind: "failed", error: error ?? this.signal.reason };
  }

  /** A handler may swallow this; the attempt counts as unfinished all the same. */
  #refuseWhenCut(): void {
    if (!this.#cut) return;
    this.#wasRefused = true;
    throw this.signal.reason;
  }
}
