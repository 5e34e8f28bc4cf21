import { ConfigError } from "../core/errors.ts";
import { createWebhook, type Webhook } from "../events/webhook.ts";
import type { WebhookServer } from "../events/webhook-server.ts";
import { createWebhookServers } from "../events/webhook-servers.ts";
import type { GatewayStatus } from "../operations/context.ts";
import { openHome } from "../store/home.ts";
import { acquireLock, type Lock } from "../store/lock.ts";
import { readProfile, type Subscription, type SubscriptionOptions } from "./subscription.ts";

interface Running {
  webhook: Webhook;
  server: WebhookServer;
  lock: Lock;
  abort: AbortController;
  closed?: Promise<void>;
}

/** What is under way waits for the disk alone. */
const closeMs = 1500;
const askAgainMs = 30_000;

/** Events by webhook instead of over the gateway: the same interface, the same lock. `intents` are the console's matter. */
export function createWebhookSubscription(options: SubscriptionOptions): Subscription {
  const { platform } = options;
  let running: Promise<Running> | undefined;
  let self: { botUserId?: string; botName?: string } = {};
  let state: GatewayStatus = { state: "stopped" };
  let counts: Webhook["counts"] | undefined;
  const ended = Promise.withResolvers<void>();

  function enter(next: GatewayStatus): GatewayStatus {
    state = next;
    options.onState?.(next);
    return next;
  }

  /** No READY tells who the bot is. */
  async function learnSelf(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !self.botUserId) {
      try {
        self = await readProfile(platform);
      } catch (error) {
        platform.log.warn({ error }, "the bot's own profile is not known yet");
      }
      if (!self.botUserId) await platform.clock.sleep(askAgainMs, signal).catch(() => undefined);
    }
  }

  /** The lock stays: turns may still be running. */
  async function closeDoor(): Promise<Running | undefined> {
    const opened = await running?.catch(() => undefined);
    if (!opened) return undefined;
    opened.abort.abort();
    opened.closed ??= opened.server.close(closeMs).then(() => void enter({ state: "stopped" }));
    await opened.closed;
    return opened;
  }

  return {
    async start() {
      if (running !== undefined) {
        await running;
        return state;
      }
      running = open(options).catch((error: unknown) => {
        running = undefined;
        throw error;
      });
      const { webhook, server, abort } = await running;
      counts = webhook.counts;
      void learnSelf(abort.signal);
      return enter({ state: "live", detail: `webhook at ${server.origin}${platform.config.webhookPath}` });
    },
    status: () => state,
    async stop() {
      const opened = await closeDoor();
      running = undefined;
      opened?.lock.release();
      ended.resolve();
      return state;
    },
    // What is sent does not depend on the door for events.
    hold: async () => void (await closeDoor()),
    self: () => self,
    shards: () => [],
    webhook: () => counts?.(),
    ended: () => ended.promise,
  };
}

async function open({
  platform,
  owner,
  accept,
  webhooks = createWebhookServers(),
}: SubscriptionOptions): Promise<Running> {
  const { config, clock, appId, log } = platform;
  if (!config.appSecret)
    throw new ConfigError("QQ_BOT_APP_SECRET", "QQ_BOT_APP_SECRET is not set: posts are judged with it", {
      remedy: "copy it from the console at q.qq.com",
    });
  const lock = acquireLock({ home: openHome(config.home).path, appId, owner, clock });
  try {
    const { appSecret: secret, webhookHost: host, webhookPort: port, webhookPath: path } = config;
    const webhook = createWebhook({ ...{ appId, secret, path, accept, log }, clock });
    const server = await webhooks.open({ webhook, host, port });
    return { webhook, server, lock, abort: new AbortController() };
  } catch (error) {
    lock.release();
    throw error;
  }
}
