import type { Json } from "../core/json.ts";

/** One event on its way to a turn. Durable once `publish` resolves. */
export interface InboundEvent {
  id: string;
  /** Every key under which the same event may arrive again (outer id, message id). */
  dedupeKeys: readonly string[];
  /** Conversation key: turns of one lane run in order, lanes run in parallel. */
  lane: string;
  receivedAt: number;
  payload: Json;
}

export interface StepContext {
  /** Stable over retries and restarts: the same step of the same event always has the same key. */
  idempotencyKey: string;
  signal: AbortSignal;
}

/**
 * One attempt at one event. Clock, randomness, model and HTTP belong inside `step`; step names are unique within a turn
 * and come in a fixed order. A recorded step is not run again after a crash: its stored result is returned.
 */
export interface Turn {
  readonly lane: string;
  readonly eventId: string;
  /** From 1. */
  readonly attempt: number;
  readonly signal: AbortSignal;
  /** Ids of the events that ended with the arrival of this one; the same in every attempt. */
  readonly ended: readonly string[];
  step<T extends Json | undefined>(name: string, run: (context: StepContext) => Promise<T>): Promise<T>;
  /** Events that wait in the same lane behind this one, oldest first. */
  waiting(): Promise<InboundEvent[]>;
  /** Marks waiting events as handled by this turn, so that they start no turn of their own. */
  absorb(eventIds: readonly string[]): Promise<void>;
}

export interface ServeOptions {
  concurrency: number;
  /** Lanes whose turns wait for nobody's, however many run. */
  isUrgent?: (lane: string) => boolean;
}

/** What ends unanswered the moment that another event is stored. */
export interface Ends {
  lane: string;
  /** Asked about every pending event of the lane; it does nothing else, for it may be asked twice. */
  matches(event: InboundEvent): boolean;
}

export interface Service {
  /** Takes no new turns, lets running ones finish for `graceMs`, then aborts and parks them for the next start. */
  drain(graceMs: number): Promise<void>;
}

/** At-least-once for effects: senders pair a turn's steps with their own idempotency. */
export interface TurnEngine {
  /**
   * With `ends`, stored in one commit: either the event is there and what it ends is over, or neither. Running turns of
   * this process are cut: their signal fires, and no step of theirs begins any more. A duplicate ends nothing.
   */
  publish(event: InboundEvent, ends?: Ends): Promise<"accepted" | "duplicate">;
  serve(handle: (turn: Turn, event: InboundEvent) => Promise<void>, options: ServeOptions): Promise<Service>;
}
