import { createServer, type ServerResponse } from "node:http";
import { listen } from "../core/listen.ts";
import { metricsContentType, renderMetrics } from "../core/metrics.ts";
import { redactText } from "../core/redact.ts";
import type { Health } from "./health.ts";

export interface HealthServerOptions {
  health: Health;
  host: string;
  port: number;
  /** Values that must not be in any answer. */
  secrets: readonly string[];
}

/** `/healthz`, `/readyz` and `/metrics` for readers only. Throws ConfigError when the address cannot be had. */
export async function startHealthServer(options: HealthServerOptions): Promise<{ origin: string; close(): void }> {
  const { health, host, port } = options;
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, (request, response) => {
    const send = (status: number, body: string, type = "application/json") => {
      const headers = { "content-type": type, "cache-control": "no-store" };
      response
        .writeHead(status, headers)
        .end(request.method === "HEAD" ? undefined : redactText(body, options.secrets));
    };
    answer(request.method ?? "", request.url ?? "", { health, send }).catch((error: unknown) => fail(response, error));
  });
  server.maxConnections = 64;
  const settings = { host: "QQ_BOT_HEALTH_HOST", port: "QQ_BOT_HEALTH_PORT" };
  const origin = await listen(server, { host, port, settings });
  return {
    origin,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

type Send = (status: number, body: string, type?: string) => void;

async function answer(method: string, url: string, { health, send }: { health: Health; send: Send }): Promise<void> {
  if (method !== "GET" && method !== "HEAD") return send(405, "{}");
  const [path] = url.split("?");
  if (path === "/healthz") return send(200, `${JSON.stringify(health.alive())}\n`);
  if (path === "/metrics") return send(200, renderMetrics(await health.metrics()), metricsContentType);
  if (path !== "/readyz") return send(404, "{}");
  const readiness = await health.ready();
  send(readiness.ready ? 200 : 503, `${JSON.stringify(readiness)}\n`);
}

function fail(response: ServerResponse, error: unknown): void {
  response.writeHead(500, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: error instanceof Error ? error.name : "unknown" }));
}
