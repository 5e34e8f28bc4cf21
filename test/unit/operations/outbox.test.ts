import { describe, expect, it } from "vitest";
import { callOperation } from "../../../src/operations/call.ts";
import { listOutbox } from "../../../src/operations/outbox.ts";
import type { OutgoingMessageRow, OutgoingPart } from "../../../src/store/outgoing.ts";
import { fakeContext } from "../../kit/fake-context.ts";

const try_ = (key: string, status: OutgoingPart["status"], more: Partial<OutgoingPart> = {}): OutgoingPart => ({
  ...{ key: `k${key}`, status, msgSeq: 0, reservedAt: 0, ...more },
});

function row(attempts: OutgoingPart[], more: Partial<OutgoingMessageRow> = {}): OutgoingMessageRow {
  return { key: "k", conversation: "group:G", text: "hi", parts: 1, state: "open", writtenAt: 0, attempts, ...more };
}

async function listed(...rows: OutgoingMessageRow[]) {
  const { context } = fakeContext({ outgoing: rows });
  return ((await callOperation(listOutbox, context, {})) as { messages: Record<string, unknown>[] }).messages;
}

describe("list_outbox", () => {
  it.each([
    ["delivered", [try_("#0/1", "sent", { messageId: "M" })], {}],
    ["open", [try_("#0/2", "sent")], { parts: 2 }],
    ["open", [try_("#0/1", "reserved")], {}],
    ["unknown", [try_("#0/1+active", "unknown")], {}],
    ["pending_review", [try_("#0/1", "pending_review", { auditId: "A" })], {}],
    ["rejected", [try_("#0/1", "rejected")], {}],
    ["refused", [try_("#0/1", "failed", { code: 40034105 })], {}],
    ["delivered", [try_("#0/1", "failed", { code: 40034012 }), try_("#0/1+text", "sent")], {}],
    ["held", [], { state: "held", heldUntil: Date.UTC(2100), note: "no way" }],
    ["expired", [], { state: "held", heldUntil: 60_000, note: "no way, and nobody looked since" }],
    ["cancelled", [], { state: "cancelled" }],
    ["expired", [], { state: "expired" }],
  ] as const)("says %s of %j", async (status, attempts, more) => {
    expect(await listed(row([...attempts], more))).toMatchObject([{ scene: "group", id: "G", status, text: "hi" }]);
  });

  it("tells code and meaning of a refusal, the tries, and what is left of the free replies", async () => {
    const attempts = [
      try_("#0/2", "failed", { code: 40034012, msgSeq: 1 }),
      try_("#0/2+text", "sent", { messageId: "M", msgSeq: 2 }),
      try_("#1/2+text", "failed", { code: 40054010, msgSeq: 3 }),
    ];
    const { context, clock } = fakeContext();
    const reply = { replyId: "m1", receivedAt: clock.now() - 100_000 };
    context.outgoing.list = () => [row(attempts, { parts: 2, ...reply })];
    expect(await callOperation(listOutbox, context, {})).toMatchObject({
      messages: [
        {
          status: "refused",
          parts: [
            { part: "1/2", status: "delivered", message_id: "M", msg_seq: 2, tries: 2 },
            { part: "2/2", status: "refused", code: 40054010, meaning: "URL not allowed", msg_seq: 3, tries: 1 },
          ],
          budget: { used: 2, max: 5, seconds_left: 200 },
        },
      ],
    });
  });
});
