import type { OutgoingMessage } from "../../../src/delivery/message.ts";
import { createDelivery, type DeliveryOptions } from "../../../src/delivery/outbox.ts";
import type { RestClient, RestRequest, RestResponse } from "../../../src/rest/request.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { scratchStore } from "../store/scratch.ts";

/** What delivery remembers: outlives a "crash" when it is handed to the next desk, and goes by the same clock. */
export class Memory {
  readonly clock = new FakeClock();
  readonly store = scratchStore({ clock: this.clock });

  get attempts() {
    const messages = this.store.outgoing.list(100).reverse();
    return messages.flatMap(({ attempts }) => attempts);
  }

  get statuses(): string[] {
    return this.attempts.map(({ key, msgSeq, status }) => `${key} ${msgSeq} ${status}`);
  }
}

type Script = (request: RestRequest, count: number) => Partial<RestResponse> | Error | "crash";

/** A platform that answers by script (default: everything is sent), and what reached it. */
export function desk(
  script: Script = () => ({}),
  memory = new Memory(),
  more: Partial<Pick<DeliveryOptions, "gate" | "onReport" | "memory">> = {},
) {
  const { clock, store } = memory;
  const calls: RestRequest[] = [];
  const rest: RestClient = {
    async request(request, signal) {
      calls.push(request);
      const answer = script(request, calls.length);
      if (answer === "crash")
        return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      if (answer instanceof Error) throw answer;
      const id = `sent-${calls.length}`;
      const data = request.template.endsWith("/files") ? { file_info: `info-${calls.length}` } : { id };
      return { status: 200, data, retried: false, ...answer };
    },
    async close() {},
  };
  let keys = 0;
  const delivery = createDelivery({ rest, memory: () => store, clock, newKey: () => `key-${++keys}`, ...more });
  return {
    ...{ clock, calls, memory, delivery },
    bodies: () => calls.map((call) => call.body as Record<string, unknown>),
    deliver: (message: Partial<OutgoingMessage> & Pick<OutgoingMessage, "scene">, signal?: AbortSignal) =>
      delivery.deliver({ id: "place/1", ...message }, signal),
    /** A reply target received just now. */
    replyTo: (msgId = "m1") => ({ msgId, receivedAt: clock.now() }),
  };
}
