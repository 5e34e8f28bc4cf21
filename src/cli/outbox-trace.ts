import { type Books, describeSent } from "../operations/sent-message.ts";
import type { Trace, TracedMessage } from "../protocol/trace.ts";
import type { OutgoingMessageRow } from "../store/outgoing.ts";

type Sink = (trace: Trace) => void;

export interface OutboxTrace {
  /** Passes a step on, and behind it what the turn has sent so far. */
  trace: Sink;
  /** Something became of the message later: held, out at last, reviewed, given up. */
  changed(key: string): void;
}

/** The newest rows: a turn's messages are among them when its step has just ended. */
const looked = 50;
const sending: ReadonlySet<Trace["step"]["kind"]> = new Set(["reply", "failed", "tool_result"]);

/** Adds to the steps of a turn what the outbox says of its messages, whose keys begin with the turn's id. */
export function traceOutbox(books: Books, sink: Sink): OutboxTrace {
  const tell = (turn: string, row: OutgoingMessageRow) =>
    sink({
      ...{ at: books.clock.now(), turn, conversation: row.conversation },
      step: { kind: "outbox", message: tracedMessage(books, row) },
    });
  return {
    trace(trace) {
      sink(trace);
      if (!sending.has(trace.step.kind)) return;
      // Listed newest first, told in the order of writing.
      for (const row of books.outgoing.list(looked).toReversed())
        if (row.key.startsWith(`${trace.turn}/`)) tell(trace.turn, row);
    },
    changed(key) {
      const row = books.outgoing.list(looked).find((candidate) => candidate.key === key);
      // Steps of a turn are named `<event>/<step>`, what grows of an answer `<event>/<step>/stream-<n>`.
      const step = key.replace(/\/stream-\d+$/, "");
      if (row) tell(step.slice(0, step.lastIndexOf("/")), row);
    },
  };
}

function tracedMessage(books: Books, row: OutgoingMessageRow): TracedMessage {
  const { status, text, parts, parts_planned: planned, note, budget } = describeSent(books, row);
  return {
    ...{ key: row.key, text, status, planned },
    parts: parts.map(({ part: name, status, code, meaning }) => ({
      ...{ name, status },
      ...(code === undefined ? {} : { code }),
      ...(meaning === undefined ? {} : { meaning }),
    })),
    ...(row.heldUntil === undefined ? {} : { heldUntil: row.heldUntil }),
    ...(note === undefined ? {} : { note }),
    ...(budget
      ? { budget: { used: budget.used, max: budget.max, endsAt: books.clock.now() + budget.seconds_left * 1000 } }
      : {}),
  };
}
