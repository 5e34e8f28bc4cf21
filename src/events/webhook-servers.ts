import { ConfigError } from "../core/errors.ts";
import type { Webhook } from "./webhook.ts";
import { startWebhookServer, type WebhookServer } from "./webhook-server.ts";

/** The listeners of one process: one per address, however many bots are called there, each by its own path. */
export interface WebhookServers {
  /** Throws ConfigError when the address cannot be had, or another bot has the path. */
  open(options: { webhook: Webhook; host: string; port: number }): Promise<WebhookServer>;
}

interface Listener {
  /** Also those that were stopped, as long as the listener lives: they put off what still comes. */
  byPath: Map<string, { webhook: Webhook; isOpen: boolean }>;
  server: Promise<WebhookServer>;
}

export function createWebhookServers(): WebhookServers {
  const listeners = new Map<string, Listener>();

  function listen(host: string, port: number): Listener {
    const byPath: Listener["byPath"] = new Map();
    const fetch = (request: Request) =>
      byPath.get(new URL(request.url).pathname)?.webhook.app.fetch(request) ?? Response.json({}, { status: 404 });
    const front = { app: { fetch }, stop: async () => undefined };
    return { byPath, server: startWebhookServer({ webhook: front, host, port }) };
  }

  return {
    async open({ webhook, host, port }) {
      const address = `${host}:${port}`;
      const listener = listeners.get(address) ?? listen(host, port);
      const { byPath } = listener;
      if (byPath.get(webhook.path)?.isOpen)
        throw new ConfigError("QQ_BOT_WEBHOOK_PATH", `two bots are called at the same path, ${webhook.path}`, {
          remedy: "Give each account its own webhookPath in QQ_BOT_ACCOUNTS, or none.",
        });
      const place = { webhook, isOpen: true };
      byPath.set(webhook.path, place);
      listeners.set(address, listener);
      const leave = () => {
        place.isOpen = false;
        const isEmpty = ![...byPath.values()].some(({ isOpen }) => isOpen);
        if (isEmpty) listeners.delete(address);
        return isEmpty;
      };
      const server = await listener.server.catch((error: unknown) => {
        leave();
        throw error;
      });
      return {
        origin: server.origin,
        async close(graceMs) {
          const isLast = leave();
          await Promise.all([webhook.stop(), isLast ? server.close(graceMs) : undefined]);
        },
      };
    },
  };
}
