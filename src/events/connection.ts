import type { Clock } from "../core/clock.ts";
import { isRecord } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import { opcodes } from "../protocol/opcodes.ts";
import type { DispatchFrame } from "./dispatch.ts";
import { decodeFrame, type Frame, heartbeatFrame } from "./frames.ts";
import { Heartbeat, heartbeatIntervalMs } from "./heartbeat.ts";
import { type GatewaySocket, openSocket, type SocketData, type SocketOptions } from "./socket.ts";

export interface Deadlines {
  /** From the first byte sent to an open WebSocket. */
  handshakeMs: number;
  /** From there to op 10. */
  helloMs: number;
  /** From op 10 to READY or RESUMED; each replayed event starts it anew. */
  readyMs: number;
  /** After op 9: how long the close frame with the true reason is waited for. */
  closeFrameMs: number;
}

/**
 * Why a connection is over. `closed`: by the other side or the network; `op7`, `op9`: as the platform asked; `no_ack`,
 * `deadline`: silence; `auth_failed`: no token could be had; `dropped`: by us.
 */
export type EndCause = "closed" | "op7" | "op9" | "no_ack" | "deadline" | "auth_failed" | "dropped";

export interface ConnectionEnd {
  cause: EndCause;
  /** Close code of the frame, 1006 when the line broke; undefined when we ended it. */
  code?: number;
  detail: string;
  /** Whether op 2 or op 6 went out: only then does the end say something about the session. */
  isAuthSent: boolean;
  /** When READY or RESUMED came; undefined when neither did. */
  liveAt?: number;
  /** `d` of op 9. */
  isResumable?: boolean;
  error?: unknown;
}

export interface ConnectionOptions {
  url: string;
  socket: SocketOptions;
  deadlines: Deadlines;
  clock: Clock;
  random: () => number;
  log: Log;
  /** Last received `s`, for heartbeats. */
  lastSeq(): number | null;
  /** The text of op 2 or op 6, asked for when hello is there, so that the token is fresh. */
  authenticate(signal: AbortSignal): Promise<string>;
  /** Every op 0, READY and RESUMED too. Must not throw. */
  onDispatch(frame: DispatchFrame): void;
  onAck(): void;
}

/** One socket from opening to end. `ended` resolves once, never rejects; after that no callback is called any more. */
export class Connection {
  readonly ended: Promise<ConnectionEnd>;
  readonly #options: ConnectionOptions;
  readonly #lifetime = new AbortController();
  readonly #socket: GatewaySocket;
  #finish: (end: ConnectionEnd) => void = () => {};
  #heartbeat: Heartbeat | undefined;
  #cancelDeadline: (() => void) | undefined;
  #isOver = false;
  #isPaused = false;
  #isAuthSent = false;
  #isGreeted = false;
  #liveAt: number | undefined;
  #refusal: { isResumable: boolean } | undefined;
  #error: Error | undefined;

  /** Throws SyntaxError for an unusable address. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#socket = openSocket(options.url, options.socket, {
      onOpen: () => {
        if (!this.#isOver) this.#await(options.deadlines.helloMs, "no hello");
      },
      onMessage: (data) => {
        if (!this.#isOver) this.#onMessage(data);
      },
      onError: (error) => {
        this.#error = error;
      },
      onClose: (code, reason) => this.#end({ cause: "closed", code, detail: reason }),
    });
    this.#await(options.deadlines.handshakeMs, "no connection");
  }

  /** Ends it from our side without a close frame, so that the session can be resumed. */
  drop(detail: string): void {
    this.#end({ cause: "dropped", detail });
  }

  /** Stops reading; the silence that follows is not held against the other side. */
  pauseReading(): void {
    if (this.#isOver || this.#isPaused) return;
    this.#isPaused = true;
    if (!this.#refusal) this.#cancelDeadline?.();
    this.#heartbeat?.hold();
    this.#socket.pause();
  }

  resumeReading(): void {
    if (this.#isOver || !this.#isPaused) return;
    this.#isPaused = false;
    this.#heartbeat?.release();
    if (this.#liveAt === undefined && !this.#refusal) this.#await(this.#options.deadlines.readyMs, "no READY");
    this.#socket.resume();
  }

  #await(ms: number, missing: string): void {
    this.#cancelDeadline?.();
    if (this.#isPaused) return;
    this.#cancelDeadline = this.#options.clock.after(ms, () =>
      this.#end({ cause: "deadline", detail: `${missing} within ${ms} ms` }),
    );
  }

  #onMessage(data: SocketData): void {
    const frame = decodeFrame(data);
    if (frame) this.#route(frame);
    else this.#options.log.warn({}, "unreadable gateway frame ignored");
  }

  #route(frame: Frame): void {
    switch (frame.op) {
      case opcodes.dispatch:
        this.#onDispatch(frame);
        break;
      case opcodes.heartbeatAck:
        this.#heartbeat?.ack();
        this.#options.onAck();
        break;
      case opcodes.heartbeat:
        this.#beat();
        break;
      case opcodes.hello:
        this.#onHello(frame);
        break;
      case opcodes.reconnect:
        this.#end({ cause: "op7", detail: "the platform asked to reconnect" });
        break;
      case opcodes.invalidSession:
        this.#onInvalidSession(frame);
        break;
      default:
        this.#options.log.debug({ op: frame.op }, "unknown gateway frame ignored");
    }
  }

  #onDispatch(frame: Frame): void {
    const { t: type } = frame;
    if (type === undefined) {
      this.#options.log.warn({}, "gateway event without a type ignored");
      return;
    }
    if (type === "READY" || type === "RESUMED") {
      this.#liveAt ??= this.#options.clock.now();
      this.#cancelDeadline?.();
    } else if (this.#liveAt === undefined && this.#isAuthSent && !this.#refusal) {
      this.#await(this.#options.deadlines.readyMs, "no RESUMED after a replayed event");
    }
    this.#options.onDispatch({ ...frame, t: type });
  }

  #onHello(frame: Frame): void {
    if (this.#isGreeted) return;
    this.#isGreeted = true;
    const { deadlines } = this.#options;
    this.#await(deadlines.readyMs, "no READY");
    const intervalMs = heartbeatIntervalMs(isRecord(frame.d) ? frame.d.heartbeat_interval : undefined);
    const signal = this.#lifetime.signal;
    this.#options.authenticate(signal).then(
      (text) => {
        if (this.#isOver) return;
        this.#socket.send(text);
        this.#isAuthSent = true;
        this.#startHeartbeat(intervalMs);
      },
      (error: unknown) => this.#end({ cause: "auth_failed", detail: "no token for the gateway", error }),
    );
  }

  #startHeartbeat(intervalMs: number): void {
    const { clock, random } = this.#options;
    this.#heartbeat = new Heartbeat({
      intervalMs,
      beat: () => this.#beat(),
      onDead: () => this.#end({ cause: "no_ack", detail: "heartbeats are no longer acknowledged" }),
      clock,
      random,
    });
    if (this.#isPaused) this.#heartbeat.hold();
  }

  #beat(): void {
    this.#socket.send(heartbeatFrame(this.#options.lastSeq()));
  }

  /** The close frame that usually follows tells the true reason: intents, address list, session limit. */
  #onInvalidSession(frame: Frame): void {
    if (this.#refusal) return;
    this.#refusal = { isResumable: frame.d === true };
    this.#heartbeat?.stop();
    this.#cancelDeadline?.();
    this.#cancelDeadline = this.#options.clock.after(this.#options.deadlines.closeFrameMs, () =>
      this.#end({ cause: "op9", detail: "no close frame followed" }),
    );
  }

  #end(facts: Pick<ConnectionEnd, "cause" | "code" | "detail" | "error">): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelDeadline?.();
    this.#heartbeat?.stop();
    this.#lifetime.abort();
    this.#socket.terminate();
    const isRefused = this.#refusal !== undefined && (facts.cause === "closed" || facts.cause === "op9");
    this.#finish({
      ...facts,
      ...(facts.error === undefined && this.#error ? { error: this.#error } : {}),
      cause: isRefused ? "op9" : facts.cause,
      isAuthSent: this.#isAuthSent,
      ...(this.#liveAt === undefined ? {} : { liveAt: this.#liveAt }),
      ...(this.#refusal ? { isResumable: this.#refusal.isResumable } : {}),
    });
  }
}
