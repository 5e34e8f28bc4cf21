import { isRecord } from "../core/json.ts";
import type { GatewayControl, GatewayStatus } from "../operations/context.ts";
import type { Holder } from "../store/holders.ts";
import type { Subscription, SubscriptionOptions } from "./subscription.ts";
import { createTransport } from "./transport.ts";

/**
 * One connection per app, however many processes hear by it: where another one on this data folder holds it, its events
 * come through the inbox that all share, and the status is what it says. When it ends, start takes over.
 */
export function shareTransport(options: SubscriptionOptions): GatewayControl & Pick<Subscription, "hold"> {
  const { platform } = options;
  const own = createTransport(options);
  let last: string | undefined;

  function status(): GatewayStatus {
    const mine = own.status();
    if (mine.state !== "stopped") return mine;
    const others = platform.appId ? platform.store().holders.others() : [];
    if (others.length === 0) {
      return last === undefined
        ? mine
        : { ...mine, detail: `${last}, which held the connection, has ended: start takes over` };
    }
    last = others.map(({ name }) => name).join(", ");
    return statusOf(others, last);
  }

  return {
    async start(intents) {
      try {
        const started = await own.start(intents);
        last = undefined;
        return started;
      } catch (error) {
        // Whatever the refusal said, the connection is there.
        const theirs = status();
        if (theirs.holder === undefined) throw error;
        return theirs;
      }
    },
    async stop() {
      await own.stop();
      return status();
    },
    status,
    hold: () => own.hold(),
  };
}

/** From the best to the worst: all of them together are as good as the worst. */
const order: readonly GatewayStatus["state"][] = ["live", "connecting", "waiting", "stopped", "failed"];

function statusOf(holders: readonly Holder[], holder: string): GatewayStatus {
  const [worst] = holders.map(read).sort((a, b) => order.indexOf(b.state) - order.indexOf(a.state));
  return { ...(worst ?? { state: "stopped" }), holder };
}

/** Written by another run of this program, perhaps of another version. */
function read({ name, status }: Holder): GatewayStatus {
  const state = isRecord(status) ? order.find((known) => known === status.state) : undefined;
  if (state === undefined) return { state: "waiting", detail: `${name} runs but has not said anything for 30 s` };
  const { detail, lastAckAt, intents } = status as Record<string, unknown>;
  return {
    state,
    ...(typeof detail === "string" ? { detail } : {}),
    ...(typeof lastAckAt === "number" ? { lastAckAt } : {}),
    ...(typeof intents === "number" ? { intents } : {}),
  };
}
