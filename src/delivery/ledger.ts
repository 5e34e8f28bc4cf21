import type { Scene } from "../protocol/scenes.ts";
import type { Inbox } from "../store/inbox.ts";
import type { Outgoing } from "../store/outgoing.ts";
import type { Streams } from "../store/streams.ts";

/** What delivery remembers over crashes, kept by the store. */
export interface DeliveryMemory {
  sends: SendLedger;
  /** The messages behind the sends: what was planned, and what waits for better times. */
  outgoing: Omit<Outgoing, "list">;
  refusals: RefusalMemory;
  /** When people were heard last. */
  inbox: Pick<Inbox, "lastHeard">;
  streams: Streams;
}

/**
 * The book of everything that was or may have been sent. It is written before the wire is touched, so that after a crash
 * the same key goes out with the same msg_seq and the platform's own duplicate check protects the reader.
 */
export interface SendLedger {
  /**
   * The reservation of `key`: the one made before, or a new one that is durable when this resolves. With `replyId` it
   * holds the next msg_seq of that inbound message (from 1, never handed out twice, not even after a failure). One that
   * had failed is told as such, this once: it is about to be sent again, and from now on may have reached the platform.
   */
  reserve(request: { key: string; conversation: string; replyId?: string }): Promise<SendReservation>;
  /** What was reserved for a part so far, in any variant: its key itself, or with marks behind a +. Oldest first. */
  attempts(partKey: string): SendReservation[];
  settle(key: string, outcome: SendOutcome): Promise<void>;
  /** How many replies an inbound message or event has cost. */
  used(conversation: string, replyId: string): number;
  /** When active messages went out after `since`, oldest first: to one conversation, or to a whole scene. */
  activeTimes(query: { conversation: string } | { scene: Scene }, since: number): number[];
  /** How many wake-up messages went out there from `since` on. */
  wakeUps(conversation: string, since: number): number;
  /** The verdict on what waits for review; undefined when nothing waits under that id. `text` = the message's beginning. */
  judge(
    auditId: string,
    outcome: SendOutcome,
  ): Promise<{ key: string; conversation: string; text: string } | undefined>;
}

export interface SendReservation {
  key: string;
  /** 0 when the send is not a reply. */
  msgSeq: number;
  /** "reserved" means: no outcome is known; on a second look, it may have reached the platform. */
  status: "reserved" | SendOutcome["status"];
  /** True when an earlier process or attempt made it. */
  isRepeat: boolean;
  /** The message or event that it replies to. */
  replyId?: string;
  messageId?: string;
}

export interface SendOutcome {
  /** rejected: by the platform's review. */
  status: "sent" | "failed" | "unknown" | "pending_review" | "rejected";
  messageId?: string;
  refIdx?: string;
  auditId?: string;
  /** The platform's number, of what it refused. */
  code?: number;
}

/** What is refused for now in a conversation (by its key) or in a scene. */
export interface RefusalMemory {
  find(place: string, what: Refused): { code?: number; until: number } | undefined;
  remember(place: string, what: Refused, facts: { code?: number; until: number }): Promise<void>;
  forget(place: string, what: Refused): Promise<void>;
}

export type Refused = "active" | "markdown" | "link" | "stream";
