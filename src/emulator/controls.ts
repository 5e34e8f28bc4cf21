import { InputError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { redact } from "../core/redact.ts";
import type { Trace } from "../protocol/trace.ts";
import { act } from "./acts.ts";
import { click } from "./buttons.ts";
import type { Controls } from "./control.ts";
import { missing } from "./control-errors.ts";
import { typeNamed as knownType, raise } from "./event.ts";
import type { FeedPush } from "./feed.ts";
import { findConversation, recallAs, say } from "./people.ts";
import type { StartedPlatform } from "./platform-start.ts";
import { viewWorld, type WorldView, wireIdentities } from "./world.ts";
import { pushWorld } from "./world-push.ts";

export interface ModelInfo {
  name: string;
  /** A stand-in with rules: the page says so. */
  isDemo: boolean;
}

export interface AllControls extends Controls {
  world(): WorldView & Json;
  describe(info: { model?: ModelInfo; ownerUserId?: string }): void;
  /** First push of a page's socket. */
  hello(): FeedPush;
  /** Tells the pages that something of `info` changed. */
  announce(): void;
}

const traceLimit = 1000;
const helloMessages = 100;
const helloFrames = 500;

/** Everything that can be done from outside, over one platform. */
export function makeControls(platform: StartedPlatform, start: { version: string; ownerUserId?: string }): AllControls {
  let owner = start.ownerUserId ?? platform.world.users[0]?.id ?? "";
  let model: ModelInfo | undefined;
  let lastTrace = 0;
  const info = () => ({
    app_id: platform.app.appId,
    bot: { id: platform.world.bot.id, name: platform.world.bot.name, connected: platform.isBotConnected() },
    owner,
    model: model ? { ...model } : null,
    version: start.version,
    now: platform.clock.now(),
    identities: wireIdentities(platform.world),
  });
  const world = () => viewWorld(platform.world) as WorldView & Json;
  const announce = () => platform.feed.push(() => ({ kind: "info", info: info() }));
  return {
    world,
    info,
    announce,
    say: (input) => say(platform, input),
    click: (input) => click(platform, input),
    recall: (input) => recallAs(platform, input),
    act(input) {
      const done = act(platform, input);
      pushWorld(platform);
      return done;
    },
    addFault(input) {
      const fault = platform.faults.add(input);
      platform.gateway.strikeLive();
      return platform.faults.list().find(({ id }) => id === fault.id) ?? fault;
    },
    faults: () => platform.faults.list(),
    clearFaults: (id) => platform.faults.remove(id),
    raise: (input) => raise(platform, input),
    file: (uuid) => platform.files.byUuid(uuid)?.bytes,
    messages({ scene, id, after }) {
      const list = platform.chats.list(findConversation(platform, { scene, id }), after);
      if (!list) throw missing("after", "no such message in this conversation");
      return list.map((message) => structuredClone(message.row));
    },
    advance(ms) {
      if (!Number.isFinite(ms) || ms < 0) throw new InputError("advance_ms", "time only goes forward");
      const now = platform.clock.advance(ms);
      platform.feed.push(() => ({ kind: "clock", now }));
      return now;
    },
    reset() {
      platform.restore();
      platform.feed.push(() => ({ kind: "reset", world: world(), info: info(), now: platform.clock.now() }));
      return platform.clock.now();
    },
    frames: (after) => platform.frames.list(after),
    webhook: () => platform.webhook.status(),
    async setWebhook(url, events) {
      if (url === null) platform.webhook.unregister();
      else await platform.webhook.register(url, events ? events.map((type) => knownType(type, "events")) : null);
      return platform.webhook.status();
    },
    traces: (after) => platform.traces.filter((trace) => trace.n > after),
    trace(trace: Trace) {
      const kept = { n: ++lastTrace, ...(redact(trace, [platform.app.appSecret]) as Trace) };
      platform.traces.push(kept);
      if (platform.traces.length > traceLimit) platform.traces.splice(0, platform.traces.length - traceLimit);
      platform.feed.push(() => ({ kind: "trace", trace: kept }));
    },
    describe(facts) {
      model = facts.model ?? model;
      owner = facts.ownerUserId ?? owner;
      announce();
    },
    hello: () => ({
      kind: "hello",
      world: world(),
      info: info(),
      messages: platform.chats.latest(helloMessages),
      traces: platform.traces,
      frames: platform.frames.list(0, helloFrames),
      interactions: [...platform.interactions.values()],
    }),
  };
}
