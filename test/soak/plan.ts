import type { FaultInput } from "../../src/emulator/faults.ts";
import type { EventType } from "../../src/emulator/people.ts";
import { Dice } from "./dice.ts";

export type Place = "c2c" | "mention" | "group" | "channel" | "dms";

export type Step =
  /** Message number `n`; the answer repeats the number. */
  | { kind: "say"; place: Place; n: number }
  | { kind: "raise"; type: EventType }
  | { kind: "fault"; fault: FaultInput }
  /** SIGKILL after so many turns of the event loop, from now or from the next message to leave; later a new process. */
  | { kind: "kill"; from: "now" | "send"; turns: number; awayMs: number }
  /** Nothing can be written for a while. */
  | { kind: "disk"; lastsMs: number }
  /** SIGTERM, which may take its time. */
  | { kind: "stop"; awayMs: number };

export type Plan = { atMs: number; step: Step }[];

export interface PlanSize {
  messages: number;
  faults: number;
  kills: number;
  lastsMs: number;
}

/** What happens to one bot, by the number of the seed alone. Oldest first. */
export function planOf(seed: number, size: Partial<PlanSize> = {}): Plan {
  const dice = new Dice(seed);
  const { messages = dice.between(6, 24), faults = dice.between(1, 7), kills = dice.of([0, 1, 1, 2]) } = size;
  const lastsMs = size.lastsMs ?? 90_000;
  const plan: Plan = [];
  const add = (step: Step, atMs = dice.between(0, lastsMs)) => plan.push({ atMs, step });
  for (let n = 1; n <= messages; n++) {
    const place = dice.of(["c2c", "mention", "mention", "group", "channel", "dms"] as const);
    // Half of them come in bursts, where a kill or a fault meets several at once.
    add({ kind: "say", place, n }, dice.happens(0.5) ? dice.between(0, 3) * Math.floor(lastsMs / 4) : undefined);
  }
  for (let n = 0; n < dice.between(0, 3); n++) add({ kind: "raise", type: dice.of(["FRIEND_ADD", "GROUP_ADD_ROBOT"]) });
  for (let n = 0; n < faults; n++) {
    const atMs = dice.between(0, lastsMs);
    for (const fault of faultOf(dice)) add({ kind: "fault", fault }, atMs);
  }
  if (dice.happens(0.25)) {
    const lastsMs = dice.of([300, 2_000, 10_000, 30_000]);
    add({ kind: "disk", lastsMs }, beside(plan, dice));
  }
  for (let n = 0; n < kills; n++) {
    const awayMs = dice.of([0, 500, 5_000, 20_000]);
    if (dice.happens(0.25)) add({ kind: "stop", awayMs });
    else if (dice.happens(0.5)) add({ kind: "kill", from: "send", turns: dice.between(0, 20), awayMs });
    else add({ kind: "kill", from: "now", turns: dice.between(0, 60), awayMs }, beside(plan, dice));
  }
  return plan.sort((a, b) => a.atMs - b.atMs);
}

/** The moment of some message, so that a kill meets work under way. */
function beside(plan: Plan, dice: Dice): number {
  const said = plan.filter(({ step }) => step.kind === "say");
  return dice.happens(0.8) ? dice.of(said).atMs + dice.of([0, 0, 0, 1, 400, 2_000]) : dice.of(plan).atMs;
}

const closeCodes = [1000, 1001, 1006, 1006, 4006, 4007, 4008, 4009, 4009, 4009, 4900, 4902, 4903];
const calls = ["/messages", "/messages", "/gateway/bot", "getAppAccessToken", "/users/@me", undefined];

/** One trouble: mostly one fault, sometimes two that belong together. */
function faultOf(dice: Dice): FaultInput[] {
  const delay_ms = dice.of([0, 300, 2_000]);
  const count = dice.of([1, 1, 2, 3]);
  const match = dice.of(calls);
  const call = { count, ...(match === undefined ? {} : { match }) };
  const after_effect = dice.happens(0.5);
  return dice.of<() => FaultInput[]>([
    () => [{ kind: "black_hole" }, { kind: "op7" }],
    () => [{ kind: "withhold_hello" }, { kind: "close", code: 1006 }],
    () => [{ kind: "withhold_ready" }, { kind: "op7" }],
    () => [{ kind: "session_expired" }, { kind: "op7" }],
    () => [
      { kind: "start_limit", delay_ms: 20_000 },
      { kind: "close", code: 4006 },
    ],
    () => [{ kind: "drop_acks", count: 2 }],
    () => [{ kind: "half_open", delay_ms }],
    () => [{ kind: "half_open", delay_ms }],
    () => [{ kind: "close", code: dice.of(closeCodes), count, delay_ms }],
    () => [{ kind: "close", code: dice.of(closeCodes), count, delay_ms }],
    () => [{ kind: "op7", count }],
    () => [{ kind: "op9", resumable: dice.happens(0.5), delay_ms }],
    () => [{ kind: "delay_event", delay_ms: dice.between(1, 8_000), count }],
    () => [{ kind: "reorder_event", count }],
    () => [{ kind: "duplicate_event", delay_ms, count }],
    () => [{ kind: "other_type", delay_ms, count }],
    () => [{ kind: "token_expired", ...call }],
    () => [{ kind: "unauthorized", ...call, count: 1 }],
    () => [{ kind: "rate_limited", ...call, delay_ms }],
    () => [{ kind: "server_error", ...call, after_effect }],
    () => [{ kind: "bad_gateway", ...call, after_effect }],
    () => [{ kind: "connection_reset", ...call, after_effect }],
    () => [{ kind: "no_answer", ...call, after_effect, count: 1 }],
    () => [{ kind: "slow_answer", ...call, delay_ms: dice.between(1, 5_000) }],
    () => [{ kind: "slow_body", ...call, delay_ms: dice.between(1, 5_000) }],
    () => [{ kind: "truncated_body", ...call }],
    () => [{ kind: "not_shown" }],
  ])();
}
