import type { Json } from "../../src/core/json.ts";
import type { Ends, InboundEvent, Service, Turn, TurnEngine } from "../../src/engine/turn-engine.ts";

interface Work {
  event: InboundEvent;
  attempts: number;
  steps: Map<string, Json | undefined>;
}

type Handler = (turn: Turn, event: InboundEvent) => Promise<void>;

/** Thrown by the engine where the test wanted the process to die. */
export class Crash extends Error {}

/**
 * A turn engine in memory: lanes in order, steps recorded, and a process that dies where the test says. Lanes are worked
 * on when `idle` is awaited, so that a test decides what is waiting when a turn begins.
 */
export class MemoryEngine implements TurnEngine {
  readonly #keys = new Set<string>();
  readonly #lanes = new Map<string, Work[]>();
  #handle: Handler | undefined;
  #controller = new AbortController();
  readonly #atWork = new Map<Work[], Promise<void>>();
  readonly #running = new Map<string, AbortController>();
  /** Dies once after this step's effect and before its record ("effect"), or after its record ("record"). */
  crashAt: { step: string; after: "effect" | "record" } | undefined;
  readonly failures: unknown[] = [];

  async publish(event: InboundEvent, ends?: Ends): Promise<"accepted" | "duplicate"> {
    const keys = [event.id, ...event.dedupeKeys];
    if (keys.some((key) => this.#keys.has(key))) return "duplicate";
    for (const key of keys) this.#keys.add(key);
    const lane = this.#lanes.get(event.lane) ?? [];
    const steps = new Map<string, Json>(ends ? [["ended", this.#end(ends)]] : []);
    lane.push({ event: structuredClone(event), attempts: 0, steps });
    this.#lanes.set(event.lane, lane);
    return "accepted";
  }

  #end({ lane, matches }: Ends): string[] {
    const works = this.#lanes.get(lane) ?? [];
    const over = works.filter(({ event }) => matches(event)).map(({ event }) => event.id);
    works.splice(0, works.length, ...works.filter(({ event }) => !over.includes(event.id)));
    for (const id of over) this.#running.get(id)?.abort(new DOMException("the turn was stopped", "AbortError"));
    return over;
  }

  async serve(handle: Handler): Promise<Service> {
    this.#handle = handle;
    return {
      drain: async () => {
        this.#handle = undefined;
        this.#controller.abort(new DOMException("the engine is stopping", "AbortError"));
      },
    };
  }

  /** Works on every lane until it is empty; an event that fails is kept for the next call. */
  async idle(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => this.#atWork.get(lane) ?? this.#begin(lane)));
  }

  get unfinished(): number {
    return [...this.#lanes.values()].reduce((sum, lane) => sum + lane.length, 0);
  }

  #begin(lane: Work[]): Promise<void> {
    const work = this.#work(lane).finally(() => this.#atWork.delete(lane));
    this.#atWork.set(lane, work);
    return work;
  }

  async #work(lane: Work[]): Promise<void> {
    for (let work = lane[0]; work && this.#handle; work = lane[0]) {
      work.attempts++;
      const absorbed = new Set<string>();
      try {
        await this.#handle(this.#turn(work, lane, absorbed), work.event);
      } catch (error) {
        if (lane[0] !== work) continue;
        this.failures.push(error);
        return;
      }
      lane.splice(0, lane.length, ...lane.filter((other) => other !== work && !absorbed.has(other.event.id)));
    }
  }

  #turn(work: Work, lane: Work[], absorbed: Set<string>): Turn {
    const stop = new AbortController();
    this.#running.set(work.event.id, stop);
    const signal = AbortSignal.any([this.#controller.signal, stop.signal]);
    return {
      lane: work.event.lane,
      eventId: work.event.id,
      attempt: work.attempts,
      ended: (work.steps.get("ended") ?? []) as string[],
      signal,
      step: async <T extends Json | undefined>(name: string, run: Parameters<Turn["step"]>[1]) => {
        stop.signal.throwIfAborted();
        if (work.steps.has(name)) return work.steps.get(name) as T;
        const result = await run({ idempotencyKey: `${work.event.id}/${name}`, signal });
        this.#maybeDie(name, "effect");
        stop.signal.throwIfAborted();
        // As a store would: what is no JSON does not survive.
        work.steps.set(name, result === undefined ? undefined : (JSON.parse(JSON.stringify(result)) as Json));
        this.#maybeDie(name, "record");
        return work.steps.get(name) as T;
      },
      waiting: async () => lane.slice(1).map(({ event }) => event),
      absorb: async (ids) => {
        for (const id of ids) absorbed.add(id);
      },
    };
  }

  #maybeDie(step: string, after: "effect" | "record"): void {
    if (this.crashAt?.step !== step || this.crashAt.after !== after) return;
    this.crashAt = undefined;
    throw new Crash(`died after the ${after} of ${step}`);
  }
}
