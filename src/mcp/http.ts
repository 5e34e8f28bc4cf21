import { type EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener, RequestError } from "@hono/node-server";
import { isLoopbackName, isSameToken } from "../core/access.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { ConfigError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { within } from "../core/within.ts";
import { createHttpSessions, type HttpSessionsOptions, type SessionLimits, sessionLimits } from "./http-sessions.ts";
import { createRate, type RateLimit } from "./rate.ts";
import { refused } from "./refusal.ts";

export interface HttpOptions extends Pick<HttpSessionsOptions, "open"> {
  /** Name or address to listen on, IPv6 without brackets. */
  host: string;
  /** 0: any free one. */
  port: number;
  /** What every request must bring as `Authorization: Bearer`. Must be given where others than this machine can connect. */
  token?: string | undefined;
  limits?: Partial<HttpLimits>;
  clock?: Clock;
  log?: Log;
}

export interface HttpLimits extends SessionLimits {
  /** For the head of a request; its whole body may take three times as long. */
  headersMs: number;
  /** Requests of one session. */
  ofSession: RateLimit;
  /** Requests of one address that belong to no session: handshakes, wrong tokens, unknown sessions. */
  ofAddress: RateLimit;
}

export interface HttpServer {
  url: string;
  /** Running calls get a moment, streams are ended; resolves within 250 ms. */
  close(): Promise<void>;
}

const usual: HttpLimits = {
  ...sessionLimits,
  headersMs: 10_000,
  ofSession: { burst: 1_000, perSecond: 100 },
  ofAddress: { burst: 100, perSecond: 5 },
};
type Incoming = Pick<IncomingMessage, "headers" | "socket" | "url">;

const path = "/mcp";
const graceMs = 100;
const flushMs = 50;

/** Streamable HTTP for several clients. Throws ConfigError for an address that cannot be used, or needs a token. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { host, port, open, token, clock = systemClock } = options;
  const isLocal = isLoopbackName(bracketed(host));
  if (!isLocal && token === undefined) {
    throw new ConfigError("QQ_MCP_TOKEN", `QQ_MCP_TOKEN is not set, and others could connect to ${host}`, {
      remedy: "Set QQ_MCP_TOKEN (or QQ_MCP_TOKEN_FILE), or listen on 127.0.0.1.",
    });
  }
  const limits = { ...usual, ...options.limits };
  const sessions = createHttpSessions({ open, limits, clock });
  const ofSession = createRate(limits.ofSession, clock);
  const ofAddress = createRate(limits.ofAddress, clock);
  let isClosing = false;

  function refusal(incoming: Incoming): Response | undefined {
    if (isClosing) return refused(503, "the server is ending");
    const stranger = strangeness(incoming, isLocal);
    if (stranger) return refused(403, stranger);
    const id = sessionOf(incoming);
    const isKnown = id !== undefined && sessions.has(id);
    const mayCome = token === undefined || isSameToken(bearerOf(incoming), token);
    const address = incoming.socket.remoteAddress ?? "";
    const wait = isKnown && mayCome ? ofSession.take(id) : ofAddress.take(address);
    if (wait) return refused(429, `too many requests: wait ${wait.waitS} s`, { "retry-after": String(wait.waitS) });
    if (!mayCome) return refused(401, "a bearer token is needed: QQ_MCP_TOKEN", { "www-authenticate": "Bearer" });
    return URL.parse(incoming.url ?? "", "http://x")?.pathname === path ? undefined : refused(404, `only ${path}`);
  }

  const listener = getRequestListener(
    (request, { incoming, outgoing }) =>
      refusal(incoming) ?? sessions.answer(request, sessionOf(incoming), closing(outgoing)),
    {
      overrideGlobalObjects: false,
      errorHandler(error) {
        if (error instanceof RequestError) return refused(400, "the request cannot be read");
        options.log?.error({ error }, "an HTTP request failed unexpectedly");
        return refused(500, "an internal error happened; the log has the details", {}, -32603);
      },
    },
  );
  const { headersMs } = limits;
  const timeouts = {
    headersTimeout: headersMs,
    requestTimeout: 3 * headersMs,
    connectionsCheckingInterval: headersMs / 5,
  };
  const server = createServer(
    { ...timeouts, keepAlive: true },
    (request, response) => void listener(request, response),
  );
  server.on("error", (error) => options.log?.warn({ error: error.message }, "a connection could not be taken"));
  const address = await listen(server, host, port);
  return {
    url: `http://${bracketed(host)}:${address.port}${path}`,
    async close() {
      isClosing = true;
      const closed = once(server, "close");
      server.close();
      await sessions.close(graceMs);
      await within(closed, flushMs, clock);
      server.closeAllConnections();
    },
  };
}

/** A response that fails is over too. */
function closing(outgoing: EventEmitter): Promise<void> {
  return new Promise((resolve) => void outgoing.once("close", resolve));
}

async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown";
    throw new ConfigError("QQ_MCP_HTTP", `QQ_MCP_HTTP: cannot listen on ${bracketed(host)}:${port} (${code})`, {
      remedy: code === "EADDRINUSE" ? "Give another port, or 0 for any free one." : "Give an address of this machine.",
      cause: error,
    });
  }
  return server.address() as AddressInfo;
}

/** A page in a browser must not reach a server on this machine, under whatever name it has it resolve. */
function strangeness({ headers }: Incoming, isLocal: boolean): string | undefined {
  if (isLocal && !isLoopbackName(headers.host)) return "only for names of this machine: the Host header has another";
  if (headers.origin === undefined) return undefined;
  const from = URL.parse(headers.origin);
  const isOwn = from?.host === headers.host || (isLocal && isLoopbackName(from?.host));
  return isOwn ? undefined : "not for pages of other sites: the Origin header has another";
}

function bearerOf({ headers }: Incoming): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
}

function sessionOf({ headers }: Incoming): string | undefined {
  const id = headers["mcp-session-id"];
  return Array.isArray(id) ? id[0] : id;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
