import type { Clock } from "../core/clock.ts";
import { gatewayLimits } from "../protocol/limits.ts";
import { beforeDeadline } from "./deadline.ts";
import type { GatewayLookup } from "./gateway-options.ts";

export interface GatewayAddressOptions {
  lookup(signal: AbortSignal): Promise<GatewayLookup>;
  timeoutMs: number;
  clock: Clock;
}

/** Where to connect, or how long no session can be started. */
export type Address =
  | { kind: "open"; url: string; maxConcurrency: number }
  | { kind: "exhausted"; waitMs: number; detail: string };

/** A resume may use an earlier answer for so long, if it still works: look-ups have a call limit of their own. */
const lifeMs = 3_600_000;
const minWaitMs = 1000;

export class GatewayAddress {
  readonly #options: GatewayAddressOptions;
  #known: { answer: GatewayLookup; at: number } | undefined;

  constructor(options: GatewayAddressOptions) {
    this.#options = options;
  }

  /** The last answer led nowhere. */
  forget(): void {
    this.#known = undefined;
  }

  /** Session starts that were left at the last look-up; unknown counts as plenty. */
  get startsLeft(): number {
    return this.#known?.answer.session_start_limit?.remaining ?? Number.POSITIVE_INFINITY;
  }

  /** How far apart the starts that are left must be to last until they are counted anew; 0 when that is unknown. */
  get startPaceMs(): number {
    const limit = this.#known?.answer.session_start_limit;
    if (!limit?.remaining || !limit.reset_after) return 0;
    return Math.min(limit.reset_after / limit.remaining, gatewayLimits.maxStartPaceMs);
  }

  async forResume(signal: AbortSignal): Promise<Address> {
    const known = this.#known;
    if (known && this.#options.clock.now() - known.at < lifeMs) return open(known.answer);
    return open(await this.#lookup(signal));
  }

  /** Each identify costs one of the day's session starts, so their number is asked for anew. */
  async forIdentify(startsFor: (advisedShards: number) => number, signal: AbortSignal): Promise<Address> {
    const answer = await this.#lookup(signal);
    const needed = startsFor(answer.shards ?? 1);
    return exhaustion(answer, { needed, now: this.#options.clock.now() }) ?? open(answer);
  }

  async #lookup(signal: AbortSignal): Promise<GatewayLookup> {
    const { clock, lookup, timeoutMs } = this.#options;
    const answer = await beforeDeadline({ ms: timeoutMs, what: "The gateway look-up", clock }, lookup, signal);
    this.#known = { answer, at: clock.now() };
    return answer;
  }
}

function open(answer: GatewayLookup): Address {
  return { kind: "open", url: answer.url, maxConcurrency: answer.session_start_limit?.max_concurrency ?? 1 };
}

/** When fewer session starts are left than needed: how long to wait for new ones, in words too. */
function exhaustion(
  { session_start_limit: limit }: GatewayLookup,
  { needed, now }: { needed: number; now: number },
): Extract<Address, { kind: "exhausted" }> | undefined {
  if (limit?.remaining === undefined || limit.remaining >= needed) return undefined;
  const waitMs = Math.max(limit.reset_after ?? 0, minWaitMs);
  const until = new Date(now + waitMs).toISOString();
  const total = limit.total === undefined ? "" : ` of ${limit.total}`;
  const left =
    limit.remaining === 0
      ? `No session starts${total} are left`
      : `${limit.remaining} session starts${total} are left, ${needed} are needed`;
  return { kind: "exhausted", waitMs, detail: `${left}; they return at ${until}.` };
}
