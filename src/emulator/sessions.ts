import { randomUUID } from "node:crypto";
import { hasIntent } from "../protocol/intents.ts";
import { gatewayLimits } from "../protocol/limits.ts";
import { opcodes } from "../protocol/opcodes.ts";
import { shardOfGuild } from "../protocol/shards.ts";
import type { PlatformClock } from "./platform-clock.ts";

/** One socket, as sessions see it. */
export interface Link {
  send(frame: Record<string, unknown>): void;
  close(code: number, reason: string): void;
}

export interface GatewayEvent {
  type: string;
  /** Outer event id. */
  id: string;
  d: unknown;
  /** Bits that bring this event: one of them is enough. */
  intentBit: number;
  /** Decides the shard; events without a guild go to shard 0. */
  guildId?: string;
}

const bufferLimit = 20_000;

/** A resumable identity: what it subscribed to, how far it got, and what it may have missed. */
export class Session {
  readonly id = randomUUID();
  readonly intents: number;
  readonly shard: [number, number];
  seq = 0;
  link: Link | undefined;
  forget: (() => void) | undefined;
  #sent: { s: number; frame: Record<string, unknown> }[] = [];
  #lost = 0;

  constructor(facts: { intents: number; shard: [number, number] }) {
    this.intents = facts.intents;
    this.shard = facts.shard;
  }

  deliver(event: GatewayEvent): void {
    this.seq += 1;
    const frame = { op: opcodes.dispatch, s: this.seq, t: event.type, id: event.id, d: event.d };
    this.#sent.push({ s: this.seq, frame });
    if (this.#sent.length > bufferLimit * 1.2) {
      const gone = this.#sent.splice(0, this.#sent.length - bufferLimit);
      this.#lost = gone.at(-1)?.s ?? this.#lost;
    }
    this.link?.send(frame);
  }

  /** The frames after `seq` with their first s and id; undefined when seq is ahead of us, or too old to replay. */
  since(seq: number): Record<string, unknown>[] | undefined {
    if (seq > this.seq || seq < this.#lost || seq < 0) return undefined;
    return this.#sent.filter((sent) => sent.s > seq).map((sent) => sent.frame);
  }

  wants(event: GatewayEvent): boolean {
    const [shard, count] = this.shard;
    const home = event.guildId === undefined ? 0 : shardOfGuild(event.guildId, count);
    return home === shard && hasIntent(this.intents, event.intentBit);
  }
}

/** All sessions of the app: at most one per shard, the newest; without a socket it waits for its resume. */
export class Sessions {
  #sessions = new Map<string, Session>();
  readonly #clock: PlatformClock;
  readonly #onChange: () => void;

  constructor(clock: PlatformClock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  find(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  start(facts: { intents: number; shard: [number, number] }): Session {
    for (const old of this.#sessions.values()) {
      if (String(old.shard) === String(facts.shard)) this.#end(old);
    }
    const session = new Session(facts);
    this.#sessions.set(session.id, session);
    return session;
  }

  /** Gives the session this socket; the socket that it had before is closed. */
  attach(session: Session, link: Link): void {
    session.forget?.();
    const before = session.link;
    session.link = link;
    before?.close(4902, "session taken over by another connection");
    this.#onChange();
  }

  detach(session: Session, link: Link): void {
    if (session.link !== link) return;
    session.link = undefined;
    session.forget = this.#clock.after(gatewayLimits.resumableMs * 3, () => this.#sessions.delete(session.id));
    this.#onChange();
  }

  dispatch(event: GatewayEvent): void {
    for (const session of this.#sessions.values()) if (session.wants(event)) session.deliver(event);
  }

  /** Drops everything, without a word to the bots. */
  clear(): void {
    for (const session of this.#sessions.values()) session.forget?.();
    this.#sessions.clear();
  }

  isConnected(): boolean {
    return [...this.#sessions.values()].some((session) => session.link !== undefined);
  }

  /** It can no longer be resumed; the socket stays. */
  expire(session: Session): void {
    session.forget?.();
    session.link = undefined;
    this.#sessions.delete(session.id);
    this.#onChange();
  }

  #end(session: Session): void {
    session.forget?.();
    this.#sessions.delete(session.id);
    const { link } = session;
    session.link = undefined;
    link?.close(4902, "a newer connection identified for this shard");
  }
}
