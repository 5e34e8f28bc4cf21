import { Hono } from "hono";
import { isSameToken } from "../core/access.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { InputError } from "../core/errors.ts";
import { type Log, silentLog } from "../core/log.ts";
import type { Scene } from "../protocol/scenes.ts";
import type { Trace } from "../protocol/trace.ts";
import { bindApp } from "./bind-app.ts";
import type { MessageRow } from "./chats.ts";
import { connectApp } from "./connect-app.ts";
import { controlApp } from "./control.ts";
import { type ModelInfo, makeControls } from "./controls.ts";
import type { Fault, FaultInput } from "./faults.ts";
import type { Frame } from "./frames.ts";
import { secret } from "./identity.ts";
import { miniApp } from "./mini-app.ts";
import { objectStoreApp } from "./object-store.ts";
import { pageApp } from "./page-server.ts";
import { type SayInput, type SayResult, say } from "./people.ts";
import { makePlatform } from "./platform-start.ts";
import { restApp } from "./rest.ts";
import type { WorldSeed } from "./seed.ts";
import { startServer } from "./server.ts";
import type { WebhookStatus } from "./webhook-sender.ts";
import { type WorldView, wireIdentities } from "./world.ts";

export interface EmulatorOptions {
  /** 0 = any free port. Without it 7717; when taken, one of the next 20. */
  port?: number;
  seed?: WorldSeed;
  /** Of control API and page: `[A-Za-z0-9_-]+`. Random without it. */
  token?: string;
  appId?: string;
  appSecret?: string;
  /** User id shown as the bot's owner; the first user without it. */
  ownerUserId?: string;
  /** The built page. */
  pageDir?: string;
  clock?: Clock;
  log?: Log;
  heartbeatIntervalMs?: number;
  /** Shown by the page. */
  version?: string;
}

/** A running local QQ. Throws InputError where the control API would answer 400 or 404. */
export interface Emulator {
  /** Base of the bot API, without a trailing slash. */
  readonly url: string;
  readonly tokenUrl: string;
  /** With the token. */
  readonly pageUrl: string;
  readonly token: string;
  readonly app: { readonly appId: string; readonly appSecret: string };
  /** QQ login and the mini program, at the same address. */
  readonly connect: { readonly appId: string; readonly appKey: string };
  readonly mini: { readonly appId: string; readonly appSecret: string };
  readonly world: WorldView;
  /** Every id by which the bot may meet this user: openids and the guild user id. */
  identitiesOf(userId: string): string[];
  say(message: SayInput): SayResult;
  /** Everything else that people do: `action` and its fields, as `POST /_emulator/act` takes them. */
  act(input: Record<string, unknown>): Record<string, unknown>;
  /** Oldest first; `after` is the id of a message, exclusive. */
  messages(query: { scene: Scene; id: string; after?: string | undefined }): MessageRow[];
  /** Moves the platform's clock; returns its time (epoch ms). */
  advance(ms: number): number;
  /** World, messages, quotas, dials and clock as at the start; connected bots stay. Returns the time. */
  reset(): number;
  /** With n > after, redacted. */
  frames(after?: number): Frame[];
  /** Shows a step of a bot's work beside the chat. */
  trace(trace: Trace): void;
  describe(info: { model?: ModelInfo; ownerUserId?: string }): void;
  /** Something goes wrong from now on, as `POST /_emulator/faults` takes it. */
  addFault(fault: FaultInput): Fault;
  faults(): Fault[];
  /** One of them, or all; answers how many. */
  clearFaults(id?: number): number;
  isBotConnected(): boolean;
  webhook(): WebhookStatus;
  /** Checks a callback address and sends events there instead of to the gateway; null goes back. */
  setWebhook(url: string | null, events?: readonly string[]): Promise<WebhookStatus>;
  close(): Promise<void>;
}

const defaultPort = 7717;

/** Starts it on 127.0.0.1. Throws ConfigError when no port is free, InputError for a token or seed that cannot be. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const token = options.token ?? secret(18);
  if (!/^[A-Za-z0-9_-]+$/.test(token)) throw new InputError("token", "only letters, digits, _ and - can be in a token");
  const platform = makePlatform({
    appId: options.appId ?? "102000001",
    appSecret: options.appSecret ?? secret(24),
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLog,
    token,
    ...(options.seed ? { seed: options.seed } : {}),
    ...(options.heartbeatIntervalMs ? { heartbeatIntervalMs: options.heartbeatIntervalMs } : {}),
    hello: () => controls.hello(),
    onConnectedChange: () => controls.announce(),
  });
  const controls = makeControls(platform, {
    version: options.version ?? "dev",
    ...(options.ownerUserId ? { ownerUserId: options.ownerUserId } : {}),
  });
  let port = 0;
  const app = new Hono();
  app.route("/", controlApp(controls, token));
  app.route("/", pageApp({ pageDir: options.pageDir, token, port: () => port }));
  app.route("/", objectStoreApp(platform));
  app.route("/", connectApp(platform));
  app.route("/", miniApp(platform));
  app.route("/", bindApp(platform));
  app.route("/", restApp(platform));
  app.onError((error, c) => {
    platform.log.error({ err: error, path: c.req.path }, "the emulator failed while answering");
    return c.json({ error: { field: "", message: "internal error; see the log" } }, 500);
  });
  const server = await startServer({
    app,
    port: options.port ?? defaultPort,
    webSocketOf: (request) => {
      const { pathname, searchParams } = URL.parse(request.url ?? "", "http://localhost") ?? new URL("http://none/");
      if (pathname === "/websocket" || pathname === "/websocket/") {
        return platform.gateway.swallowsUpgrade() ? "nobody" : platform.gateway.server;
      }
      const isPage = pathname === "/_emulator/feed" && isSameToken(searchParams.get("token") ?? undefined, token);
      return isPage ? platform.feed.server : undefined;
    },
  });
  port = server.port;
  platform.url = `http://127.0.0.1:${port}`;
  return {
    url: platform.url,
    tokenUrl: `${platform.url}/app/getAppAccessToken`,
    pageUrl: `${platform.url}/?token=${token}`,
    token,
    app: platform.app,
    connect: platform.connect.app,
    mini: platform.mini.app,
    get world() {
      return controls.world();
    },
    identitiesOf: (userId) =>
      Object.entries(wireIdentities(platform.world))
        .filter(([, user]) => user === userId)
        .map(([id]) => id),
    say: (message) => say(platform, message),
    act: controls.act,
    messages: controls.messages,
    advance: controls.advance,
    reset: controls.reset,
    frames: controls.frames,
    trace: controls.trace,
    describe: controls.describe,
    addFault: controls.addFault,
    faults: controls.faults,
    clearFaults: controls.clearFaults,
    isBotConnected: platform.isBotConnected,
    webhook: controls.webhook,
    setWebhook: controls.setWebhook,
    async close() {
      platform.webhook.unregister();
      platform.gateway.close();
      platform.feed.close();
      await server.close();
    },
  };
}
