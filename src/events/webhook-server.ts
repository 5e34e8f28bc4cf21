import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { ConfigError } from "../core/errors.ts";
import type { Webhook } from "./webhook.ts";

export interface WebhookServerOptions {
  webhook: Webhook;
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
  const listener = getRequestListener(webhook.app.fetch, { overrideGlobalObjects: false });
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
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  const { address, family, port: chosen } = server.address() as AddressInfo;
  return {
    origin: `http://${family === "IPv6" ? `[${address}]` : address}:${chosen}`,
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await Promise.all([webhook.stop(), closed]);
      clearTimeout(cut);
    },
  };
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): unknown {
  const where = `${host}:${port}`;
  const [setting, message, remedy] =
    error.code === "EADDRINUSE"
      ? ["QQ_BOT_WEBHOOK_PORT", `${where} is in use`, "end the other program, or set another port"]
      : error.code === "EACCES"
        ? ["QQ_BOT_WEBHOOK_PORT", `${where} needs more rights`, "set a port above 1023 and let the proxy forward to it"]
        : ["QQ_BOT_WEBHOOK_HOST", `${host} is no address of this machine`, "set 127.0.0.1, or an address that is"];
  const known = ["EADDRINUSE", "EACCES", "EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN"].includes(error.code ?? "");
  return known ? new ConfigError(setting, `${setting}: ${message}`, { remedy, cause: error }) : error;
}
