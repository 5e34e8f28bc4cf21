import type { Scene } from "../protocol/scenes.ts";

/** What an inbound event offers for a passive reply. */
export interface ReplyTarget {
  /** `d.id` of the message. Exclusive with eventId. */
  msgId?: string;
  /** Outer id of the event. */
  eventId?: string;
  /** Epoch ms of receipt: windows are measured from it. */
  receivedAt: number;
}

/**
 * One thing to say in one conversation: text, or one of image and media, with or without text as the caption. A keyboard goes
 * with text alone.
 */
export interface OutgoingMessage {
  scene: Scene;
  /** user_openid, group_openid, channel_id, or guild_id of the DM session. */
  id: string;
  text?: string;
  /** auto: markdown where the text uses it and the scene allows it. */
  format?: "auto" | "text" | "markdown";
  /** Public http(s) URL. In c2c and group it is uploaded first. */
  imageUrl?: string;
  /** `file_info` of an earlier upload to the same scene (c2c, group). */
  fileInfo?: string;
  /** QQ's keyboard object, wire form. */
  keyboard?: Record<string, unknown>;
  /** Id to quote: REFIDX_… in c2c and group, message id in guilds. */
  quote?: string;
  replyTo?: ReplyTarget;
  /** Names this message over crashes and retries: the same key is never sent twice as different messages. */
  key?: string;
}

export interface DeliveredPart {
  messageId?: string;
  /** passive = free reply to replyTo; active = on the bot's own initiative, counted against quotas. */
  mode: "passive" | "active";
  status: "sent" | "already_sent" | "pending_review" | "unknown";
  msgSeq?: number;
  auditId?: string;
  sentAt: number;
  /** The quote index that the platform gave it (`ext_info.ref_idx`). */
  refIdx?: string;
}

export interface DeliveryResult {
  parts: DeliveredPart[];
  /** What had to be done differently than asked: "sent as text: markdown was refused", "window over: sent actively". */
  notes: string[];
}

/** What deliver() would do with a message now. */
export interface DeliveryPreview {
  mode: "passive" | "active";
  /** In sending order; `width` in columns (CJK = 2). */
  parts: { form: "text" | "markdown" | "image" | "media"; text?: string; width?: number }[];
  notes: string[];
}

export interface Delivery {
  /** Throws InputError for what deliver() would refuse. Sends and reserves nothing. */
  preview(message: OutgoingMessage): DeliveryPreview;
  /** Throws the error of the first part that could not be delivered in any form; earlier parts stay delivered. */
  deliver(message: OutgoingMessage, signal?: AbortSignal): Promise<DeliveryResult>;
}
