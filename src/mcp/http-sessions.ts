import type { Clock } from "../core/clock.ts";
import { within } from "../core/within.ts";
import { createEventLog } from "./event-log.ts";
import { refused } from "./refusal.ts";
import type { Transport } from "./sdk.ts";
import type { Session } from "./session.ts";

export const sessionLimits = {
  sessions: 64,
  /** Answers and event streams that one client may have open at the same time. */
  streams: 32,
  /** A client that says nothing and listens to nothing for so long is gone. */
  idleMs: 30 * 60_000,
  /** When there is no room for a new client, one that was quiet for so long makes it. */
  quietMs: 60_000,
  bodyBytes: 4 * 1024 * 1024,
  retryMs: 1_000,
} as const;

export type SessionLimits = { readonly [Name in keyof typeof sessionLimits]: number };

export interface HttpSessionsOptions {
  /** Serves one client. */
  open(): Pick<Session, "connect" | "close" | "closed" | "idle">;
  limits: SessionLimits;
  clock: Clock;
}

export interface HttpSessions {
  has(id: string): boolean;
  /** `finished` resolves when the response was sent or its reader went away. */
  answer(request: Request, id: string | undefined, finished: Promise<unknown>): Promise<Response>;
  /** Gives running calls up to `graceMs`, then ends every stream. */
  close(graceMs: number): Promise<void>;
}

interface Client {
  session: ReturnType<HttpSessionsOptions["open"]>;
  handle(request: Request): Promise<Response>;
  open: number;
  seenAt: number;
}

/** One client, one transport, one event log: nothing of one can come out at another. */
export function createHttpSessions({ open, limits, clock }: HttpSessionsOptions): HttpSessions {
  const clients = new Map<string, Client>();
  let beginning = 0;
  let cancelSweep = () => {};

  function sweep(): void {
    for (const client of quietFor(limits.idleMs)) void client.session.close();
    cancelSweep = clock.after(limits.quietMs, sweep);
  }

  /** The longest quiet first. */
  function quietFor(ms: number): Client[] {
    const before = clock.now() - ms;
    const quiet = [...clients.values()].filter((client) => client.open === 0 && client.seenAt <= before);
    return quiet.sort((a, b) => a.seenAt - b.seenAt);
  }

  async function makeRoom(): Promise<boolean> {
    if (clients.size + beginning < limits.sessions) return true;
    const [quietest] = quietFor(limits.quietMs);
    await quietest?.session.close();
    return quietest !== undefined;
  }

  async function answerKnown(client: Client, request: Request, finished: Promise<unknown>): Promise<Response> {
    if (client.open >= limits.streams)
      return refused(429, "too many answers are open in this session", { "retry-after": "1" });
    client.open++;
    client.seenAt = clock.now();
    void finished.then(() => {
      client.open--;
      client.seenAt = clock.now();
    });
    return client.handle(request);
  }

  /** A session begins with a handshake; of anything else nothing stays behind. */
  async function begin(request: Request, finished: Promise<unknown>): Promise<Response> {
    const { httpTransport } = await import("./session.ts");
    const session = open();
    let isSession = false;
    const { transport, handle } = await httpTransport({
      ...{ retryMs: limits.retryMs, bodyBytes: limits.bodyBytes, events: createEventLog() },
      onSession(id) {
        isSession = true;
        clients.set(id, client);
        void session.closed.then(() => clients.delete(id));
      },
    });
    const client: Client = { session, handle, open: 0, seenAt: clock.now() };
    await session.connect(transport as Transport);
    try {
      return await answerKnown(client, request, finished);
    } finally {
      if (!isSession) await session.close();
    }
  }

  sweep();
  return {
    has: (id) => clients.has(id),
    async answer(request, id, finished) {
      if (id !== undefined) {
        const client = clients.get(id);
        if (client) return answerKnown(client, request, finished);
        return refused(
          404,
          "Session not found: it ended or expired. Initialize again without Mcp-Session-Id.",
          {},
          -32001,
        );
      }
      if (request.method !== "POST") return refused(400, "Mcp-Session-Id is missing: begin with a POST of initialize");
      if (!(await makeRoom())) return refused(503, "too many clients are connected", { "retry-after": "60" });
      beginning++;
      try {
        return await begin(request, finished);
      } finally {
        beginning--;
      }
    },
    async close(graceMs) {
      cancelSweep();
      const sessions = [...clients.values()].map(({ session }) => session);
      await within(Promise.all(sessions.map((session) => session.idle())), graceMs, clock);
      await Promise.all(sessions.map((session) => session.close()));
    },
  };
}
