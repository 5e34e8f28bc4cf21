import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { Emulator } from "../../src/emulator/emulator.ts";

export interface RawAnswer {
  status: number;
  headers: Headers;
  /** Parsed JSON; undefined without a body. Loose on purpose: tests name the fields that they expect. */
  body: Loose;
}

/** JSON of which nothing is promised. */
// biome-ignore lint/suspicious/noExplicitAny: the point of a raw client is to look at whatever came.
export type Loose = any;
type Frame = { op: number; s?: number; t?: string; id?: string; d?: Loose };

/** A bot of plain fetch and ws, without any of our client: what it sees is what the platform says. */
export class RawBot {
  readonly emulator: Emulator;
  token = "";

  constructor(emulator: Emulator) {
    this.emulator = emulator;
  }

  async login(): Promise<this> {
    const { appId, appSecret } = this.emulator.app;
    const answer = await this.call("POST", "/app/getAppAccessToken", { appId, clientSecret: appSecret });
    this.token = answer.body.access_token;
    return this;
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<RawAnswer> {
    const isForm = body instanceof FormData;
    const response = await fetch(this.emulator.url + path, {
      method,
      headers: {
        ...(this.token ? { authorization: `QQBot ${this.token}` } : {}),
        ...(isForm ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
  }

  /** An open gateway socket after Hello. */
  async open(): Promise<RawSocket> {
    const { url } = (await this.call("GET", "/gateway")).body;
    const socket = new RawSocket(url);
    await socket.next((frame) => frame.op === 10);
    return socket;
  }

  /** Identified and READY. */
  async connect(identify: Record<string, unknown> = {}): Promise<RawSocket> {
    const socket = await this.open();
    socket.send({ op: 2, d: { token: `QQBot ${this.token}`, intents: 1174409219, shard: [0, 1], ...identify } });
    socket.ready = await socket.next((frame) => frame.t === "READY");
    return socket;
  }
}

export class RawSocket {
  readonly frames: Frame[] = [];
  ready: Frame = { op: 0 };
  /** Settles when the socket closes. */
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  #taken = 0;
  #wake = () => {};

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.on("message", (data) => {
      this.frames.push(JSON.parse(String(data)));
      this.#wake();
    });
    this.closed = new Promise((resolve) =>
      this.#socket.on("close", (code, reason) => {
        resolve({ code, reason: String(reason) });
        this.#wake();
      }),
    );
    // A failed connection shows as close code 1006.
    this.#socket.on("error", () => {});
    onTestFinished(() => this.#socket.terminate());
  }

  send(frame: unknown): void {
    this.#socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** The next frame that matches, in order of arrival, skipping others; fails when none comes or the socket closes. */
  async next(matches: (frame: Frame) => boolean = () => true): Promise<Frame> {
    const deadline = performance.now() + 5000;
    for (;;) {
      while (this.#taken < this.frames.length) {
        const frame = this.frames[this.#taken++] as Frame;
        if (matches(frame)) return frame;
      }
      const left = deadline - performance.now();
      if (left <= 0 || this.#socket.readyState === WebSocket.CLOSED) {
        throw new Error(`no such frame; there were ${JSON.stringify(this.frames)}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Everything that arrived before the answer to a heartbeat sent now: what has not come by then is not coming. */
  async settled(): Promise<Frame[]> {
    this.send({ op: 1, d: null });
    await this.next((frame) => frame.op === 11);
    return this.frames;
  }

  /** Gone without a goodbye. */
  drop(): void {
    this.#socket.terminate();
  }
}
