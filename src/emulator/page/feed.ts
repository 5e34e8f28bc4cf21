import { token } from "./api.ts";
import type { FeedEvent } from "./wire.ts";

export type Link = "connecting" | "live" | "lost" | "refused";

interface FeedListener {
  /** Everything that came since the last call, in order; a busy feed is handed over in portions. */
  onEvents: (events: readonly FeedEvent[]) => void;
  onLink: (link: Link) => void;
}

const portionMs = 30;
const retryMs = [500, 1000, 2000, 4000] as const;

/** Follows the emulator for as long as the page is open; reconnects by itself, and each connection begins with "hello". */
export function followFeed({ onEvents, onLink }: FeedListener): void {
  let failures = 0;
  let waiting: FeedEvent[] = [];
  const flush = () => {
    const events = waiting;
    waiting = [];
    onEvents(events);
  };
  const connect = () => {
    const address = new URL("/_emulator/feed", location.origin);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.searchParams.set("token", token);
    const socket = new WebSocket(address);
    socket.onmessage = ({ data }) => {
      failures = 0;
      if (waiting.push(JSON.parse(String(data)) as FeedEvent) === 1) setTimeout(flush, portionMs);
    };
    socket.onopen = () => onLink("live");
    socket.onclose = async () => {
      onLink((await isRefused()) ? "refused" : "lost");
      setTimeout(connect, retryMs[Math.min(failures++, retryMs.length - 1)]);
    };
  };
  onLink("connecting");
  connect();
}

/** A browser does not tell why a WebSocket was refused; the HTTP door does. */
async function isRefused(): Promise<boolean> {
  try {
    const response = await fetch("/_emulator/info", { headers: { Authorization: `Bearer ${token}` } });
    return response.status === 401;
  } catch {
    return false; // nobody answers at all
  }
}
