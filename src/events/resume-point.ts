import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { gatewayLimits } from "../protocol/limits.ts";
import { SeqCursor } from "./seq-cursor.ts";

/** What a restart needs to go on with a session. */
export interface SessionRecord {
  sessionId: string;
  /** Settled sequence: the replay begins after it. */
  seq: number;
  /** The mask it was identified with; another mask makes it useless. */
  intents: number;
  shard: [number, number];
  /** Epoch ms of the last sign of life, not of the last event. */
  savedAt: number;
}

/** Where sessions outlive the process. Failures are logged and never stop the connection. */
export interface SessionStore {
  load(shard: [number, number]): SessionRecord | undefined | Promise<SessionRecord | undefined>;
  save(record: SessionRecord): void | Promise<void>;
  clear(shard: [number, number]): void | Promise<void>;
  /** Of the session that was saved last, with any shard count. */
  newest?():
    | Pick<SessionRecord, "shard" | "savedAt">
    | undefined
    | Promise<Pick<SessionRecord, "shard" | "savedAt"> | undefined>;
}

export interface ResumePointOptions {
  store: SessionStore;
  /** Changes before the first identify at most. */
  shard: () => [number, number];
  clock: Clock;
  log: Log;
}

const saveDelayMs = 500;
/** An idle session is saved this often, so that a crash after a quiet hour still finds it fresh. */
const refreshMs = 30_000;

/** The session that can be resumed, if any: in memory exact, in the store its sequence at most half a second behind. */
export class ResumePoint {
  readonly cursor = new SeqCursor();
  readonly #options: ResumePointOptions;
  #session: { id: string; intents: number } | undefined;
  #seenAt = 0;
  #savedAt = 0;
  #cancelSave: (() => void) | undefined;
  /** Store calls run one after the other, so that a late save cannot undo a clear. */
  #queue: Promise<void> = Promise.resolve();

  constructor(options: ResumePointOptions) {
    this.#options = options;
  }

  get sessionId(): string | undefined {
    return this.#session?.id;
  }

  /** Takes over the stored session when it fits the mask and the shard. */
  async load(intents: number): Promise<void> {
    const { store, log } = this.#options;
    if (this.#session) return;
    const shard = this.#options.shard();
    let record: SessionRecord | undefined;
    try {
      record = await store.load(shard);
    } catch (error) {
      log.warn({ error }, "stored gateway session unreadable; a new one begins");
    }
    const fits = record?.intents === intents && record.shard[0] === shard[0] && record.shard[1] === shard[1];
    if (!record || !fits || record.sessionId === "") return;
    this.#session = { id: record.sessionId, intents };
    this.#seenAt = record.savedAt;
    this.cursor.begin(record.seq);
  }

  begin(sessionId: string, seq: number | null, intents: number): void {
    this.#session = { id: sessionId, intents };
    this.cursor.begin(seq);
    this.touch();
    // At once: what a process that is killed in its first half second was sent would otherwise never be replayed.
    this.#save();
  }

  /** A sign of life from the platform. */
  touch(): void {
    this.#seenAt = this.#options.clock.now();
    if (this.#session && this.#seenAt - this.#savedAt >= refreshMs) this.changed();
  }

  /** Undefined when there is none, or when it is too old for the platform to remember. */
  claim(): { sessionId: string; seq: number } | undefined {
    const session = this.#session;
    if (!session) return undefined;
    if (this.#options.clock.now() - this.#seenAt > gatewayLimits.resumableMs) return undefined;
    return { sessionId: session.id, seq: this.cursor.settled ?? 0 };
  }

  /** The settled sequence moved: saved within half a second. */
  changed(): void {
    this.#cancelSave ??= this.#options.clock.after(saveDelayMs, () => this.#save());
  }

  clear(): void {
    this.#cancelSave?.();
    this.#cancelSave = undefined;
    if (!this.#session) return;
    this.#session = undefined;
    this.cursor.begin(null);
    const shard = this.#options.shard();
    this.#enqueue(() => this.#options.store.clear(shard));
  }

  /** Saves now, as a session that was alive until this moment if `isAlive`; resolves when the store is done. */
  flush(isAlive: boolean): Promise<void> {
    if (isAlive) this.#seenAt = this.#options.clock.now();
    this.#save();
    return this.#queue;
  }

  #save(): void {
    this.#cancelSave?.();
    this.#cancelSave = undefined;
    const session = this.#session;
    if (!session) return;
    this.#savedAt = this.#options.clock.now();
    const record: SessionRecord = {
      sessionId: session.id,
      seq: this.cursor.settled ?? 0,
      intents: session.intents,
      shard: this.#options.shard(),
      savedAt: this.#seenAt,
    };
    this.#enqueue(() => this.#options.store.save(record));
  }

  #enqueue(task: () => void | Promise<void>): void {
    this.#queue = this.#queue.then(task).catch((error: unknown) => {
      this.#options.log.warn({ error }, "gateway session not saved; after a crash some events may come twice or not");
    });
  }
}
