import { wakeUpEndsMs } from "../protocol/limits.ts";
import type { Conversation, Scene } from "../protocol/scenes.ts";
import type { ChatMessage } from "./chats.ts";
import type { Dials } from "./dials.ts";
import { refuse } from "./refusal.ts";

/** An event that the bot may answer with its `event_id`. */
export interface ReplyableEvent {
  id: string;
  /** Where it may be answered; an event of a guild in any of its channels. */
  conversation?: Conversation;
  guildId?: string;
  at: number;
}

interface Codes {
  unknownMessage: number;
  lateMessage: number;
  tooMany: number;
  unknownEvent: number;
  lateEvent: number;
  wrongKind: number;
  both: number;
  perMinute: number;
  refused: number;
}

const v2: Codes = {
  unknownMessage: 40034024,
  lateMessage: 40034005,
  tooMany: 40034128,
  unknownEvent: 40034025,
  lateEvent: 40034026,
  wrongKind: 40034027,
  both: 40011000,
  perMinute: 40034100,
  refused: 40034105,
};
const guild: Codes = {
  unknownMessage: 304026,
  lateMessage: 304027,
  tooMany: 304027,
  unknownEvent: 304026,
  lateEvent: 304027,
  wrongKind: 304026,
  both: 304026,
  perMinute: 304045,
  refused: 304046,
};

export interface ReplyRequest {
  conversation: Conversation;
  /** The guild of a channel, for the daily count of channels. */
  guildId?: string;
  msgId?: string;
  eventId?: string;
  /** As sent; private chats and groups only. */
  msgSeq?: number;
  /** The message that msgId names, if the conversation has it. */
  message?: ChatMessage | undefined;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** Who may say how much, and when: passive windows and counts, msg_seq de-duplication, quotas of active messages. */
export class ReplyBook {
  readonly #now: () => number;
  readonly #dials: () => Dials;
  #events = new Map<string, ReplyableEvent>();
  #used = new Map<string, { count: number; seqs: Set<number> }>();
  #quotas = new Map<string, number[]>();
  #channelsToday = new Map<string, Map<string, number>>();

  constructor(now: () => number, dials: () => Dials) {
    this.#now = now;
    this.#dials = dials;
  }

  noteEvent(event: ReplyableEvent): void {
    this.#events.set(event.id, event);
    if (this.#events.size > 5000) for (const id of [...this.#events.keys()].slice(0, 1000)) this.#events.delete(id);
  }

  /** Refuses, or returns the mode and books the message: called last, when nothing else can fail. */
  admit(request: ReplyRequest): "passive" | "active" {
    const codes = isV2(request.conversation.scene) ? v2 : guild;
    if (request.msgId && request.eventId) refuse(codes.both, "msg_id and event_id exclude each other");
    if (request.msgId) {
      this.#reply({ ...request, key: `${request.conversation.id} ${request.msgId}` }, codes);
      return "passive";
    }
    if (request.eventId) {
      this.#replyToEvent(request, codes);
      return "passive";
    }
    this.#initiate(request, codes);
    return "active";
  }

  /** The record of replies to one message or event. Old ones go: nobody replies to what is thousands of messages back. */
  #usedOf(key: string): { count: number; seqs: Set<number> } {
    const known = this.#used.get(key);
    if (known) return known;
    const used = { count: 0, seqs: new Set<number>() };
    this.#used.set(key, used);
    if (this.#used.size > 50_000) for (const old of [...this.#used.keys()].slice(0, 10_000)) this.#used.delete(old);
    return used;
  }

  clear(): void {
    this.#events.clear();
    this.#used.clear();
    this.#quotas.clear();
    this.#channelsToday.clear();
  }

  /** Counts one against a quota, or reports that it is used up. */
  take(quotas: readonly { key: string; limit: number; perMs: number }[]): { key: string } | undefined {
    const now = this.#now();
    const open = quotas.map((quota) => {
      const times = (this.#quotas.get(quota.key) ?? []).filter((at) => at > now - quota.perMs && at <= now);
      this.#quotas.set(quota.key, times);
      return { ...quota, times };
    });
    const full = open.find((quota) => quota.times.length >= quota.limit);
    if (full) return full;
    for (const quota of open) quota.times.push(now);
    return undefined;
  }

  #reply(request: ReplyRequest & { key: string }, codes: Codes): void {
    const { scene } = request.conversation;
    const { message } = request;
    if (!message || message.row.from === "bot" || !message.isReported) {
      if (message?.row.from === "bot" && !isV2(scene)) refuse(50045, "cannot reply to a message of the bot");
      if (message && scene === "channel") refuse(304028, "only messages that mention the bot can be replied to");
      refuse(codes.unknownMessage, "msg_id is invalid or not yours");
    }
    this.#book(request, message.row.at, codes);
  }

  #replyToEvent(request: ReplyRequest, codes: Codes): void {
    const id = request.eventId ?? "";
    const event = this.#events.get(id);
    if (!event || !isAnswerable(event, request)) {
      if (/^[A-Z0-9_]+_MESSAGE_CREATE:/.test(id)) refuse(codes.wrongKind, "this kind of event cannot be replied to");
      refuse(codes.unknownEvent, "event_id is invalid");
    }
    const late = { ...codes, lateMessage: codes.lateEvent };
    this.#book({ ...request, key: `${request.conversation.id} ${id}` }, event.at, late);
  }

  #book(request: ReplyRequest & { key: string }, at: number, codes: Codes): void {
    const { scene } = request.conversation;
    const used = this.#usedOf(request.key);
    // An event reply without msg_seq is not compared; a message reply without one counts as 1.
    const seq = isV2(scene) ? (request.msgSeq ?? (request.msgId ? 1 : undefined)) : undefined;
    if (seq !== undefined && used.seqs.has(seq)) refuse(40054005, "duplicate message: check msg_seq");
    if (this.#now() - at > this.#dials().replyWindowMs[scene]) refuse(codes.lateMessage, "too late to reply");
    const max = this.#dials().replyMax[scene];
    if (max !== null && used.count >= max) refuse(codes.tooMany, "passive reply too late or too many");
    used.count += 1;
    if (seq !== undefined) used.seqs.add(seq);
  }

  /** The typing state takes a msg_seq, but no reply. */
  bookTyping(request: ReplyRequest): void {
    const before = this.#used.get(`${request.conversation.id} ${request.msgId}`)?.count ?? 0;
    this.admit(request);
    const used = this.#used.get(`${request.conversation.id} ${request.msgId}`);
    if (used) used.count = before;
  }

  /** One wake-up message in each of four periods after the person's last message: same day, then days 3, 7, 30. */
  wake(id: string, heardAt: number | undefined): void {
    const period = heardAt === undefined ? -1 : wakeUpEndsMs.findIndex((end) => this.#now() - heardAt < end);
    if (period === -1) refuse(40034123, "waking up is not possible");
    const quota = { key: `wake ${id} ${heardAt} ${period}`, limit: 1, perMs: 31 * dayMs };
    if (this.take([quota])) refuse(40034122, "the wake-up of this period is used up");
  }

  #initiate(request: ReplyRequest, codes: Codes): void {
    const { scene, id } = request.conversation;
    const dials = this.#dials();
    if (dials.activeRefusedBy.includes(id)) refuse(codes.refused, "active messages are switched off here", 403);
    if (isV2(scene)) {
      const full = this.take([
        { key: `minute ${scene} ${id}`, limit: dials.activePerPeerPerMinute, perMs: minuteMs },
        { key: `day ${scene} ${id}`, limit: dials.activePerPeerPerDay, perMs: dayMs },
        { key: `minute ${scene} all`, limit: dials.activePerBotPerMinute, perMs: minuteMs },
      ]);
      if (full) refuse(codes.perMinute, "active message rate limit");
    } else if (scene === "dms") {
      const full = this.take([
        { key: `day dms ${id}`, limit: dials.activePerDmsPerDay, perMs: dayMs },
        { key: "day dms all", limit: dials.activeDmsPerDay, perMs: dayMs },
      ]);
      if (full) refuse(full.key.endsWith(" all") ? 304050 : 304049, "active message limit of DMs");
    } else {
      this.#initiateInChannel(id, request.guildId ?? "");
    }
  }

  #initiateInChannel(id: string, guildId: string): void {
    const dials = this.#dials();
    const now = this.#now();
    const channels = this.#channelsToday.get(guildId) ?? new Map<string, number>();
    this.#channelsToday.set(guildId, channels);
    for (const [channel, at] of channels) if (at <= now - dayMs) channels.delete(channel);
    if (!channels.has(id) && channels.size >= dials.activeChannelsPerDay) {
      refuse(304047, "active messages went to too many channels today");
    }
    const quota = { key: `day channel ${id}`, limit: dials.activePerChannelPerDay, perMs: dayMs };
    if (this.take([quota])) refuse(304045, "active message limit of the channel");
    if (!channels.has(id)) channels.set(id, now);
  }
}

function isAnswerable(event: ReplyableEvent, request: ReplyRequest): boolean {
  if (event.conversation) return event.conversation.id === request.conversation.id;
  return event.guildId !== undefined && event.guildId === request.guildId;
}

function isV2(scene: Scene): boolean {
  return scene === "c2c" || scene === "group";
}
