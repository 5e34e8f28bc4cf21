import type { IncomingMessage } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { isRecord } from "../core/json.ts";
import { opcodes } from "../protocol/opcodes.ts";
import type { Dials } from "./dials.ts";
import type { Fault, Faults } from "./faults.ts";
import type { Frames } from "./frames.ts";
import { checkIdentify, checkResume, type Refusal } from "./gateway-checks.ts";
import type { PlatformClock } from "./platform-clock.ts";
import { type GatewayEvent, type Link, type Session, Sessions } from "./sessions.ts";
import type { Tokens } from "./tokens.ts";

export interface GatewayOptions {
  clock: PlatformClock;
  tokens: Tokens;
  frames: Frames;
  faults: Faults;
  bot: () => { id: string; name: string };
  dials: () => Pick<
    Dials,
    "grantedIntents" | "heartbeatIntervalMs" | "sessionStartTotal" | "maxConcurrency" | "identifyWindowMs"
  >;
  onConnectedChange: () => void;
}

/** One open socket. */
interface Peer {
  link: Link;
  session?: Session;
  /** A fault cut it off: nothing comes in or goes out any more. */
  isMute: boolean;
  /** The line itself, gone without a word. */
  cut(): void;
}

/**
 * The WebSocket end: hello, identify, heartbeat, resume with replay. Heartbeats run on the base clock, which is not moved
 * by the page or the control API.
 */
export class Gateway {
  readonly server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 1024 * 1024 });
  readonly sessions: Sessions;
  readonly #options: GatewayOptions;
  readonly #peers = new Set<Peer>();
  #started = { count: 0, since: 0 };
  /** When the newest identifies were accepted. */
  #identifiedAt: number[] = [];

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.sessions = new Sessions(options.clock, () => options.onConnectedChange());
    this.server.on("connection", (socket: WebSocket, _request: IncomingMessage) => this.#greet(socket));
  }

  /** Whether this upgrade falls into a hole: the connection stays open and is never answered. */
  swallowsUpgrade(): boolean {
    return this.#options.faults.strike("upgrade") !== undefined;
  }

  /** Faults that are set while a bot is connected strike at once. */
  strikeLive(): void {
    for (const peer of this.#peers) if (peer.session && !peer.isMute) this.#strikePeer(peer);
  }

  /** Sends one event to every session that asked for its intent; sessions without a socket keep it for their resume. */
  dispatch(event: GatewayEvent): void {
    this.sessions.dispatch(event);
  }

  isConnected(): boolean {
    return this.sessions.isConnected();
  }

  /** The answer of the look-up. */
  announcedLimit(): ReturnType<Gateway["startLimit"]> {
    const limit = this.startLimit();
    const fault = this.#options.faults.strike("lookup");
    return fault ? { ...limit, remaining: 0, reset_after: fault.delay_ms ?? limit.reset_after } : limit;
  }

  startLimit(): { total: number; remaining: number; reset_after: number; max_concurrency: number } {
    const dayMs = 86_400_000;
    const now = this.#options.clock.now();
    if (now - this.#started.since >= dayMs) this.#started = { count: 0, since: now };
    const { sessionStartTotal: total, maxConcurrency } = this.#options.dials();
    return {
      total,
      remaining: Math.max(0, total - this.#started.count),
      reset_after: this.#started.since + dayMs - now,
      max_concurrency: maxConcurrency,
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
    const peer = this.#peerOf(socket);
    const { link } = peer;
    const { heartbeatIntervalMs } = this.#options.dials();
    const watch = () => clock.after(heartbeatIntervalMs * 2, () => link.close(4009, "session timed out: no heartbeat"));
    let cancelWatch = watch();
    socket.on("message", (raw) => {
      if (peer.isMute) return;
      const frame = decode(String(raw));
      if (!frame) return link.close(4002, "invalid payload: not a JSON object");
      frames.add({ at: clock.now(), dir: "in", kind: "ws", data: frame });
      if (frame.op === opcodes.heartbeat) {
        cancelWatch();
        cancelWatch = watch();
      }
      this.#receive(peer, frame);
    });
    socket.on("close", () => {
      cancelWatch();
      this.#leave(peer);
    });
    // ws closes the socket after an error by itself.
    socket.on("error", () => {});
    if (this.#options.faults.strike("hello")) return;
    link.send({ op: opcodes.hello, d: { heartbeat_interval: heartbeatIntervalMs } });
  }

  #peerOf(socket: WebSocket): Peer {
    const { clock, frames } = this.#options;
    const link: Link = {
      send: (frame) => {
        if (peer.isMute) return;
        frames.add({ at: clock.now(), dir: "out", kind: "ws", data: frame });
        if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
      },
      close: (code, reason) => {
        if (peer.isMute) return;
        frames.add({ at: clock.now(), dir: "out", kind: "ws", data: { close: code, reason } });
        socket.close(code, reason);
        this.#leave(peer);
      },
    };
    const cut = () => {
      socket.terminate();
      this.#leave(peer);
    };
    const peer: Peer = { link, isMute: false, cut };
    this.#peers.add(peer);
    return peer;
  }

  /** From the close on, not when the socket is gone: what comes after it waits for a resume. */
  #leave(peer: Peer): void {
    this.#peers.delete(peer);
    if (peer.session) this.sessions.detach(peer.session, peer.link);
  }

  #receive(peer: Peer, frame: Record<string, unknown>): void {
    const { op, d } = frame;
    const { link } = peer;
    if (op === opcodes.heartbeat) {
      if (!this.#options.faults.strike("ack")) link.send({ op: opcodes.heartbeatAck });
    } else if (op !== opcodes.identify && op !== opcodes.resume) {
      link.close(peer.session || !isKnownOpcode(op) ? 4001 : 4003, "invalid opcode");
    } else if (peer.session) {
      link.close(4005, "already authenticated");
    } else if (!this.#options.faults.strike("auth")) {
      const session = op === opcodes.identify ? this.#identify(link, d) : this.#resume(link, d);
      if (!session) return;
      peer.session = session;
      this.#strikePeer(peer);
    }
  }

  #strikePeer(peer: Peer): void {
    const fault = this.#options.faults.strike("live");
    if (!fault) return;
    const strike = () => this.#strikeWith(fault, peer);
    if (fault.delay_ms) this.#options.clock.after(fault.delay_ms, strike);
    else strike();
  }

  #strikeWith(fault: Fault, peer: Peer): void {
    const { link } = peer;
    if (fault.kind === "half_open") peer.isMute = true;
    else if (fault.kind === "op7") link.send({ op: opcodes.reconnect });
    else if (fault.kind === "op9") {
      const isResumable = fault.resumable ?? false;
      if (!isResumable && peer.session) this.sessions.expire(peer.session);
      link.send({ op: opcodes.invalidSession, d: isResumable });
    } else if (fault.code === 1006) peer.cut();
    else link.close(fault.code ?? 4009, "as a fault asks");
  }

  #identify(link: Link, d: unknown): Session | undefined {
    const { tokens, bot, dials } = this.#options;
    const checked = checkIdentify(d, { tokens, grantedIntents: dials().grantedIntents });
    if ("close" in checked) return refuse(link, checked);
    if (this.startLimit().remaining === 0) {
      return refuse(link, {
        close: 4903,
        reason: "create session error: session_start_limit used up",
        isInvalid: true,
      });
    }
    if (this.#isTooSoon()) {
      return refuse(link, { close: 4903, reason: "create session error: max_concurrency exceeded", isInvalid: true });
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

  #isTooSoon(): boolean {
    const { maxConcurrency, identifyWindowMs } = this.#options.dials();
    const now = this.#options.clock.now();
    this.#identifiedAt = this.#identifiedAt.filter((at) => at > now - identifyWindowMs);
    if (identifyWindowMs > 0 && this.#identifiedAt.length >= maxConcurrency) return true;
    this.#identifiedAt.push(now);
    return false;
  }

  #resume(link: Link, d: unknown): Session | undefined {
    const checked = checkResume(d, this.#options.tokens);
    if ("close" in checked) return refuse(link, checked);
    const session = this.sessions.find(checked.sessionId);
    if (session && this.#options.faults.strike("resume")) {
      this.sessions.expire(session);
      return refuse(link, { close: 4006, reason: "session no longer valid", isInvalid: true });
    }
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
