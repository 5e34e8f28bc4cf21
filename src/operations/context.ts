import type { Clock } from "../core/clock.ts";
import type { Json } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import type { Delivery, ReplyTarget } from "../delivery/message.ts";
import type { Envelope } from "../protocol/envelope.ts";
import type { Conversation } from "../protocol/scenes.ts";
import type { Signer } from "../protocol/signature.ts";
import type { RestClient, TokenSource } from "../rest/request.ts";
import type { Uploads } from "../rest/uploads.ts";
import type { Approvals } from "../store/approvals.ts";
import type { OutgoingMessageRow } from "../store/outgoing.ts";
import type { BindingDesk } from "./binding-desk.ts";
import type { ChatApproval, Confirmation } from "./confirmation.ts";
import type { EmulatorDesk } from "./emulator-desk.ts";
import type { LoginApp, MiniApp } from "./login-app.ts";
import type { Names } from "./names.ts";
import type { Permission } from "./operation.ts";
import type { Targets } from "./targets.ts";

/** Who asks, and what they may do. */
export interface Caller {
  kind: "assistant" | "model" | "cli";
  grants: ReadonlySet<Permission>;
  /**
   * Set for all but the owner in bot mode: sends stay in this conversation. In a guild, what it shows of itself may be
   * read; `wholeGuild` opens its other channels, too.
   */
  confinedTo?: Conversation & { guildId?: string; wholeGuild?: boolean };
  /** The conversation that a turn belongs to, confined or not, with what its reply may spend. */
  conversation?: Conversation & { replyTo?: ReplyTarget };
  /** Where an assistant may read and write; without it everywhere. */
  targets?: Targets;
  /** How an assistant's destructive calls are confirmed; without it they run at once. */
  confirmation?: Confirmation;
  /** Which calls of the bot's model wait for a person's word, and what is kept with them. */
  approval?: ChatApproval;
  /** Appears in the audit log. */
  label: string;
  /** Names this call over retries of the same turn: a send is keyed with it. */
  key?: string;
}

export interface GatewayStatus {
  state: "stopped" | "connecting" | "live" | "waiting" | "failed";
  detail?: string;
  sessionId?: string;
  seq?: number;
  lastAckAt?: number;
  intents?: number;
  /** Another process on this data folder, when it holds the connection; its events reach us through the inbox. */
  holder?: string;
  /** Wanted bits that the platform refuses. */
  missingIntents?: number;
  /** Epoch ms of the next attempt while it is waiting. */
  retryAt?: number;
  /** Each shard of this process, when it holds any. */
  shards?: readonly {
    shard: readonly [number, number];
    state: GatewayStatus["state"];
    detail?: string;
    lastAckAt?: number;
  }[];
}

/** Start and stop of the event subscription of this process. */
export interface GatewayControl {
  start(intents?: number): Promise<GatewayStatus>;
  stop(): Promise<GatewayStatus>;
  status(): GatewayStatus;
}

export interface StoredEvent extends Envelope {
  /** Position in our inbox: the cursor of list_events and wait_events. */
  position: number;
}

export interface InboxReader {
  /** Events after a position, oldest first; without one, the newest `limit`, also oldest first. */
  list(query: { after?: number; types?: readonly string[]; limit: number }): StoredEvent[];
  /** The newest position; 0 when empty. */
  last(): number;
  /** The newest position that is no longer kept; 0 while nothing was cleared away. */
  lost(): number;
  /** Resolves when something newer than `cursor` may be there, or when `timeoutMs` has passed. */
  wait(cursor: number, timeoutMs: number, signal?: AbortSignal): Promise<void>;
}

/** Whom assistants may hear. Only the operator changes it: in the settings, on the command line, or by a pairing code. */
export interface Senders {
  /** See protocol/sender-rule. */
  rules(): ReadonlySet<string>;
  /** True when `text` is the operator's one-time code, valid at `at` (epoch ms): `rule` is allowed from now on. */
  pair(text: string, rule: string, at: number): boolean;
}

export interface SentMessages {
  /** The bot's newest messages in a conversation, newest first; recalled ones are left out. */
  latest(conversation: Conversation, limit: number): { messageId: string; sentAt: number }[];
  markRecalled(conversation: Conversation, messageId: string): void;
}

export interface OutgoingMessages {
  /** Newest first. */
  list(limit: number): OutgoingMessageRow[];
  /** How many replies an inbound message or event has cost. */
  used(conversation: string, replyId: string): number;
}

export interface AuditLog {
  record(row: { at: number; caller: string; operation: string; scope: string; outcome: string; input: Json }): void;
}

/** Narrow ports that operations run on; the composition root fills them. */
export interface OperationContext {
  appId: string;
  caller: Caller;
  /** Only a rehearsal: whatever is more than reading is refused at the gate. */
  isRehearsal?: boolean;
  rest: RestClient;
  token: TokenSource;
  delivery: Delivery;
  uploads: Uploads;
  gateway: GatewayControl;
  inbox: InboxReader;
  senders: Senders;
  sent: SentMessages;
  outgoing: OutgoingMessages;
  audit: AuditLog;
  names: Names;
  approvals: Approvals;
  /** QQ login; its credentials go with the calls, never through operations. */
  connect: LoginApp;
  mini: MiniApp;
  /** Of webhook bodies; the secret stays behind it. Throws ConfigError without one. */
  signer(): Signer;
  emulator: EmulatorDesk;
  binding: BindingDesk;
  /** Reads a local file for upload; refuses paths outside the configured roots. */
  readFile(path: string): Promise<{ name: string; bytes: Uint8Array }>;
  clock: Clock;
  log: Log;
}
