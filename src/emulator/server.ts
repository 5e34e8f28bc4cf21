import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import type { WebSocketServer } from "ws";
import { isLoopbackName } from "../core/access.ts";
import { ConfigError } from "../core/errors.ts";

export interface ServerOptions {
  app: Hono;
  /** Who takes an upgrade; undefined = refused, "nobody" = never answered. */
  webSocketOf: (request: IncomingMessage) => WebSocketServer | "nobody" | undefined;
  /** 0 = any free one; otherwise this or one of the next 20. */
  port: number;
}

export interface RunningServer {
  port: number;
  close(): Promise<void>;
}

/** One HTTP server on 127.0.0.1 for everything. Throws ConfigError when no port is free. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const listener = getRequestListener(options.app.fetch, { overrideGlobalObjects: false });
  const unanswered = new Set<Duplex>();
  const server = createServer((request, response) => {
    if (isLoopbackName(request.headers.host)) return void listener(request, response);
    response.writeHead(403, { "content-type": "text/plain" }).end("only for names of this machine\n");
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const target = isLoopbackName(request.headers.host) ? options.webSocketOf(request) : undefined;
    // A caller that is gone before we answer is nobody to tell.
    socket.on("error", () => {});
    if (target === "nobody") {
      unanswered.add(socket);
      return void socket.once("close", () => unanswered.delete(socket)).resume();
    }
    if (!target) return void socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
    target.handleUpgrade(request, socket, head, (ws) => target.emit("connection", ws, request));
  });
  const port = await listen(server, options.port);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of unanswered) socket.destroy();
        server.closeAllConnections();
      }),
  };
}

async function listen(server: Server, first: number): Promise<number> {
  for (let port = first; port <= first + (first === 0 ? 0 : 20) && port < 65_536; port++) {
    const taken = await tryPort(server, port);
    if (taken !== undefined) return taken;
  }
  throw new ConfigError("--port", `no free port between ${first} and ${first + 20}`, {
    remedy: "Give another port, or 0 for any free one.",
  });
}

function tryPort(server: Server, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(undefined);
      else reject(error);
    };
    server.once("error", onError);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", onError);
      const address = server.address();
      resolve(address !== null && typeof address === "object" ? address.port : undefined);
    });
  });
}
