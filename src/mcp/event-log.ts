import { randomUUID } from "node:crypto";

interface LoggedEvent<M> {
  id: string;
  stream: string;
  message: M;
  bytes: number;
}

export interface EventLog<M> {
  storeEvent(stream: string, message: M): Promise<string>;
  /** undefined: never seen, or dropped meanwhile. */
  getStreamIdForEventId(id: string): Promise<string | undefined>;
  /** Sends what came on the same stream after that event, oldest first. Resolves to the stream. */
  replayEventsAfter(id: string, out: { send(id: string, message: M): Promise<void> }): Promise<string>;
}

/** At least the newest event stays, however long it is. */
const eventLogLimits = { events: 500, bytes: 1024 * 1024 } as const;

/** What one session was sent, so that a client whose connection broke gets what it missed. In the form the SDK asks for. */
export function createEventLog<M>(limits: { events: number; bytes: number } = eventLogLimits): EventLog<M> {
  // Ids of another session, or of another process, are never mistaken for ours.
  const prefix = randomUUID();
  const events = new Map<string, LoggedEvent<M>>();
  let [count, bytes] = [0, 0];

  function trim(): void {
    for (const event of events.values()) {
      if (events.size <= 1 || (events.size <= limits.events && bytes <= limits.bytes)) return;
      events.delete(event.id);
      bytes -= event.bytes;
    }
  }

  return {
    async storeEvent(stream, message) {
      const event = { id: `${prefix}_${++count}`, stream, message, bytes: Buffer.byteLength(JSON.stringify(message)) };
      events.set(event.id, event);
      bytes += event.bytes;
      trim();
      return event.id;
    },
    getStreamIdForEventId: async (id) => events.get(id)?.stream,
    async replayEventsAfter(id, { send }) {
      const last = events.get(id);
      if (!last) throw new Error("the event is not kept any more");
      let isAfter = false;
      for (const event of [...events.values()]) {
        if (isAfter && event.stream === last.stream) await send(event.id, event.message);
        isAfter ||= event === last;
      }
      return last.stream;
    },
  };
}
