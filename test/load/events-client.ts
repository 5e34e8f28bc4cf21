import { createRequire } from "node:module";
import { join } from "node:path";
import { WebSocket } from "ws";
import { keep } from "../../src/cli/subscription.ts";
import { systemClock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { IntentSearch } from "../../src/events/intent-search.ts";
import { createGatewaySession } from "../../src/events/session.ts";
import { openStore } from "../../src/store/store.ts";

/** One contender of the benchmark in a process of its own: connects, counts events, tells when the expected number is in. */
const [contender, port, home = ""] = process.argv.slice(2);
const base = `http://127.0.0.1:${port}`;
const intents = 2 ** 25;
let expected = Number.POSITIVE_INFINITY;
let counted = 0;
let [order, startedAt, lastAt] = [0, 0, 0];

process.on("message", (next: { order: number; expect: number }) => {
  order = next.order;
  expected = next.expect;
  counted = 0;
  startedAt = performance.now();
  report();
});
// Also of those that never come to an end: somebody looks whether it still moves.
setInterval(report, 250);
process.on("disconnect", () => process.exit(0));

function count(): void {
  lastAt = performance.now();
  if (++counted === expected) report();
}

function report(): void {
  process.send?.({ order, counted, tookMs: lastAt - startedAt });
}

function bare(): void {
  const socket = new WebSocket(`${base.replace("http", "ws")}/websocket`, { perMessageDeflate: false });
  socket.on("message", (data) => {
    const frame = JSON.parse(String(data)) as { op: number; t?: string };
    if (frame.op === 10)
      socket.send(JSON.stringify({ op: 2, d: { token: "QQBot bench-token", intents, shard: [0, 1] } }));
    else if (frame.t === "GROUP_AT_MESSAGE_CREATE") count();
  });
}

function ours(): void {
  const store = openStore({ path: join(home, "qq-skill.db"), appId: "1", clock: systemClock, log: silentLog });
  const session = createGatewaySession({
    ...{ appId: "1", shard: [0, 1], sessions: store.sessions, clock: systemClock, log: silentLog },
    intents: new IntentSearch({ wanted: intents, now: () => systemClock.now() }),
    token: { get: async () => "bench-token", renew: async () => "bench-token" },
    lookup: async () => ({ url: `${base.replace("http", "ws")}/websocket`, shards: 1 }),
    async onDispatch(envelope) {
      await keep(store, envelope);
      count();
    },
  });
  void session.run(new AbortController().signal);
}

function sdk(): void {
  const require = createRequire(join(import.meta.dirname, "../judges/package.json"));
  const { Bot } = require("qq-official-bot") as {
    Bot: new (
      config: object,
    ) => {
      request: {
        interceptors: { request: { use(rewrite: (config: { url?: string; baseURL?: string }) => unknown): void } };
      };
      on(event: string, listener: () => void): void;
      start(): Promise<void>;
    };
  };
  const bot = new Bot({
    ...{ appid: "1", secret: "bench", mode: "websocket", logLevel: "off" },
    intents: ["GROUP_AND_C2C_EVENT"],
  });
  bot.request.interceptors.request.use((config) => {
    if (config.url?.includes("getAppAccessToken")) config.url = `${base}/app/getAppAccessToken`;
    config.baseURL = base;
    return config;
  });
  bot.on("message.group", count);
  void bot.start();
}

const start = { bare, ours, "qq-official-bot": sdk }[contender as "ours"];
try {
  start();
} catch {
  // Not installed: the benchmark says so.
  process.exit(77);
}
