import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { Bindings } from "./bindings.ts";
import { Chats } from "./chats.ts";
import { Connect } from "./connect.ts";
import { type Dials, defaultDials } from "./dials.ts";
import { EventFaults } from "./event-faults.ts";
import { type Fault, Faults, faultKinds } from "./faults.ts";
import { Feed, type FeedPush } from "./feed.ts";
import { Files } from "./files.ts";
import { Frames } from "./frames.ts";
import { Gateway } from "./gateway.ts";
import { secret } from "./identity.ts";
import { Mini } from "./mini.ts";
import { groupMentionOfBot } from "./payloads.ts";
import type { Platform } from "./platform.ts";
import { PlatformClock } from "./platform-clock.ts";
import { ReplyBook } from "./reply-book.ts";
import { defaultSeed, type WorldSeed } from "./seed.ts";
import { Tokens } from "./tokens.ts";
import { Uploads } from "./uploads.ts";
import { type Disturbance, WebhookSender } from "./webhook-sender.ts";
import { buildWorld } from "./world.ts";

export interface PlatformOptions {
  appId: string;
  appSecret: string;
  clock: Clock;
  log: Log;
  /** Of the control API: never shown in frames. */
  token: string;
  seed?: WorldSeed;
  heartbeatIntervalMs?: number;
  hello: () => FeedPush;
  onConnectedChange: () => void;
}

/** A platform and the way back to how it was at the start. */
export type StartedPlatform = Platform & { restore(): void };

export function makePlatform(options: PlatformOptions): StartedPlatform {
  const { appId, appSecret, seed = defaultSeed } = options;
  const clock = new PlatformClock(options.clock);
  const startDials = (): Dials => ({
    ...defaultDials(),
    ...(options.heartbeatIntervalMs ? { heartbeatIntervalMs: options.heartbeatIntervalMs } : {}),
    ...structuredClone(seed.dials ?? {}),
  });
  const feed = new Feed(options.hello);
  const tokens = new Tokens(clock, () => platform.dials.tokenLifeMs);
  const connect = new Connect({ appId: "101000001", appKey: secret(24) }, clock);
  const mini = new Mini({ appId: "1112345678", appSecret: secret(24) }, clock);
  const frames = new Frames({
    limit: 5000,
    secrets: () => [appSecret, options.token, ...tokens.values(), ...connect.secrets(), ...mini.secrets()],
    onFrame: (frame) => feed.push(() => ({ kind: "frame", frame: frame() })),
  });
  const faults = new Faults(({ kind }) => {
    // Those of calls show at the call itself.
    if (faultKinds[kind].hook !== "call")
      frames.add({ at: clock.now(), dir: "out", kind: "ws", data: { fault: kind } });
  });
  const events = new EventFaults({
    faults,
    clock,
    deliver: (event) => (platform.webhook.isActive ? platform.webhook : platform.gateway).dispatch(event),
    mentionOfBot(groupOpenid) {
      const group = platform.world.groups.find(({ id }) => id === groupOpenid);
      return group && groupMentionOfBot(platform.world, group);
    },
  });
  const platform: StartedPlatform = {
    app: { appId, appSecret },
    ...{ connect, mini },
    clock,
    log: options.log,
    dials: startDials(),
    world: buildWorld(appId, seed),
    url: "",
    chats: new Chats((kind, { conversation, row }) => feed.push(() => ({ kind, ...conversation, message: row }))),
    tokens,
    frames,
    faults,
    feed,
    files: new Files(),
    bindings: new Bindings(() => clock.now()),
    uploads: new Uploads(),
    replies: new ReplyBook(
      () => clock.now(),
      () => platform.dials,
    ),
    interactions: new Map(),
    traces: [],
    gateway: new Gateway({
      clock,
      tokens,
      frames,
      faults,
      bot: () => platform.world.bot,
      dials: () => platform.dials,
      onConnectedChange: options.onConnectedChange,
    }),
    webhook: new WebhookSender({
      app: { appId, appSecret },
      realClock: options.clock,
      clock,
      frames,
      grantedIntents: () => platform.dials.grantedIntents,
      answerWithinMs: () => platform.dials.webhookAnswerWithinMs,
      retryDelaysMs: () => platform.dials.webhookRetryDelaysMs,
      onChange: options.onConnectedChange,
      disturb: (event) => disturbanceOf(faults.strike("post", event.type)),
    }),
    dispatch: (event) => events.dispatch(event),
    isBotConnected: () => platform.webhook.isActive || platform.gateway.isConnected(),
    restore() {
      platform.dials = startDials();
      platform.world = buildWorld(appId, seed);
      connect.clear();
      mini.clear();
      platform.chats.clear();
      platform.files.clear();
      platform.bindings.clear();
      platform.uploads.clear();
      platform.replies.clear();
      platform.interactions.clear();
      platform.frames.clear();
      faults.remove();
      events.clear();
      platform.traces = [];
      clock.reset();
      tokens.clamp();
      platform.gateway.reset();
    },
  };
  return platform;
}

function disturbanceOf(fault: Fault | undefined): Disturbance {
  if (fault?.kind === "webhook_storm") return { copies: fault.copies ?? 10 };
  if (fault?.kind === "forged_signature") return { isForged: true };
  return fault ? { skewMs: -(fault.delay_ms ?? 600_000) } : {};
}
