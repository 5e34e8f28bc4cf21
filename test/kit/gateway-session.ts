import type { GatewaySessionOptions, SessionStatus } from "../../src/events/gateway-options.ts";
import { IntentSearch, type KnownRefusal } from "../../src/events/intent-search.ts";
import type { SessionRecord } from "../../src/events/resume-point.ts";
import { createGatewaySession, type GatewaySession } from "../../src/events/session.ts";
import type { Envelope } from "../../src/protocol/envelope.ts";
import { FakeClock } from "./fake-clock.ts";
import { type FakeConnection, FakeGateway } from "./fake-gateway.ts";

export interface LogLine {
  level: "debug" | "info" | "warn" | "error";
  message: string;
}

/** A session on a fake gateway, with everything that it did kept for the test to see. */
export interface Bench {
  gateway: FakeGateway;
  clock: FakeClock;
  session: GatewaySession;
  abort: AbortController;
  /** `run()`; its rejection is marked as handled, so that a test may look at it late or never. */
  done: Promise<void>;
  states: SessionStatus[];
  events: Envelope[];
  lines: LogLine[];
  /** The stored session; tests may put one in before the start. */
  saved: { record: SessionRecord | undefined };
  calls: { lookups: number; tokens: number; renewals: string[]; refusals: KnownRefusal[] };
}

export const intentsForTests = 2 ** 25 + 2 ** 26;

export interface BenchOptions extends Partial<Omit<GatewaySessionOptions, "intents">> {
  saved?: Bench["saved"];
  intents?: number;
  knownRefusal?: KnownRefusal;
}

export async function startBench({ intents = intentsForTests, knownRefusal, ...overrides }: BenchOptions = {}) {
  const gateway = await FakeGateway.start();
  const clock = (overrides.clock as FakeClock | undefined) ?? new FakeClock();
  const saved = overrides.saved ?? { record: undefined };
  const abort = new AbortController();
  const lines: LogLine[] = [];
  const states: SessionStatus[] = [];
  const events: Envelope[] = [];
  const calls: Bench["calls"] = { lookups: 0, tokens: 1, renewals: [], refusals: [] };
  const write = (level: LogLine["level"]) => (_facts: object, message: string) => void lines.push({ level, message });
  const session = createGatewaySession({
    appId: "app-1",
    shard: [0, 1],
    intents: new IntentSearch({ wanted: intents, known: knownRefusal, now: () => clock.now() }),
    token: {
      get: async () => `token-${calls.tokens}`,
      renew: async (stale) => {
        calls.renewals.push(stale);
        return `token-${++calls.tokens}`;
      },
    },
    lookup: async () => {
      calls.lookups++;
      return { url: gateway.url, shards: 1 };
    },
    sessions: {
      load: () => saved.record,
      save: (record) => {
        saved.record = record;
      },
      clear: () => {
        saved.record = undefined;
      },
    },
    onDispatch: async (envelope) => void events.push(envelope),
    onState: (status) => void states.push(status),
    onIntentsKnown: (refusal) => void calls.refusals.push(refusal),
    clock,
    log: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") },
    random: () => 0.5,
    ...overrides,
  });
  const done = session.run(abort.signal);
  done.catch(() => undefined);
  const bench: Bench = { gateway, clock, session, abort, done, states, events, lines, saved, calls };
  return bench;
}

/** Lets the network and promises move until the check holds; clock time stands still. */
export async function until(check: () => boolean, what = check.toString()): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!check()) {
    if (performance.now() > deadline) throw new Error(`did not happen: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function untilState(bench: Bench, state: SessionStatus["state"]): Promise<void> {
  return until(() => bench.session.status().state === state, `state ${state}`);
}

/** Moves past a wait between two attempts and returns how long it was. */
export async function passWait(bench: Bench): Promise<number> {
  await untilState(bench, "waiting");
  const waitMs = (bench.session.status().retryAt ?? 0) - bench.clock.now();
  await bench.clock.advance(waitMs);
  return waitMs;
}

/** Hello and identify on the next socket, up to READY. */
export async function goLive(bench: Bench, sessionId = "session-1"): Promise<FakeConnection> {
  const connection = await bench.gateway.next();
  connection.hello();
  await connection.next(2);
  connection.ready(sessionId);
  await untilState(bench, "live");
  return connection;
}

export async function stopBench(bench: Bench): Promise<void> {
  bench.abort.abort();
  // Past the time that a stop gives to events which are never accepted.
  await bench.clock.advance(5000);
  await bench.done.catch(() => undefined);
  await bench.gateway.close();
}
