import { isRecord, type Json } from "../core/json.ts";
import { createSettlingGate } from "../delivery/send-gate.ts";
import { createGateway, type Gateway } from "../events/gateway.ts";
import type { GatewayStatus as LiveStatus, SessionStatus } from "../events/gateway-options.ts";
import { IntentSearch } from "../events/intent-search.ts";
import type { WebhookCounts } from "../events/webhook.ts";
import type { WebhookServers } from "../events/webhook-servers.ts";
import type { GatewayControl, GatewayStatus } from "../operations/context.ts";
import { dedupeKeys } from "../protocol/dedupe.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { defaultIntents, parseIntents } from "../protocol/intents.ts";
import { identifySpacingMs, isPart, parseShards } from "../protocol/shards.ts";
import { openHome } from "../store/home.ts";
import { acquireLock } from "../store/lock.ts";
import type { Store } from "../store/store.ts";
import { lookupGateway, type Platform } from "./platform.ts";
import { version } from "./version.ts";

export interface Subscription extends GatewayControl {
  /** The bot's own id and name from READY, as far as they are known. */
  self(): { botUserId?: string; botName?: string };
  /** Resolves when it was stopped by us; rejects when the platform stopped the bot for good. Only after start(). */
  ended(): Promise<void>;
  /** Of this process; none behind a webhook. */
  shards(): readonly SessionStatus[];
  /** Posts so far; undefined on the gateway. */
  webhook(): WebhookCounts | undefined;
  /**
   * Before the end of the process: takes no more events. What is still being sent is shown, since the connection stays
   * until stop(); what waits for the connection waits for the next process.
   */
  hold(): Promise<void>;
}

interface Running {
  gateway: Gateway;
  abort: AbortController;
  ended: Promise<void>;
}

export interface SubscriptionOptions {
  platform: Platform;
  /** What the lock says of its holder beside pid and machine: the command. */
  owner: string;
  /** An event counts as received once this resolves. */
  accept: (envelope: Envelope) => Promise<unknown>;
  onState?: (status: GatewayStatus) => void;
  /** Shared by the bots of this process, so that one port serves them all. */
  webhooks?: WebhookServers;
}

/** Writes an event down for readers of the inbox; it starts no turn. */
export function keep(store: Store, envelope: Envelope): Promise<"accepted" | "duplicate"> {
  const { id, type, receivedAt } = envelope;
  const payload = envelope as unknown as Json;
  return store.inbox.accept({ id, type, receivedAt, payload, dedupeKeys: dedupeKeys(envelope), lane: null });
}

/** From these the outbox learns what can be replied to. */
const recentEvents = 500;

/** What a former process held goes out by this one. */
export async function resumeOutbox({ store, outbox }: Platform): Promise<void> {
  await outbox.resume(store().inbox.list({ limit: recentEvents }));
}

/**
 * The gateway connections of this process and, by the lock, of this app or these shards of it, in this data folder: a
 * process on another folder or machine is not seen.
 */
export function createSubscription(options: SubscriptionOptions): Subscription {
  const { platform } = options;
  let running: Promise<Running> | undefined;
  let current: Running | undefined;
  let self: { botUserId?: string; botName?: string } = {};
  const gate = createSettlingGate({ clock: platform.clock, settleMs: platform.config.settleMs });
  platform.useSendGate(gate);
  let isLeaving = false;

  function status(): GatewayStatus {
    return current?.gateway.status() ?? { state: "stopped" };
  }

  async function learnSelf({ state, bot }: LiveStatus): Promise<void> {
    if (bot) self = { botUserId: bot.id, ...(bot.name ? { botName: bot.name } : {}) };
    // A session that was resumed over a restart never saw READY.
    else if (state === "live" && !self.botUserId) self = await readProfile(platform);
  }

  return {
    async start(intents) {
      isLeaving = false;
      running ??= open(options, intents, (now) => {
        learnSelf(now).catch((error: unknown) =>
          platform.log.warn({ error }, "the bot's own profile is not known yet"),
        );
        gate.follow(gateState(now, isLeaving));
        options.onState?.(now);
      }).catch((error: unknown) => {
        running = undefined;
        throw error;
      });
      const opened = await running;
      current = opened;
      // Stopped for good: the status tells why until the next start.
      const forget = () => {
        if (current === opened) running = undefined;
      };
      opened.ended.then(forget, forget);
      return status();
    },
    status,
    async stop() {
      const opened = await running?.catch(() => undefined);
      opened?.abort.abort();
      await opened?.ended.catch(() => undefined);
      return status();
    },
    async hold() {
      isLeaving = true;
      (await running?.catch(() => undefined))?.gateway.hold();
    },
    self: () => self,
    shards: () => current?.gateway.status().shards ?? [],
    webhook: () => undefined,
    ended: () => current?.ended ?? Promise.resolve(),
  };
}

async function open(
  options: SubscriptionOptions,
  intents: number | undefined,
  onState: (status: LiveStatus) => void,
): Promise<Running> {
  const { platform, owner, accept } = options;
  const { config, clock, appId, token, rest, log } = platform;
  const { sessions } = platform.store();
  const known = await sessions.loadRefusedIntents();
  const plan = parseShards(config.shards);
  const shards = isPart(plan) ? plan : undefined;
  const lock = acquireLock({ home: openHome(config.home).path, appId, owner, shards, clock });
  const abort = new AbortController();
  const gateway = createGateway({
    ...{ appId, plan, token, sessions, log, onState, clock },
    intents: new IntentSearch({
      wanted: intents ?? (config.intents ? parseIntents(config.intents) : defaultIntents),
      ...{ known, now: () => clock.now() },
    }),
    webSocket: { agentFor: platform.agentFor, userAgent: `qq-skill/${version()}` },
    lookup: (signal) => lookupGateway(rest, signal),
    awaitIdentifyTurn: (maxConcurrency, signal) => awaitIdentifyTurn(platform, maxConcurrency, signal),
    onDispatch: async (envelope) => {
      await accept(envelope);
    },
    onIntentsKnown: (refusal) => {
      sessions.saveRefusedIntents(refusal).catch((error: unknown) => log.warn({ error }, "refused intents not stored"));
    },
  });
  const ended = gateway.run(abort.signal).finally(() => lock.release());
  // Whoever waits for the end hears of a failure there; without anybody it must not end the process.
  ended.catch(() => undefined);
  return { gateway, abort, ended };
}

/** Every process of the app on this data folder takes its turn. */
export async function awaitIdentifyTurn(
  platform: Platform,
  maxConcurrency: number,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = platform;
  const waitMs = (await platform.store().sessions.takeTurn(identifySpacingMs(maxConcurrency))) - clock.now();
  if (waitMs > 0) await clock.sleep(waitMs, signal);
}

function gateState({ state }: GatewayStatus, isLeaving: boolean): "none" | "down" | "live" {
  if ((state === "stopped" || state === "failed") && !isLeaving) return "none";
  return state === "live" ? "live" : "down";
}

export async function readProfile({ rest }: Platform): Promise<{ botUserId?: string; botName?: string }> {
  const path = "/users/@me";
  const { data } = await rest.request({ service: "bot", method: "GET", template: path, path, repeatable: true });
  if (!isRecord(data) || typeof data.id !== "string") return {};
  return { botUserId: data.id, ...(typeof data.username === "string" ? { botName: data.username } : {}) };
}
