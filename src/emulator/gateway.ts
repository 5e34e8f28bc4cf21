import type { IncomingMessage } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { isRecord } from "../core/json.ts";
import { opcodes } from "../protocol/opcodes.ts";
import type { Frames } from "./frames.ts";
import { checkIdentify, checkResume, type Refusal } from "./gateway-checks.ts";
import type { PlatformClock } from "./platform-clock.ts";
import { type GatewayEvent, type Link, type Session, Sessions } from "./sessions.ts";
import type { Tokens } from "./tokens.ts";

export interface GatewayOptions {
  clock: PlatformClock;
  tokens: Tokens;
  frames: Frames;
  bot: () => { id: string; name: string };
  grantedIntents: () => number;
  heartbeatIntervalMs: () => number;
  sessionStartTotal: () => number;
  onConnectedChange: () => void;
}

/** The WebSocket end: hello, identify, heartbeat, resume with replay. Heartbeats run on real time, unlike all else. */
export class Gateway {
  readonly server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 1024 * 1024 });
  readonly sessions: Sessions;
  readonly #options: GatewayOptions;
  #started = { count: 0, since: 0 };

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.sessions = new Sessions(() => options.onConnectedChange());
    this.server.on("connection", (socket: WebSocket, _request: IncomingMessage) => this.#greet(socket));
  }

  /** Sends one event to every session that asked for its intent; sessions without a socket keep it for their resume. */
  dispatch(event: GatewayEvent): void {
    this.sessions.dispatch(event);
  }

  isConnected(): boolean {
    return this.sessions.isConnected();
  }

  startLimit(): { total: number; remaining: number; reset_after: number; max_concurrency: number } {
    const dayMs = 86_400_000;
    const now = this.#options.clock.now();
    if (now - this.#started.since >= dayMs) this.#started = { count: 0, since: now };
    const total = this.#options.sessionStartTotal();
    return {
      total,
      remaining: Math.max(0, total - this.#started.count),
      reset_after: this.#started.since + dayMs - now,
      max_concurrency: 1,
    };
  }

  /** Connected bots stay; the count of started sessions begins anew. */
  reset(): void {
    this.#started = { count: 0, since: this.#options.clock.now() };
  }

  close(): void {
    this.sessions.clear();
    for (const socket of this.server.clients) socket.terminate();
    this.server.close();
  }

  #greet(socket: WebSocket): void {
    const { clock, frames } = this.#options;
    const link: Link = {
      send: (frame) => {
        frames.add({ at: clock.now(), dir: "out", kind: "ws", data: frame });
        if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
      },
      close: (code, reason) => {
        frames.add({ at: clock.now(), dir: "out", kind: "ws", data: { close: code, reason } });
        socket.close(code, reason);
      },
    };
    const state: { session?: Session } = {};
    const heartbeatIntervalMs = this.#options.heartbeatIntervalMs();
    const watchdog = setTimeout(() => link.close(4009, "session timed out: no heartbeat"), heartbeatIntervalMs * 2);
    watchdog.unref();
    socket.on("message", (raw) => {
      const frame = decode(String(raw));
      if (!frame) return link.close(4002, "invalid payload: not a JSON object");
      frames.add({ at: clock.now(), dir: "in", kind: "ws", data: frame });
      if (frame.op === opcodes.heartbeat) watchdog.refresh();
      this.#receive(link, state, frame);
    });
    socket.on("close", () => {
      clearTimeout(watchdog);
      if (state.session) this.sessions.detach(state.session, link);
    });
    // ws closes the socket after an error by itself.
    socket.on("error", () => {});
    link.send({ op: opcodes.hello, d: { heartbeat_interval: heartbeatIntervalMs } });
  }

  #receive(link: Link, state: { session?: Session }, frame: Record<string, unknown>): void {
    const { op, d } = frame;
    if (op === opcodes.heartbeat) {
      link.send({ op: opcodes.heartbeatAck });
    } else if (op !== opcodes.identify && op !== opcodes.resume) {
      link.close(state.session || !isKnownOpcode(op) ? 4001 : 4003, "invalid opcode");
    } else if (state.session) {
      link.close(4005, "already authenticated");
    } else {
      const session = op === opcodes.identify ? this.#identify(link, d) : this.#resume(link, d);
      if (session) state.session = session;
    }
  }

  #identify(link: Link, d: unknown): Session | undefined {
    const { tokens, bot, grantedIntents } = this.#options;
    const checked = checkIdentify(d, { tokens, grantedIntents: grantedIntents() });
    if ("close" in checked) return refuse(link, checked);
    if (this.startLimit().remaining === 0) {
      return refuse(link, {
        close: 4903,
        reason: "create session error: session_start_limit used up",
        isInvalid: true,
      });
    }
    this.#started.count += 1;
    const session = this.sessions.start({ intents: checked.intents, shard: checked.shard });
    const user = { id: bot().id, username: bot().name, bot: true };
    session.seq = 1;
    const ready = { version: 1, session_id: session.id, user, shard: session.shard };
    link.send({ op: opcodes.dispatch, s: 1, t: "READY", d: ready });
    this.sessions.attach(session, link);
    return session;
  }

  #resume(link: Link, d: unknown): Session | undefined {
    const checked = checkResume(d, this.#options.tokens);
    if ("close" in checked) return refuse(link, checked);
    const session = this.sessions.find(checked.sessionId);
    if (!session) return refuse(link, { close: 4006, reason: "session no longer valid", isInvalid: true });
    const missed = session.since(checked.seq);
    if (!missed) return refuse(link, { close: 4007, reason: "invalid seq", isInvalid: true });
    for (const frame of missed) link.send(frame);
    session.seq += 1;
    link.send({ op: opcodes.dispatch, s: session.seq, t: "RESUMED", d: "" });
    this.sessions.attach(session, link);
    return session;
  }
}

function refuse(link: Link, refusal: Refusal): undefined {
  if (refusal.isInvalid) link.send({ op: opcodes.invalidSession, d: false });
  link.close(refusal.close, refusal.reason);
  return undefined;
}

function isKnownOpcode(op: unknown): boolean {
  return Object.values(opcodes).some((known) => known === op);
}

function decode(text: string): Record<string, unknown> | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    return isRecord(frame) ? frame : undefined;
  } catch {
    // Not JSON: the caller closes with 4002.
    return undefined;
  }
}
