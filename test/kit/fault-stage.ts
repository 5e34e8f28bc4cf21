import { onTestFinished } from "vitest";
import { lookupGateway } from "../../src/cli/platform.ts";
import { keep } from "../../src/cli/subscription.ts";
import { silentLog } from "../../src/core/log.ts";
import { createDelivery } from "../../src/delivery/outbox.ts";
import type { SessionStatus } from "../../src/events/gateway-options.ts";
import { IntentSearch } from "../../src/events/intent-search.ts";
import { createGatewaySession } from "../../src/events/session.ts";
import { defaultIntents } from "../../src/protocol/intents.ts";
import { createRestClient } from "../../src/rest/client.ts";
import { createHttp } from "../../src/rest/http.ts";
import { createTokenSource } from "../../src/rest/token.ts";
import { openStore } from "../../src/store/store.ts";
import { startTestEmulator } from "./emulator.ts";
import { FakeClock } from "./fake-clock.ts";
import { until } from "./gateway-session.ts";

/** Our client on the emulator over loopback; both live by one clock that only the test moves. */
export async function openFaultStage() {
  const clock = new FakeClock();
  const emulator = await startTestEmulator({ clock, heartbeatIntervalMs: 40_000 });
  const { appId, appSecret } = emulator.app;
  const http = createHttp();
  const store = openStore({ path: ":memory:", appId, clock, log: silentLog });
  const token = createTokenSource({ url: emulator.tokenUrl, appId, secret: appSecret, fetch: http.fetch, clock });
  const rest = createRestClient({
    services: { bot: { baseUrl: emulator.url, authorize: token } },
    ...{ fetch: http.fetch, clock, pacing: "off", random: () => 0.5 },
  });
  const delivery = createDelivery({ rest, memory: () => store, clock });
  const abort = new AbortController();
  const states: SessionStatus[] = [];
  const offered: string[] = [];
  const session = createGatewaySession({
    ...{ appId, shard: [0, 1], token, clock, log: silentLog, random: () => 0.5 },
    intents: new IntentSearch({ wanted: defaultIntents, now: () => clock.now() }),
    sessions: store.sessions,
    lookup: (signal) => lookupGateway(rest, signal),
    async onDispatch(envelope) {
      offered.push(envelope.id);
      await keep(store, envelope);
    },
    onState: (status) => void states.push(status),
  });
  let done: Promise<void> | undefined;
  const stage = {
    ...{ clock, emulator, rest, delivery, store, session, states, offered },
    alice: emulator.world.c2c[0]?.id ?? "",
    group: emulator.world.groups[0]?.id ?? "",
    channel: emulator.world.guilds[0]?.channels.find(({ type }) => type === 0)?.id ?? "",
    /** Starts the session; its end rejects where the platform stopped it for good. */
    run(): Promise<void> {
      done ??= session.run(abort.signal);
      done.catch(() => undefined);
      return done;
    },
    async live(): Promise<void> {
      void stage.run();
      await until(() => session.status().state === "live");
    },
    /** Lets time pass in steps until the check holds, and answers how much of it that took. */
    async passUntil(check: () => boolean, stepMs = 500): Promise<number> {
      const startedAt = clock.now();
      const deadline = performance.now() + 10_000;
      for (;;) {
        for (let turn = 0; turn < 30 && !check(); turn++) await new Promise((resolve) => setImmediate(resolve));
        if (check()) return clock.now() - startedAt;
        if (performance.now() > deadline) throw new Error(`did not happen: ${check}; ${JSON.stringify(states.at(-1))}`);
        await clock.advance(stepMs);
      }
    },
    /** The outcome of a call, however long it takes on the clock. */
    async settled<T>(call: Promise<T>): Promise<{ value?: T; error?: unknown; tookMs: number }> {
      let outcome: { value?: T; error?: unknown } | undefined;
      call.then(
        (value) => {
          outcome = { value };
        },
        (error: unknown) => {
          outcome = { error };
        },
      );
      const tookMs = await stage.passUntil(() => outcome !== undefined);
      return { ...outcome, tookMs };
    },
    say: (content: string) => emulator.say({ as: "alice", scene: "c2c", id: stage.alice, content }),
    fromBot: (scene: "c2c" | "group" | "channel", id: string) =>
      emulator.messages({ scene, id }).filter(({ from }) => from === "bot"),
    inbox: () => store.inbox.list({ limit: 100 }),
    me: () =>
      rest.request({ service: "bot", method: "GET", template: "/users/@me", path: "/users/@me", repeatable: true }),
  };
  onTestFinished(async () => {
    abort.abort();
    await clock.advance(10_000);
    await done?.catch(() => undefined);
    store.close();
    await http.close();
  });
  return stage;
}
