import { expect, it } from "vitest";
import { traceOutbox } from "../../../src/cli/outbox-trace.ts";
import type { Trace, TraceStep } from "../../../src/protocol/trace.ts";
import type { OutgoingMessageRow, OutgoingPart } from "../../../src/store/outgoing.ts";
import { fakeContext } from "../../kit/fake-context.ts";

const turn = "GROUP_AT_MESSAGE_CREATE:a/b";

function stage() {
  const { context, clock } = fakeContext();
  const rows: OutgoingMessageRow[] = [];
  context.outgoing.list = () => rows.toReversed();
  const told: Trace[] = [];
  const outbox = traceOutbox(context, (trace) => told.push(trace));
  const step = (one: TraceStep) => outbox.trace({ at: clock.now(), turn, conversation: "group:G", step: one });
  return { rows, told, clock, step, changed: outbox.changed };
}

const row = (key: string, change: Partial<OutgoingMessageRow> = {}): OutgoingMessageRow => ({
  ...{ key, conversation: "group:G", text: key, parts: 2, state: "open", writtenAt: 0, attempts: [], ...change },
});
const attempt = (key: string, status: OutgoingPart["status"], code?: number): OutgoingPart => ({
  ...{ key, msgSeq: 1, status, reservedAt: 0, ...(code === undefined ? {} : { code }) },
});

it("tells behind a step what the turn sent, with parts, refusals and what is left of the replies", () => {
  const at = stage();
  const key = `${turn}/reply`;
  const attempts = [attempt(`${key}#0/2`, "sent"), attempt(`${key}#1/2`, "failed", 40054010)];
  at.rows.push(row("ANOTHER/reply"), row(key, { attempts, replyId: "m", receivedAt: at.clock.now() - 100_000 }));
  at.step({ kind: "model_call", model: "m", messages: 1, tools: [] });
  at.step({ kind: "reply", text: "hi", notes: [] });
  expect(at.told.map(({ step }) => step.kind)).toEqual(["model_call", "reply", "outbox"]);
  expect(at.told.at(-1)).toMatchObject({
    turn,
    step: {
      message: {
        ...{ key, status: "refused", planned: 2 },
        parts: [
          { name: "1/2", status: "delivered" },
          { name: "2/2", status: "refused", code: 40054010, meaning: "URL not allowed" },
        ],
        budget: { max: 5, endsAt: at.clock.now() + 200_000 },
      },
    },
  });
});

it("tells what became of a message after its turn, under that turn", () => {
  const at = stage();
  const key = `${turn}/send_message`;
  const heldUntil = at.clock.now() + 1_000;
  at.rows.push(row(key, { state: "held", heldUntil, note: "no way" }));
  at.changed(key);
  at.rows.splice(0, 1, row(key, { parts: 1, attempts: [attempt(`${key}#0/1`, "sent")] }));
  at.changed(key);
  at.changed("UNKNOWN/reply");
  expect(at.told).toMatchObject([
    { turn, step: { message: { status: "held", heldUntil, note: "no way" } } },
    { turn, step: { message: { status: "delivered" } } },
  ]);
});

it("knows the turn of a message that grew", () => {
  const at = stage();
  const key = `${turn}/reply/stream-1`;
  at.rows.push(row(key));
  at.changed(key);
  expect(at.told).toMatchObject([{ turn, step: { message: { key } } }]);
});
