import { onTestFinished } from "vitest";
import type { Desk } from "../../src/mcp/desk.ts";
import { type HttpOptions, type HttpServer, serveHttp } from "../../src/mcp/http.ts";
import { createSession } from "../../src/mcp/session.ts";
import { FakeClock } from "./fake-clock.ts";

export const hello = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
};

export interface Frame {
  id: string | undefined;
  data: Record<string, unknown> & { id?: unknown; result?: Record<string, unknown>; method?: string };
}

/** Events of a stream, without the empty ones that only carry an id. */
export function framesOf(text: string): Frame[] {
  return text.split("\n\n").flatMap((block) => {
    const data = /^data: (.+)$/m.exec(block)?.[1];
    return data ? [{ id: /^id: (.+)$/m.exec(block)?.[1], data: JSON.parse(data) }] : [];
  });
}

/** Plain requests of one client, so that headers and broken input can be chosen. */
export class RawClient {
  session: string | undefined;
  readonly url: string;
  readonly headers: Record<string, string>;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.url = url;
    this.headers = headers;
  }

  async connect(): Promise<this> {
    const response = await this.send({ method: "POST", body: JSON.stringify(hello) });
    if (response.status !== 200) throw new Error(`no session: ${response.status} ${await response.text()}`);
    await response.text();
    this.session = response.headers.get("mcp-session-id") ?? undefined;
    await this.post({ jsonrpc: "2.0", method: "notifications/initialized" });
    return this;
  }

  send(init: RequestInit, headers: Record<string, string> = {}): Promise<Response> {
    const session = this.session === undefined ? {} : { "mcp-session-id": this.session };
    const usual = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const version = { "mcp-protocol-version": "2025-11-25" };
    return fetch(this.url, { ...init, headers: { ...usual, ...version, ...session, ...this.headers, ...headers } });
  }

  async post(message: unknown, headers?: Record<string, string>) {
    const body = typeof message === "string" ? message : JSON.stringify(message);
    const response = await this.send({ method: "POST", body }, headers);
    const text = await response.text();
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    return { status: response.status, headers: response.headers, text, frames: isStream ? framesOf(text) : [] };
  }

  /** The result of a tool call, by its own stream. */
  async call(id: number, name: string, input: Record<string, unknown> = {}) {
    const { frames } = await this.post({
      ...{ jsonrpc: "2.0", id, method: "tools/call" },
      params: { name, arguments: input, _meta: { progressToken: `of ${id}` } },
    });
    return frames;
  }
}

export interface HttpFixture {
  server: HttpServer;
  clock: FakeClock;
  client(headers?: Record<string, string>): RawClient;
}

/** Our HTTP entry on a free port, with a desk as the test wants it and a clock that it moves. */
export async function startHttp(desk: Partial<Desk> = {}, options: Partial<HttpOptions> = {}): Promise<HttpFixture> {
  const clock = new FakeClock();
  const whole = { tools: () => [], call: async () => undefined, ...desk } as Desk;
  const server = await serveHttp({
    ...{ host: "127.0.0.1", port: 0, clock },
    open: () => createSession({ version: "1", open: () => whole, clock }),
    ...options,
  });
  onTestFinished(async () => {
    const closing = server.close();
    await clock.advance(1_000);
    await closing;
  });
  return { server, clock, client: (headers) => new RawClient(server.url, headers) };
}
