import { orAborted } from "../core/abort.ts";
import { backoffMs } from "../core/backoff.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { withDeadline } from "./deadline.ts";
import type { ToolResult } from "./loop.ts";
import type { AgentTool } from "./model.ts";

/** One living connection to a server of tools. */
export interface ToolConnection {
  /** All that it has; asked again after `onChange`. */
  list(signal: AbortSignal): Promise<AgentTool[]>;
  call(name: string, input: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult>;
  close(): Promise<void>;
}

/** Rejects when it does not come about. `end` may be told more than once, also of a connection that was closed here. */
export type Connect = (
  on: { change: () => void; end: (reason: string) => void },
  signal: AbortSignal,
) => Promise<ToolConnection>;

export interface ToolServer {
  readonly name: string;
  /** What it offered when it was last there, of what may be used; empty before. The same array while nothing changed. */
  tools(): readonly AgentTool[];
  /** Never rejects but with the signal's reason: a server that is gone is a result. */
  call(tool: string, input: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult>;
  status(): { state: "connecting" | "live" | "waiting" | "stopped"; detail?: string };
  stop(): Promise<void>;
}

export interface ToolServerOptions {
  name: string;
  connect: Connect;
  /** Names of its tools that may be used; whatever else it has is never offered. */
  allowed: readonly string[];
  /** Of one call. Default 60 s. */
  callMs?: number | undefined;
  clock?: Clock;
  log: Log;
}

/** From the start to the first list of tools. */
const startMs = 20_000;
const waits = { baseMs: 1_000, capMs: 5 * 60_000 };
/** A connection that lived so long was well: the next waits begin anew. */
const wellMs = 60_000;

/** Connects in the background, and again after each end, ever later; whatever the server does, it ends nothing here. */
export function startToolServer(options: ToolServerOptions): ToolServer {
  const server = new Server(options);
  server.start();
  return server;
}

class Server implements ToolServer {
  readonly name: string;
  readonly #options: ToolServerOptions;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #connection: ToolConnection | undefined;
  #tools: readonly AgentTool[] = [];
  #state: ReturnType<ToolServer["status"]> = { state: "connecting" };
  #failures = 0;
  #cancelWait = () => {};

  constructor(options: ToolServerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  tools(): readonly AgentTool[] {
    return this.#tools;
  }

  status(): ReturnType<ToolServer["status"]> {
    return this.#state;
  }

  start(): void {
    void this.#open().catch((error: unknown) => this.#retry(error instanceof Error ? error.message : "unknown error"));
  }

  async call(tool: string, input: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult> {
    const connection = this.#connection;
    if (!connection)
      return failed(`the server "${this.name}" is not reachable now (${this.#state.detail ?? "starting"})`);
    if (!this.#tools.some(({ name }) => name === tool))
      return failed(`the server "${this.name}" does not have ${tool} any more`);
    const limit = this.#options.callMs ?? 60_000;
    try {
      return await this.#within(limit, signal, (inner) => connection.call(tool, input, inner));
    } catch (error) {
      signal.throwIfAborted();
      return failed(error instanceof Error ? error.message : "unknown error");
    }
  }

  async stop(): Promise<void> {
    this.#state = { state: "stopped" };
    this.#cancelWait();
    this.#stopping.abort(new DOMException("the server of tools is stopped", "AbortError"));
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close().catch(() => undefined);
  }

  async #open(): Promise<void> {
    this.#state = { state: "connecting" };
    let life: "young" | "live" | "over" = "young";
    const startedAt = this.#clock.now();
    const end = (reason: string) => {
      const wasLive = life === "live";
      life = "over";
      // A young one rejects what is waited for below.
      if (!wasLive) return;
      this.#connection = undefined;
      if (this.#clock.now() - startedAt >= wellMs) this.#failures = 0;
      this.#retry(reason);
    };
    const on = { change: () => void this.#refresh(), end };
    await this.#within(startMs, this.#stopping.signal, async (signal) => {
      const connection = await this.#options.connect(on, signal);
      try {
        this.#take(await connection.list(signal));
        signal.throwIfAborted();
        if (life === "over") throw new Error("it ended at once");
      } catch (error) {
        life = "over";
        await connection.close().catch(() => undefined);
        throw error;
      }
      life = "live";
      this.#connection = connection;
      this.#state = { state: "live" };
      this.#options.log.info({ server: this.name, tools: this.#tools.length }, "a server of tools is connected");
    });
  }

  async #refresh(): Promise<void> {
    const connection = this.#connection;
    if (!connection) return;
    try {
      this.#take(await this.#within(startMs, this.#stopping.signal, (signal) => connection.list(signal)));
    } catch (error) {
      this.#options.log.warn({ server: this.name, error }, "a server of tools did not tell what has changed");
    }
  }

  #take(listed: readonly AgentTool[]): void {
    const { allowed, log } = this.#options;
    const usable = listed.filter(({ name }) => allowed.includes(name));
    const missing = allowed.filter((name) => !usable.some((tool) => tool.name === name));
    if (missing.length > 0)
      log.warn({ server: this.name, missing }, "tools of the settings that a server does not have");
    if (JSON.stringify(usable) !== JSON.stringify(this.#tools)) this.#tools = usable;
  }

  #retry(reason: string): void {
    if (this.#stopping.signal.aborted) return;
    const waitMs = backoffMs(waits, this.#failures++);
    this.#state = { state: "waiting", detail: reason };
    this.#options.log.warn({ server: this.name, reason, waitMs }, "a server of tools is not there; it is tried again");
    this.#cancelWait = this.#clock.after(waitMs, () => this.start());
  }

  /** The work gets a signal and the time; it is not waited for any longer, even if it does not listen. */
  async #within<T>(ms: number, outer: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = withDeadline(this.#clock, ms, outer);
    try {
      return await orAborted(work(deadline.signal), deadline.signal);
    } catch (error) {
      throw deadline.isOver() && !outer.aborted ? new Error(`no answer within ${ms / 1000} s`) : error;
    } finally {
      deadline.clear();
    }
  }
}

function failed(content: string): ToolResult {
  return { ok: false, content };
}
