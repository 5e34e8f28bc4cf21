import type { Agent } from "node:http";
import { WebSocket } from "ws";

export interface SocketOptions {
  userAgent: string;
  /** A proxy agent for this address; undefined connects directly. */
  agentFor?: (url: string) => Agent | undefined;
}

export interface SocketListeners {
  onOpen(): void;
  onMessage(data: SocketData): void;
  /** The last call; `code` as `ws` reports it: 1005 = closed without a code, 1006 = no close frame. */
  onClose(code: number, reason: string): void;
  /** Followed by onClose. */
  onError(error: Error): void;
}

/** What `ws` may hand over, depending on how the frame arrived. */
export type SocketData = Buffer | ArrayBuffer | Buffer[];

export interface GatewaySocket {
  /** Dropped silently when the socket is not open: its close is already on the way. */
  send(text: string): void;
  pause(): void;
  resume(): void;
  /** Without a close frame: a polite close could end the session, and waits for a peer that may be gone. */
  terminate(): void;
}

/** Events are a few kB; forwarded records the largest. */
const maxPayloadBytes = 16 * 1024 * 1024;
const keepAliveMs = 30_000;

/** Throws SyntaxError for an address that is not ws: or wss:. The deadline for opening is the caller's. */
export function openSocket(url: string, options: SocketOptions, listeners: SocketListeners): GatewaySocket {
  const agent = options.agentFor?.(url);
  const ws = new WebSocket(url, {
    perMessageDeflate: false,
    maxPayload: maxPayloadBytes,
    headers: { "User-Agent": options.userAgent },
    ...(agent ? { agent } : {}),
  });
  ws.on("upgrade", (response) => response.socket.setKeepAlive(true, keepAliveMs));
  ws.on("open", () => listeners.onOpen());
  ws.on("message", (data) => listeners.onMessage(data));
  ws.on("error", (error) => listeners.onError(error));
  ws.on("close", (code, reason) => listeners.onClose(code, reason.toString("utf8")));
  return {
    send(text) {
      if (ws.readyState === WebSocket.OPEN) ws.send(text, ignoreSendError);
    },
    pause: () => ws.pause(),
    resume: () => ws.resume(),
    terminate: () => ws.terminate(),
  };
}

/** A failed write is followed by the close of the socket, which is handled. */
function ignoreSendError(): void {}
