import { once } from "node:events";
import { createServer, type Socket, type Server as TcpServer } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export interface ReceivedFrame {
  op: number;
  d?: unknown;
  [key: string]: unknown;
}

interface Waiter {
  op: number;
  resolve(frame: ReceivedFrame): void;
}

/** The server's end of one socket. Nothing is answered by itself but heartbeats, and these only while `acks` is true. */
export class FakeConnection {
  acks = true;
  /** Everything received, in order. */
  readonly frames: ReceivedFrame[] = [];
  /** Resolves with the close code that arrived from the client; 1006 = the socket was just dropped. */
  readonly closed: Promise<number>;
  readonly headers: Record<string, unknown>;
  readonly #ws: WebSocket;
  readonly #unread: ReceivedFrame[] = [];
  readonly #waiters: Waiter[] = [];

  constructor(ws: WebSocket, headers: Record<string, unknown>) {
    this.#ws = ws;
    this.headers = headers;
    this.closed = new Promise((resolve) => ws.on("close", (code) => resolve(code)));
    ws.on("error", () => undefined);
    ws.on("message", (data) => this.#receive(JSON.parse(String(data)) as ReceivedFrame));
  }

  /** The next frame of this kind that was not waited for yet. */
  next(op: number): Promise<ReceivedFrame> {
    const at = this.#unread.findIndex((frame) => frame.op === op);
    const [found] = at < 0 ? [] : this.#unread.splice(at, 1);
    if (found) return Promise.resolve(found);
    return new Promise((resolve) => this.#waiters.push({ op, resolve }));
  }

  send(frame: object): void {
    this.#ws.send(JSON.stringify(frame));
  }

  /** Text as it is: for broken JSON and for numbers that JavaScript cannot hold. */
  sendRaw(text: string | Buffer): void {
    this.#ws.send(text);
  }

  hello(heartbeatIntervalMs: unknown = 40_000): void {
    this.send({ op: 10, d: { heartbeat_interval: heartbeatIntervalMs } });
  }

  ready(sessionId = "session-1", s = 1): void {
    const user = { id: "7305918264417936052", username: "示例助手", bot: true };
    this.send({ op: 0, s, t: "READY", d: { version: 1, session_id: sessionId, user, shard: [0, 1] } });
  }

  resumed(s: number): void {
    this.send({ op: 0, s, t: "RESUMED", d: "" });
  }

  /** An event `e<s>`. */
  event(s: number, data: object = { n: s }, type = "C2C_MESSAGE_CREATE"): void {
    this.send({ op: 0, s, t: type, id: `${type}:e${s}`, d: data });
  }

  /** Without a code: a close frame that carries none. */
  close(code?: number, reason = ""): void {
    this.#ws.close(code, reason);
  }

  /** The line is cut: no close frame. */
  cut(): void {
    this.#ws.terminate();
  }

  #receive(frame: ReceivedFrame): void {
    this.frames.push(frame);
    if (frame.op === 1 && this.acks) this.send({ op: 11 });
    const at = this.#waiters.findIndex((waiter) => waiter.op === frame.op);
    const [waiter] = at < 0 ? [] : this.#waiters.splice(at, 1);
    if (waiter) waiter.resolve(frame);
    else this.#unread.push(frame);
  }
}

/** A gateway on a free port, played by the test. */
export class FakeGateway {
  readonly url: string;
  /** Every socket that was opened, in order. */
  readonly connections: FakeConnection[] = [];
  readonly #server: WebSocketServer;
  readonly #unread: FakeConnection[] = [];
  readonly #waiters: ((connection: FakeConnection) => void)[] = [];

  constructor(server: WebSocketServer) {
    this.#server = server;
    const address = server.address();
    const port = address && typeof address === "object" ? address.port : 0;
    this.url = `ws://127.0.0.1:${port}/websocket`;
    server.on("connection", (ws, request) => this.#accept(new FakeConnection(ws, request.headers)));
  }

  static async start(): Promise<FakeGateway> {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    return new FakeGateway(server);
  }

  /** The next socket that was not waited for yet. */
  next(): Promise<FakeConnection> {
    const connection = this.#unread.shift();
    if (connection) return Promise.resolve(connection);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(connection: FakeConnection): void {
    this.connections.push(connection);
    const waiter = this.#waiters.shift();
    if (waiter) waiter(connection);
    else this.#unread.push(connection);
  }
}

export interface BlackHole {
  url: string;
  /** Resolves when a client has connected. */
  reached: Promise<void>;
  close(): Promise<void>;
}

/** Accepts TCP connections and never says a word. */
export async function startBlackHole(): Promise<BlackHole> {
  const sockets = new Set<Socket>();
  const server: TcpServer = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  const reached = once(server, "connection").then(() => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address && typeof address === "object" ? address.port : 0;
  return {
    url: `ws://127.0.0.1:${port}/`,
    reached,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
