import { Agent, type Dispatcher, Headers, ProxyAgent, request, FormData as WireForm } from "undici";

/** What the REST rooms need of fetch; the built-in one fits as well. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

export interface FetchInit {
  method?: string;
  headers?: Record<string, string>;
  body?: string | FormData | Uint8Array;
  signal?: AbortSignal;
}

export interface FetchResponse {
  status: number;
  headers: { get(name: string): string | null };
  text(): Promise<string>;
  /** Only for answers that are not text. */
  arrayBuffer?(): Promise<ArrayBuffer>;
}

export interface HttpOptions {
  /** Taken for every host but loopback, whatever `noProxy` says. */
  proxy?: string | undefined;
  /** Taken for https addresses when there is no `proxy`. */
  httpsProxy?: string | undefined;
  /** Hosts that `httpsProxy` is not taken for: `example.com` (with its subdomains), `*.example.com`, `host:port`, `*`. */
  noProxy?: string | undefined;
}

export interface Http {
  /**
   * Standard fetch as API clients use it, on pooled connections and about five times cheaper than the full one: no
   * redirects, no cookies, no cache, bodies as they come (identity encoding). `body` is iterable, not a web stream.
   */
  fetch: typeof globalThis.fetch;
  close(): Promise<void>;
}

// Connections are cheap next to a 10 s handshake in the middle of a burst; the platform's ceiling is 100 calls a second.
const pool = { connections: 64, keepAliveTimeout: 30_000, connect: { timeout: 10_000 } };
// The caller's signal is the only clock: a model may think for minutes before its first byte.
const noTimeout = { headersTimeout: 0, bodyTimeout: 0 };

/** Pooled connections, through a proxy where the options say so. Loopback is always reached directly. */
export function createHttp(options: HttpOptions = {}): Http {
  const agents = new Map<string, Dispatcher>();
  const dispatcherFor = (url: URL): Dispatcher => {
    const proxy = proxyFor(url, options);
    const key = proxy ?? "";
    const known = agents.get(key);
    if (known) return known;
    const agent = proxy ? new ProxyAgent({ ...pool, ...noTimeout, uri: proxy }) : new Agent({ ...pool, ...noTimeout });
    agents.set(key, agent);
    return agent;
  };
  const send = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(typeof input === "object" && "url" in input ? input.url : input);
    const answer = await request(url, {
      dispatcher: dispatcherFor(url),
      method: (init.method ?? "GET").toUpperCase() as Dispatcher.HttpMethod,
      headers: { "accept-encoding": "identity", ...plainHeaders(init.headers) },
      body: wireBody(init.body),
      signal: init.signal ?? null,
    });
    return asResponse(url, answer);
  };
  return {
    fetch: send,
    async close() {
      // Destroyed, not drained: whoever closes has stopped waiting for answers.
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
      agents.clear();
    },
  };
}

/** The proxy for this address, undefined for a direct connection. */
export function proxyFor(url: URL, options: HttpOptions): string | undefined {
  const host = url.hostname.replace(/^\[|\]$|\.$/g, "").toLowerCase();
  if (isLoopback(host)) return undefined;
  if (options.proxy) return options.proxy;
  if (!options.httpsProxy || url.protocol !== "https:") return undefined;
  const port = url.port || "443";
  const entries = (options.noProxy ?? "").toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => matches(entry, host, port)) ? undefined : options.httpsProxy;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || /^127(\.\d+){3}$/.test(host) || host === "::1";
}

function matches(entry: string, host: string, port: string): boolean {
  const parts = /^(.+?)(?::(\d+))?$/.exec(entry);
  if (!parts) return false;
  const [, name = "", entryPort] = parts;
  if (entryPort !== undefined && entryPort !== port) return false;
  if (name === "*") return true;
  const suffix = name.replace(/^\*?\./, "");
  return (host === suffix && !name.startsWith("*")) || host.endsWith(`.${suffix}`);
}

function plainHeaders(headers: RequestInit["headers"]): Record<string, string> {
  if (!headers) return {};
  if (Symbol.iterator in headers) return Object.fromEntries(headers as Iterable<[string, string]>);
  return headers as Record<string, string>;
}

type WireBody = string | Uint8Array | WireForm | null;

function wireBody(body: RequestInit["body"]): WireBody {
  if (!(body instanceof FormData)) return (body ?? null) as WireBody;
  // The built-in FormData is of another copy of the library, which would send it as "[object FormData]".
  const form = new WireForm();
  for (const [name, value] of body) {
    if (typeof value === "string") form.append(name, value);
    else form.append(name, value, value.name);
  }
  return form;
}

function asResponse(url: URL, answer: Dispatcher.ResponseData): Response {
  const { statusCode: status, body } = answer;
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const item of [value ?? []].flat()) headers.append(name, item);
  }
  const response = {
    ...{ status, ok: status >= 200 && status < 300, statusText: "", url: url.href, redirected: false },
    ...{ headers, type: "default" },
    body: { [Symbol.asyncIterator]: () => chunksOf(body) },
    text: () => body.text(),
    json: () => body.json(),
    arrayBuffer: () => body.arrayBuffer(),
    bytes: () => body.bytes(),
  };
  return response as unknown as Response;
}

/** A reader that has its last line leaves early: what little follows runs out unread, and the connection stays usable. */
function chunksOf(body: Dispatcher.ResponseData["body"]): AsyncIterator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = body.iterator({ destroyOnReturn: false });
  return {
    next: () => chunks.next(),
    async return() {
      await chunks.return?.();
      // Past its limit it gives the connection up, which is all that is left to do then.
      body.dump().catch(() => undefined);
      return { done: true, value: undefined };
    },
  };
}
