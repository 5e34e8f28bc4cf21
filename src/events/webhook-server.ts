import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { listen } from "../core/listen.ts";

/** One webhook, or what leads to several. */
export interface WebhookFront {
  app: { fetch(request: Request): Response | Promise<Response> };
  stop(): Promise<void>;
}

export interface WebhookServerOptions {
  webhook: WebhookFront;
  host: string;
  /** 0 = any free one. */
  port: number;
  limits?: Partial<typeof defaultLimits>;
}

export interface WebhookServer {
  /** Of the listener, `http://127.0.0.1:8080`; the address that QQ calls is the proxy's. */
  origin: string;
  /** Answers what is under way, puts off what comes, closes within `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** A caller that is slow or says nothing does not hold a place for long. */
const defaultLimits = {
  headersMs: 5_000,
  /** From the first byte to the last of a request. */
  requestMs: 10_000,
  idleMs: 30_000,
  connections: 512,
  headerBytes: 16 * 1024,
};

/** Plain HTTP for a proxy that ends TLS. Throws ConfigError when the address cannot be had. */
export async function startWebhookServer({
  webhook,
  host,
  port,
  limits,
}: WebhookServerOptions): Promise<WebhookServer> {
  const { headersMs, requestMs, idleMs, connections, headerBytes } = { ...defaultLimits, ...limits };
  const listener = getRequestListener((request) => webhook.app.fetch(request), { overrideGlobalObjects: false });
  const server = createServer(
    {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      keepAliveTimeout: idleMs,
      connectionsCheckingInterval: Math.min(1000, headersMs / 2),
      maxHeaderSize: headerBytes,
    },
    (request, response) => void listener(request, response),
  );
  server.maxConnections = connections;
  const settings = { host: "QQ_BOT_WEBHOOK_HOST", port: "QQ_BOT_WEBHOOK_PORT" };
  const origin = await listen(server, { host, port, settings });
  return {
    origin,
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await Promise.all([webhook.stop(), closed]);
      clearTimeout(cut);
    },
  };
}
