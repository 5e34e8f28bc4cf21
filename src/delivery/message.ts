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
  /** Leaves the last reply to replyTo for others: the turn's closing answer needs one. */
  keepsLast?: boolean;
  /**
   * Where no way to the reader is open now, keep it and send it when there is one, rather than fail. For callers in a
   * process that hears the conversation's next message.
   */
  mayWait?: boolean;
}

/**
 * unknown: it may have arrived. held: not sent yet, it goes out by itself when there is a way. cancelled: the message it
 * answers was recalled. failed: refused, while an earlier part arrived. rejected: by the platform's review.
 */
export type DeliveryStatus =
  | "sent"
  | "already_sent"
  | "pending_review"
  | "unknown"
  | "held"
  | "cancelled"
  | "failed"
  | "rejected";

export interface DeliveredPart {
  messageId?: string;
  /** passive = free reply to replyTo; active = on the bot's own initiative, counted against quotas; wakeup = one of the few that reach a person who has not written for a while. */
  mode: "passive" | "active" | "wakeup";
  status: DeliveryStatus;
  msgSeq?: number;
  auditId?: string;
  /** Epoch ms: of sending, or of the end of the attempt. */
  sentAt: number;
  /** Of what is held: when it is given up. */
  heldUntil?: number;
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

/** What became of a message after its caller was told that it is held or pending. Texts and notes are for people. */
export interface DeliveryReport {
  conversation: string;
  key: string;
  outcome: "held" | "delivered" | "unknown" | "approved" | "rejected" | "refused" | "cancelled" | "expired";
  /** Its beginning; empty when it is not known any more. */
  text: string;
  note: string;
}

export interface DraftTarget {
  scene: Scene;
  id: string;
  /** The key of the answer. */
  key: string;
  replyTo: ReplyTarget;
}

export interface DraftEnd {
  /** What of the answer the reader has not seen: deliver() says it. Empty: all of it is there. */
  rest: string;
  /** Ids and quote indexes of what they saw. */
  refs: string[];
}

/** An answer shown while it is written. Whatever becomes of it, what was begun is closed. */
export interface Draft {
  /** The text so far. One that is no continuation begins a message of its own. Does not block, never throws. */
  grow(text: string): void;
  /** What was shown is no part of the answer: `whole` words before a tool call, or `cut` off by an error. */
  end(how: "whole" | "cut"): Promise<void>;
  /** The answer itself; of one that a former process began, too. Nothing grows afterwards. */
  finish(text: string): Promise<DraftEnd>;
}

export interface Delivery {
  /** undefined where the platform has no growing messages. */
  draft(target: DraftTarget): Draft | undefined;
  /** Throws InputError for what deliver() would refuse. Sends and reserves nothing. */
  preview(message: OutgoingMessage): DeliveryPreview;
  /** Throws the error of the first part that could not be delivered in any form; earlier parts stay delivered. */
  deliver(message: OutgoingMessage, signal?: AbortSignal): Promise<DeliveryResult>;
}
