/**
 * The book of everything that was or may have been sent, kept by the store. It is written before the wire is touched, so
 * that after a crash the same key goes out with the same msg_seq and the platform's own duplicate check protects the reader.
 */
export interface SendLedger {
  /**
   * The reservation of `key`: the one made before, or a new one that is durable when this resolves. With `replyId` it
   * holds the next msg_seq of that inbound message (from 1, never handed out twice, not even after a failure). One that
   * had failed is told as such, this once: it is about to be sent again, and from now on may have reached the platform.
   */
  reserve(request: { key: string; conversation: string; replyId?: string }): Promise<SendReservation>;
  /** The reservation of `key` as it stands; undefined when none was ever made. Reserves nothing. */
  find(key: string): SendReservation | undefined;
  settle(key: string, outcome: SendOutcome): Promise<void>;
  /** How many reservations were made against an inbound message or event. */
  used(conversation: string, replyId: string): number;
}

export interface SendReservation {
  key: string;
  /** 0 when the send is not a reply. */
  msgSeq: number;
  /** "reserved" means: no outcome is known; on a second look, it may have reached the platform. */
  status: "reserved" | SendOutcome["status"];
  /** True when an earlier process or attempt made it. */
  isRepeat: boolean;
  messageId?: string;
}

export interface SendOutcome {
  status: "sent" | "failed" | "unknown" | "pending_review";
  messageId?: string;
  refIdx?: string;
  auditId?: string;
}
