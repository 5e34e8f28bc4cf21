import { WebSocket, WebSocketServer } from "ws";

/** What the page is told, live. The first push of a socket is "hello" with everything so far. */
export type FeedPush = { kind: string } & Record<string, unknown>;

/** The page's sockets. Pushes are built only when somebody listens. */
export class Feed {
  readonly server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 1024 });
  readonly #sockets = new Set<WebSocket>();
  readonly #hello: () => FeedPush;

  constructor(hello: () => FeedPush) {
    this.#hello = hello;
    this.server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      // A broken page socket closes itself; there is nobody to tell.
      socket.on("error", () => {});
      socket.send(JSON.stringify(this.#hello()));
    });
  }

  push(make: () => FeedPush): void {
    if (this.#sockets.size === 0) return;
    const text = JSON.stringify(make());
    for (const socket of this.#sockets) {
      // A page that stopped reading must not fill our memory: it reconnects and gets a fresh hello.
      if (socket.bufferedAmount > 16_000_000) socket.terminate();
      else if (socket.readyState === WebSocket.OPEN) socket.send(text);
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
    this.server.close();
  }
}
