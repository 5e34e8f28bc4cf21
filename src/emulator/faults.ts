import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { missing, parseInput } from "./control-errors.ts";

/**
 * Where a fault strikes. `call`: an answer of the bot API; `upgrade` to `ack`: the gateway's own talk; `live`: a bot that
 * is connected, at once or when the next one is; `event`: an event on its way out; `post`: one post of a webhook.
 */
export type FaultHook = "call" | "upgrade" | "hello" | "auth" | "resume" | "lookup" | "ack" | "live" | "event" | "post";

interface FaultKind {
  hook: FaultHook;
  /** What it takes besides kind, count, probability and seed. */
  takes: readonly ("match" | "delay_ms" | "code" | "resumable" | "after_effect" | "copies")[];
  does: string;
}

function kind(hook: FaultHook, takes: FaultKind["takes"], does: string): FaultKind {
  return { hook, takes, does };
}

/** Everything that can go wrong. A kind more is one line here and one in the file of its hook. */
export const faultKinds = {
  black_hole: kind("upgrade", [], "the gateway takes the TCP connection and never says a word"),
  withhold_hello: kind("hello", [], "the socket opens, but op 10 never comes"),
  withhold_ready: kind("auth", [], "op 2 or op 6 is never answered"),
  session_expired: kind("resume", [], "op 6 ends in op 9 and close code 4006: the session is gone"),
  start_limit: kind("lookup", ["delay_ms"], "/gateway/bot says that no session starts are left, for delay_ms"),
  drop_acks: kind("ack", [], "a heartbeat is not acknowledged; count = how many"),
  half_open: kind("live", ["delay_ms"], "the socket stays open, but nothing goes through any more"),
  close: kind("live", ["code", "delay_ms"], "the socket is closed with code (4009); 1006 cuts the line"),
  op7: kind("live", ["delay_ms"], "the platform asks to reconnect"),
  op9: kind("live", ["resumable", "delay_ms"], "the session is invalid; resumable = d of op 9 (false)"),
  delay_event: kind("event", ["match", "delay_ms"], "an event comes delay_ms later (1000)"),
  reorder_event: kind("event", ["match", "delay_ms"], "an event comes behind the next one, or after delay_ms (1000)"),
  duplicate_event: kind("event", ["match", "delay_ms"], "an event comes again with the same id, after delay_ms (0)"),
  other_type: kind("event", ["match", "delay_ms"], "a message comes again as the other type of its scene"),
  token_expired: kind("call", ["match"], "the token of this call is no longer valid, early"),
  unauthorized: kind("call", ["match"], "401 with code 11244, though the token is good"),
  rate_limited: kind("call", ["match", "delay_ms"], "429; with delay_ms also Retry-After"),
  server_error: kind("call", ["match", "delay_ms", "after_effect"], "500 with code 50001"),
  bad_gateway: kind("call", ["match", "delay_ms", "after_effect"], "502 with a page of HTML"),
  connection_reset: kind("call", ["match", "delay_ms", "after_effect"], "the connection breaks instead of an answer"),
  no_answer: kind("call", ["match", "after_effect"], "the answer never comes"),
  slow_answer: kind("call", ["match", "delay_ms"], "the answer takes delay_ms (1000)"),
  slow_body: kind("call", ["match", "delay_ms"], "half of the body at once, the rest after delay_ms (1000)"),
  truncated_body: kind("call", ["match"], "the body ends in its middle"),
  not_shown: kind("call", ["match"], "a message is taken and answered with 200, but nobody ever sees it"),
  quota_spent: kind(
    "call",
    ["match", "code"],
    "a message is refused with code (40034100, in guilds 304045): the quota is used up",
  ),
  webhook_storm: kind("post", ["match", "copies"], "an event is posted copies times at once (10)"),
  forged_signature: kind("post", ["match"], "an event is posted with a signature of another secret"),
  clock_skew: kind(
    "post",
    ["match", "delay_ms"],
    "an event is posted with a good signature that is delay_ms old (600000)",
  ),
} as const satisfies Record<string, FaultKind>;
export type FaultName = keyof typeof faultKinds;

const names = Object.keys(faultKinds) as FaultName[];
const closeCodes = z.union([z.literal([1000, 1001, 1006]), z.int().min(4000).max(4999)]);

export const faultInput = z
  .strictObject({
    kind: z.enum(names),
    /** Part of `METHOD /path` of the call, or of the event's type. */
    match: z.string().min(1).max(256).optional(),
    /** How often it strikes; null: until it is removed. */
    count: z.int().min(1).max(1_000_000).nullable().default(1),
    probability: z.number().gt(0).max(1).default(1),
    delay_ms: z.int().min(0).max(86_400_000).optional(),
    /** Of the close frame, or of the refusal. */
    code: z.int().min(1).max(1_000_000_000).optional(),
    resumable: z.boolean().optional(),
    /** The call takes effect first; only its answer is bad. */
    after_effect: z.boolean().optional(),
    copies: z.int().min(2).max(100).optional(),
    /** Of the dice for probability: the same seed strikes at the same occasions. */
    seed: z.int().min(0).max(4_294_967_295).default(1),
  })
  .superRefine((input, issues) => {
    const takes: readonly string[] = faultKinds[input.kind].takes;
    for (const field of ["match", "delay_ms", "code", "resumable", "after_effect", "copies"] as const) {
      if (input[field] !== undefined && !takes.includes(field)) {
        issues.addIssue({ code: "custom", path: [field], message: `${input.kind} takes no ${field}` });
      }
    }
    if (input.kind === "close" && input.code !== undefined && !closeCodes.safeParse(input.code).success) {
      issues.addIssue({ code: "custom", path: ["code"], message: "a close code: 1000, 1001, 1006 or 4000 to 4999" });
    }
  });

export type FaultInput = z.input<typeof faultInput>;

/** One that is set, with how much of it is left; spent ones stay in sight until they are removed. */
export type Fault = z.output<typeof faultInput> & {
  id: number;
  /** null: without end. */
  left: number | null;
  hits: number;
};

/** What is set to go wrong, oldest first. */
export class Faults {
  readonly #onStrike: (fault: Fault) => void;
  #rows: { fault: Fault; dice: () => number }[] = [];
  #lastId = 0;

  constructor(onStrike: (fault: Fault) => void) {
    this.#onStrike = onStrike;
  }

  /** Throws InputError that names the wrong field, with the list of kinds for an unknown one. */
  add(input: unknown): Fault {
    const parsed = parseInput(faultInput, input);
    const fault = { ...parsed, id: ++this.#lastId, left: parsed.count, hits: 0 };
    this.#rows.push({ fault, dice: diceOf(parsed.seed) });
    return { ...fault };
  }

  list(): Fault[] {
    return this.#rows.map(({ fault }) => ({ ...fault }));
  }

  /** One of them, or all. Answers how many were removed; throws InputError for an id of nothing. */
  remove(id?: number): number {
    const kept = id === undefined ? [] : this.#rows.filter(({ fault }) => fault.id !== id);
    const removed = this.#rows.length - kept.length;
    if (id !== undefined && removed === 0) throw missing("id", `no fault ${id}`);
    this.#rows = kept;
    return removed;
  }

  /** The fault that strikes at this occasion, if any: the first that is set for it, matches, and has luck. */
  strike(hook: FaultHook, subject = "", fits: (kind: FaultName) => boolean = () => true): Fault | undefined {
    for (const { fault, dice } of this.#rows) {
      if (fault.left === 0 || faultKinds[fault.kind].hook !== hook || !fits(fault.kind)) continue;
      if (fault.match !== undefined && !subject.includes(fault.match)) continue;
      if (dice() >= fault.probability) continue;
      fault.hits += 1;
      if (fault.left !== null) fault.left -= 1;
      this.#onStrike(fault);
      return fault;
    }
    return undefined;
  }
}

/** From the path of `DELETE /faults/:id`. */
export function faultId(text: string): number {
  const id = Number(text);
  if (!Number.isSafeInteger(id) || id < 1)
    throw new InputError("id", "the number of a fault, as GET /faults lists them");
  return id;
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function diceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
