import type { SendLedger, SendReservation } from "../../../src/delivery/ledger.ts";
import type { OutgoingMessage } from "../../../src/delivery/message.ts";
import { createDelivery } from "../../../src/delivery/outbox.ts";
import type { RestClient, RestRequest, RestResponse } from "../../../src/rest/request.ts";
import { FakeClock } from "../../kit/fake-clock.ts";

type Row = Omit<SendReservation, "isRepeat"> & { refIdx?: string; auditId?: string };

/** The ledger's promises in memory; `rows` survives a "crash" when it is handed to the next one. */
export class MemoryLedger implements SendLedger {
  readonly rows = new Map<string, Row>();
  readonly #seqs = new Map<string, number>();

  async reserve({ key, conversation, replyId }: Parameters<SendLedger["reserve"]>[0]): Promise<SendReservation> {
    const known = this.find(key);
    if (known?.status === "failed") this.rows.set(key, { key, msgSeq: known.msgSeq, status: "reserved" });
    if (known) return known;
    const counter = `${conversation}|${replyId}`;
    const msgSeq = replyId === undefined ? 0 : (this.#seqs.get(counter) ?? 0) + 1;
    if (replyId !== undefined) this.#seqs.set(counter, msgSeq);
    this.rows.set(key, { key, msgSeq, status: "reserved" });
    return { key, msgSeq, status: "reserved", isRepeat: false };
  }

  find(key: string): SendReservation | undefined {
    const row = this.rows.get(key);
    return row && { ...row, isRepeat: true };
  }

  async settle(key: string, outcome: Parameters<SendLedger["settle"]>[1]): Promise<void> {
    const row = this.rows.get(key);
    if (row) this.rows.set(key, { ...row, ...outcome });
  }

  used(conversation: string, replyId: string): number {
    return this.#seqs.get(`${conversation}|${replyId}`) ?? 0;
  }

  get statuses(): string[] {
    return [...this.rows.values()].map((row) => `${row.key} ${row.msgSeq} ${row.status}`);
  }
}

type Script = (request: RestRequest, count: number) => Partial<RestResponse> | Error | "crash";

/** A platform that answers by script (default: everything is sent), and what reached it. */
export function desk(script: Script = () => ({}), ledger = new MemoryLedger()) {
  const clock = new FakeClock();
  const calls: RestRequest[] = [];
  const rest: RestClient = {
    async request(request) {
      calls.push(request);
      const answer = script(request, calls.length);
      if (answer === "crash") return new Promise(() => {});
      if (answer instanceof Error) throw answer;
      const id = `sent-${calls.length}`;
      const data = request.template.endsWith("/files") ? { file_info: `info-${calls.length}` } : { id };
      return { status: 200, data, retried: false, ...answer };
    },
    async close() {},
  };
  let keys = 0;
  const delivery = createDelivery({ rest, ledger, clock, newKey: () => `key-${++keys}` });
  return {
    ...{ clock, calls, ledger, delivery },
    bodies: () => calls.map((call) => call.body as Record<string, unknown>),
    deliver: (message: Partial<OutgoingMessage> & Pick<OutgoingMessage, "scene">, signal?: AbortSignal) =>
      delivery.deliver({ id: "place/1", ...message }, signal),
    /** A reply target received just now. */
    replyTo: (msgId = "m1") => ({ msgId, receivedAt: clock.now() }),
  };
}
