import type { Json } from "../core/json.ts";
import type { Ends, InboundEvent } from "./turn-engine.ts";

/** One attempt at one event, handed out with the lane's lease. */
export interface TurnWork {
  /** Names the event in the calls below; grows with arrival. */
  position: number;
  event: InboundEvent;
  /** From 1; counted before the attempt starts, so that an attempt that ends the process counts too. */
  attempt: number;
  /** Results recorded by earlier attempts. */
  steps: ReadonlyMap<string, Json | undefined>;
}

/** `later`: the head of the lane waits for its retry; `held`: another owner's lease has not ended. */
export type Claim =
  | { state: "claimed"; work: TurnWork }
  | { state: "empty" }
  | { state: "later"; at: number }
  | { state: "held"; owner: string; until: number };

export interface ClaimRequest {
  lane: string;
  owner: string;
  leaseMs: number;
  /** An event that has used them up is given up instead of handed out again. */
  maxAttempts: number;
  /** An owner known to be gone: its lease counts as ended. */
  takeFrom?: string;
}

export type TurnOutcome =
  | { kind: "done"; absorbed: readonly string[] }
  /** `isPassing`: not the event's fault; however often that happens, the next attempt is its second. */
  | { kind: "failed"; error: string; retryAt: number; isPassing?: boolean }
  | { kind: "dead"; error: string }
  /** Not the event's fault: the attempt does not count, its steps stay. */
  | { kind: "parked" };

/**
 * The memory that the local engine runs on; times are the store's clock. Every promise resolves after its effect is
 * durable, in the order of the calls. Several processes may share one store: leases keep them apart.
 */
export interface TurnStore {
  /** What `ends` matches is done in the same commit, and its ids are a recorded step of the event, `ended`. */
  accept(event: InboundEvent, ends?: Ends): Promise<"accepted" | "duplicate">;
  /** Calls back with the lane of each event accepted in this process, whichever way it came in. */
  watch(listener: (lane: string) => void): () => void;
  /** Lanes with pending events; with `notHeldFrom`, without those that another owner holds right now. */
  openLanes(query?: { notHeldFrom: string }): string[];
  claim(request: ClaimRequest): Promise<Claim>;
  /** Prolongs all leases of an owner and names the lanes that it still holds. */
  renew(owner: string, leaseMs: number): Promise<string[]>;
  /** False, and nothing recorded, when the lane was lost to another owner. */
  recordStep(step: {
    lane: string;
    owner: string;
    position: number;
    name: string;
    result: Json | undefined;
  }): Promise<boolean>;
  /** Ends an attempt. Absorbed events end with it. With `next` the lane's next event is claimed in the same commit. */
  settle(turn: {
    lane: string;
    owner: string;
    position: number;
    outcome: TurnOutcome;
    next?: ClaimRequest;
  }): Promise<Claim | { state: "lost" }>;
  /** Pending events of the lane behind a position, oldest first. */
  waiting(lane: string, position: number): InboundEvent[];
}
