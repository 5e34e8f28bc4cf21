import { type Conversation, conversationKey } from "../protocol/scenes.ts";
import type { WireAttachment } from "./attachments.ts";

/** One message as `GET /_emulator/messages` and the feed show it. */
export interface MessageRow {
  id: string;
  /** "bot" or a user id. */
  from: string;
  content: string;
  /** Epoch ms of the platform's clock. */
  at: number;
  kind: "text" | "markdown" | "media" | "ark" | "embed" | "typing";
  msg_id?: string;
  msg_seq?: number;
  event_id?: string;
  mode?: "passive" | "active";
  markdown?: string;
  image_url?: string;
  media?: "image" | "video" | "voice" | "file";
  keyboard?: unknown;
  quote?: { id: string; from: string; content: string };
  mention?: boolean;
  recalled?: boolean;
  /** Face or emoji code with the ids of those who set it ("bot" or user ids). */
  reactions?: { type: number; id: string; from: string[] }[];
}

export interface ChatMessage {
  conversation: Conversation;
  row: MessageRow;
  /** Quote index, private chats and groups only. */
  refIdx?: string;
  /** Place in its conversation, from 1: `seq_in_channel` of guild messages. */
  seq: number;
  /** Whether the bot was told of it by an event: only then can it reply to it. */
  isReported: boolean;
  /** What its writer sent beside the words. */
  attachments?: readonly WireAttachment[];
  /** Embed, ark and the like as they were sent, for reading the message again. */
  extras?: Record<string, unknown>;
}

const limitPerConversation = 10_000;

/** Every message of every conversation since the last reset. */
export class Chats {
  #byConversation = new Map<string, ChatMessage[]>();
  #byId = new Map<string, ChatMessage>();
  #byRef = new Map<string, ChatMessage>();
  readonly #onChange: (change: "message" | "message_update", message: ChatMessage) => void;
  #isUnseen = false;

  constructor(onChange: (change: "message" | "message_update", message: ChatMessage) => void) {
    this.#onChange = onChange;
  }

  add(message: Omit<ChatMessage, "seq">): ChatMessage {
    const key = conversationKey(message.conversation);
    const list = this.#byConversation.get(key) ?? [];
    this.#byConversation.set(key, list);
    const kept: ChatMessage = { ...message, seq: (list.at(-1)?.seq ?? 0) + 1 };
    if (this.#isUnseen) return kept;
    list.push(kept);
    this.#byId.set(kept.row.id, kept);
    if (kept.refIdx) this.#byRef.set(kept.refIdx, kept);
    if (list.length > limitPerConversation) this.#forget(list.splice(0, limitPerConversation / 10));
    this.#onChange("message", kept);
    return kept;
  }

  /** What is added meanwhile gets its ids, and nobody ever sees it. */
  unseen<T>(task: () => T): T {
    this.#isUnseen = true;
    try {
      return task();
    } finally {
      this.#isUnseen = false;
    }
  }

  /** After its row was changed. */
  touch(message: ChatMessage): void {
    this.#onChange("message_update", message);
  }

  find(conversation: Conversation, id: string): ChatMessage | undefined {
    const message = this.#byId.get(id);
    return message && conversationKey(message.conversation) === conversationKey(conversation) ? message : undefined;
  }

  findQuoted(conversation: Conversation, refIdx: string): ChatMessage | undefined {
    const message = this.#byRef.get(refIdx);
    return message && conversationKey(message.conversation) === conversationKey(conversation) ? message : undefined;
  }

  /** Without typing states, which are no messages. Oldest first; `after` is exclusive. Undefined when `after` is not a message of this conversation. */
  list(conversation: Conversation, after?: string): ChatMessage[] | undefined {
    const list = this.#byConversation.get(conversationKey(conversation)) ?? [];
    const anchor = after === undefined ? { seq: 0 } : this.find(conversation, after);
    return anchor && list.filter((message) => message.seq > anchor.seq && message.row.kind !== "typing");
  }

  /** The last `count` messages of every conversation that has any. */
  latest(count: number): { scene: string; id: string; messages: MessageRow[] }[] {
    return [...this.#byConversation.values()].flatMap((list) => {
      const first = list[0];
      return first ? [{ ...first.conversation, messages: list.slice(-count).map((message) => message.row) }] : [];
    });
  }

  clear(): void {
    this.#byConversation.clear();
    this.#byId.clear();
    this.#byRef.clear();
  }

  #forget(messages: readonly ChatMessage[]): void {
    for (const message of messages) {
      this.#byId.delete(message.row.id);
      if (message.refIdx) this.#byRef.delete(message.refIdx);
    }
  }
}
