import { orAborted } from "../core/abort.ts";
import type { Clock } from "../core/clock.ts";
import { NetworkError } from "../core/errors.ts";
import type { GatewayLookup } from "./gateway-options.ts";

export interface GatewayAddressOptions {
  lookup(signal: AbortSignal): Promise<GatewayLookup>;
  timeoutMs: number;
  clock: Clock;
}

/** Where to connect, or how long no session can be started. */
export type Address = { kind: "open"; url: string } | { kind: "exhausted"; waitMs: number; detail: string };

/** A resume may use an earlier answer for so long, if it still works: look-ups have a call limit of their own. */
const lifeMs = 3_600_000;
const minWaitMs = 1000;

export class GatewayAddress {
  readonly #options: GatewayAddressOptions;
  #known: { url: string; at: number } | undefined;

  constructor(options: GatewayAddressOptions) {
    this.#options = options;
  }

  /** The last answer led nowhere. */
  forget(): void {
    this.#known = undefined;
  }

  async forResume(signal: AbortSignal): Promise<Address> {
    const known = this.#known;
    if (known && this.#options.clock.now() - known.at < lifeMs) return { kind: "open", url: known.url };
    return { kind: "open", url: (await this.#lookup(signal)).url };
  }

  /** Each identify costs one of the day's session starts, so their number is asked for anew. */
  async forIdentify(signal: AbortSignal): Promise<Address> {
    const answer = await this.#lookup(signal);
    const limit = answer.session_start_limit;
    if (limit?.remaining !== 0) return { kind: "open", url: answer.url };
    const waitMs = Math.max(limit.reset_after ?? 0, minWaitMs);
    const until = new Date(this.#options.clock.now() + waitMs).toISOString();
    const total = limit.total === undefined ? "" : ` of ${limit.total}`;
    return { kind: "exhausted", waitMs, detail: `No session starts${total} are left; they return at ${until}.` };
  }

  async #lookup(signal: AbortSignal): Promise<GatewayLookup> {
    const { clock, lookup, timeoutMs } = this.#options;
    const timeout = new AbortController();
    const cancel = clock.after(timeoutMs, () => {
      timeout.abort(new NetworkError("The gateway look-up took too long.", { phase: "response", attempts: 1 }));
    });
    const either = AbortSignal.any([signal, timeout.signal]);
    try {
      const answer = await orAborted(lookup(either), either);
      this.#known = { url: answer.url, at: clock.now() };
      return answer;
    } finally {
      cancel();
    }
  }
}
