import { hostname } from "node:os";
import { systemClock } from "../core/clock.ts";
import type { Json } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import { createGatewaySession, type GatewaySession } from "../events/session.ts";
import type { GatewayControl, GatewayStatus } from "../operations/context.ts";
import { dedupeKeys } from "../protocol/dedupe.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { defaultIntents, intentNames, parseIntents } from "../protocol/intents.ts";
import { openHome } from "../store/home.ts";
import { acquireLock, type Lock } from "../store/lock.ts";
import type { Store } from "../store/store.ts";
import { lookupGateway, type Platform } from "./platform.ts";

export interface Subscription extends GatewayControl {
  /** The bot's own id and name from READY, as far as they are known. */
  self(): { botUserId?: string; botName?: string };
  /** Resolves when it was stopped by us; rejects when the platform stopped the bot for good. Only after start(). */
  ended(): Promise<void>;
}

interface Running {
  session: GatewaySession;
  abort: AbortController;
  ended: Promise<void>;
  lock: Lock;
}

export interface SubscriptionOptions {
  platform: Platform;
  /** Named in the lock, so that a second process can say who holds the connection. */
  owner: string;
  /** An event counts as received once this resolves. */
  accept: (envelope: Envelope) => Promise<unknown>;
  onState?: (status: GatewayStatus) => void;
}

/** Writes an event down for readers of the inbox; it starts no turn. */
export function keep(store: Store, envelope: Envelope): Promise<"accepted" | "duplicate"> {
  const { id, type, receivedAt } = envelope;
  const payload = envelope as unknown as Json;
  return store.inbox.accept({ id, type, receivedAt, payload, dedupeKeys: dedupeKeys(envelope), lane: null });
}

/** The one gateway connection of this process and, by the lock, of this app on this machine. */
export function createSubscription({ platform, owner, accept, onState }: SubscriptionOptions): Subscription {
  const { config, appId, token, rest, log } = platform;
  let running: Running | undefined;
  let failure: string | undefined;

  function status(): GatewayStatus {
    if (!running) return failure ? { state: "failed", detail: failure } : { state: "stopped" };
    return running.session.status();
  }

  async function start(intents?: number): Promise<GatewayStatus> {
    if (running) return status();
    const store = platform.store();
    const lock = acquireLock({ home: openHome(config.home).path, appId, owner: `${owner} on ${hostname()}` });
    const wanted = intents ?? (await wantedIntents(platform));
    const abort = new AbortController();
    const session = createGatewaySession({
      appId,
      shard: [0, 1],
      intents: wanted,
      token,
      lookup: (signal) => lookupGateway(rest, signal),
      sessions: store.sessions,
      onDispatch: async (envelope) => {
        await accept(envelope);
      },
      onIntentsRefused: (mask) => void store.sessions.saveRefusedIntents(mask).catch(logFailure(log)),
      onState: () => onState?.(session.status()),
      clock: systemClock,
      log,
    });
    failure = undefined;
    const ended = session.run(abort.signal).finally(() => {
      lock.release();
      running = undefined;
    });
    running = { session, abort, ended, lock };
    ended.catch((error: unknown) => {
      failure = error instanceof Error ? error.message : String(error);
    });
    return status();
  }

  return {
    start,
    status,
    async stop() {
      const current = running;
      current?.abort.abort();
      await current?.ended.catch(() => undefined);
      return status();
    },
    self() {
      const known = running?.session.status().bot;
      return known ? { botUserId: known.id, ...(known.name ? { botName: known.name } : {}) } : {};
    },
    ended: () => running?.ended ?? Promise.resolve(),
  };
}

/** What the settings name; without them the default less what the platform refused this bot before. */
async function wantedIntents({ config, store, log }: Platform): Promise<number> {
  if (config.intents) return parseIntents(config.intents);
  const refused = await store().sessions.loadRefusedIntents();
  if (refused !== 0) {
    log.warn(
      { refused: intentNames(refused) },
      "left out: the platform refused these intents before; doctor asks again",
    );
  }
  return defaultIntents & ~refused;
}

function logFailure(log: Log): (error: unknown) => void {
  return (error) => log.warn({ error }, "could not be stored");
}
