import type { Clock } from "../core/clock.ts";
import { gatewayLimits } from "../protocol/limits.ts";

/** The interval of hello in ms: the documented default for a missing or senseless value, else clamped. */
export function heartbeatIntervalMs(value: unknown): number {
  const interval = typeof value === "string" && value !== "" ? Number(value) : value;
  if (typeof interval !== "number" || !Number.isFinite(interval) || interval <= 0) {
    return gatewayLimits.defaultHeartbeatMs;
  }
  return Math.min(Math.max(interval, gatewayLimits.minHeartbeatMs), gatewayLimits.maxHeartbeatMs);
}

const maxGraceMs = 5000;

export interface HeartbeatOptions {
  intervalMs: number;
  /** Sends one op 1. */
  beat(): void;
  /** A beat went without acknowledgement for a whole interval and the grace after it. */
  onDead(): void;
  clock: Clock;
  random: () => number;
}

/**
 * Beats of one connection. The first comes after a random part of the interval, so that shards do not beat in step. Life
 * is judged by acknowledgements alone, never by events: an idle bot is healthy.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #graceMs: number;
  #awaitsAck = false;
  #isHeld = false;
  #cancelBeat: (() => void) | undefined;
  #cancelGrace: (() => void) | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#graceMs = Math.min(options.intervalMs / 2, maxGraceMs);
    this.#schedule(Math.round(options.intervalMs * options.random()));
  }

  ack(): void {
    this.#awaitsAck = false;
    this.#forgive();
  }

  /** While reading is paused no acknowledgement can arrive: beats go on, judgement waits. */
  hold(): void {
    this.#isHeld = true;
    this.#forgive();
  }

  release(): void {
    this.#isHeld = false;
    this.#awaitsAck = false;
  }

  stop(): void {
    this.#cancelBeat?.();
    this.#forgive();
  }

  #schedule(delayMs: number): void {
    this.#cancelBeat = this.#options.clock.after(delayMs, () => this.#due());
  }

  #due(): void {
    if (this.#awaitsAck && !this.#isHeld && !this.#cancelGrace) {
      this.#cancelGrace = this.#options.clock.after(this.#graceMs, () => this.#options.onDead());
    }
    this.#awaitsAck = true;
    this.#schedule(this.#options.intervalMs);
    this.#options.beat();
  }

  #forgive(): void {
    this.#cancelGrace?.();
    this.#cancelGrace = undefined;
  }
}
