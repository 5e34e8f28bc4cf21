import type { JoinStrategy } from "./join-strategies.ts";

/** One command panel as it was accepted; times are epoch ms. */
export interface Panel {
  id: string;
  scope: string;
  targetType: "all" | "specific";
  targets: Set<string>;
  panel: Record<string, unknown>;
  createdAt: number;
  updatedAt: number;
  version: number;
}

/** A message that is still being written, frame by frame. */
export interface Stream {
  /** Of the message in the chat. */
  messageId: string;
  userOpenid: string;
  contentType: string;
  msgSeq: number | undefined;
  /** Of the last accepted frame. */
  index: number;
  text: string;
  isClosed: boolean;
  /** Last moment for a frame, epoch ms: the window of the reply. */
  endsAt: number;
}

/** What the bot configured through the API, and who is its friend. Part of the world: a reset makes it anew. */
export interface BotSettings {
  /** Version 0 and no menu at the start. */
  menu: { version: number; menu?: Record<string, unknown> };
  panels: Map<string, Panel>;
  strategies: Map<string, JoinStrategy>;
  streams: Map<string, Stream>;
  /** Share link -> its callback_data. */
  shareLinks: Map<string, string>;
  /** Ids of users who removed the bot. */
  strangers: Set<string>;
}

export function makeBotSettings(): BotSettings {
  return {
    menu: { version: 0 },
    panels: new Map(),
    strategies: new Map(),
    streams: new Map(),
    shareLinks: new Map(),
    strangers: new Set(),
  };
}
