import { onTestFinished } from "vitest";
import { type Bot, type BotOptions, createBot } from "../../src/bot/bot.ts";
import type { History, HistoryEntry } from "../../src/bot/conversation.ts";
import type { ChosenSettings, ConversationSettings } from "../../src/bot/conversation-settings.ts";
import { createRoster } from "../../src/bot/rights.ts";
import { memoryOf } from "../../src/cli/memory.ts";
import { letInBy } from "../../src/cli/people.ts";
import type { Json } from "../../src/core/json.ts";
import { type Log, silentLog } from "../../src/core/log.ts";
import type { DeliveryResult, Draft, DraftTarget, OutgoingMessage } from "../../src/delivery/message.ts";
import { operations } from "../../src/operations/all.ts";
import type { Caller, OperationContext } from "../../src/operations/context.ts";
import type { Envelope } from "../../src/protocol/envelope.ts";
import type { Trace } from "../../src/protocol/trace.ts";
import type { RestRequest } from "../../src/rest/request.ts";
import type { Approvals } from "../../src/store/approvals.ts";
import { openStore } from "../../src/store/store.ts";
import type { Usage } from "../../src/store/usage.ts";
import { FakeClock } from "./fake-clock.ts";
import { MemoryEngine } from "./memory-engine.ts";
import type { ScriptedModel } from "./scripted-model.ts";

export const botUserId = "7305918264417936052";
export const guildId = "5823917460352891147";
export const channelId = "6473829";
export const groupId = "7A1C3E5B9D2F4860A7C4E1B8D5F20936";

/** The store's own history, in memory, and a look at all of it. */
export class MemoryHistory implements History {
  readonly #history: History;
  readonly #conversations = new Set<string>();

  constructor(history: History) {
    this.#history = history;
  }

  get lines(): Map<string, HistoryEntry[]> {
    return new Map([...this.#conversations].map((key) => [key, this.recent(key, 500)]));
  }

  append(conversation: string, entry: HistoryEntry): Promise<void> {
    this.#conversations.add(conversation);
    return this.#history.append(conversation, entry);
  }

  recent(conversation: string, limit: number): HistoryEntry[] {
    return this.#history.recent(conversation, limit);
  }

  summary(conversation: string): string | undefined {
    return this.#history.summary(conversation);
  }

  summarise(conversation: string, upTo: string, text: string): Promise<void> {
    return this.#history.summarise(conversation, upTo, text);
  }

  recall(...[conversation, ref, mask]: Parameters<History["recall"]>): Promise<void> {
    return this.#history.recall(conversation, ref, mask);
  }

  forget(conversation: string): Promise<number> {
    return this.#history.forget(conversation);
  }

  find(conversation: string, ref: string): HistoryEntry | undefined {
    return this.#history.find(conversation, ref);
  }
}

export class MemoryChoices implements ChosenSettings {
  readonly kept = new Map<string, Record<string, Json>>();

  of(conversation: string): Record<string, Json> {
    return this.kept.get(conversation) ?? {};
  }

  async choose(conversation: string, name: string, value: Json | undefined): Promise<void> {
    const { [name]: _, ...others } = this.of(conversation);
    this.kept.set(conversation, value === undefined ? others : { ...others, [name]: value });
  }
}

type AuditRow = Parameters<OperationContext["audit"]["record"]>[0];

export interface Stage {
  bot: Bot;
  engine: MemoryEngine;
  model: ScriptedModel;
  history: MemoryHistory;
  chosen: MemoryChoices;
  usage: Usage;
  clock: FakeClock;
  /** Distinct messages by key, as a reader sees them: a repeated key is one message. */
  readonly chat: OutgoingMessage[];
  /** Every delivery, repeats too. */
  deliveries: OutgoingMessage[];
  rest: RestRequest[];
  /** What the platform answers; may throw. */
  respond(request: RestRequest): Json;
  audit: AuditRow[];
  approvals: Approvals;
  callers: Caller[];
  inbox: Envelope[];
  traces: Trace[];
  errors: string[];
  warnings: string[];
  /** Takes the event and works until nothing is left to do. */
  hear(...envelopes: Envelope[]): Promise<void>;
  /** The next deliveries fail with these. */
  deliveryFailures: Error[];
  /** What delivery thinks of replies: still free, or not. */
  replyMode: "passive" | "active";
  /** What happened to drafts, in order; without `drafts` no place has any. */
  drafted: string[];
  drafts: boolean;
  onAudit: (row: unknown) => void;
  /** A new process over the same engine and history. */
  restart(model: ScriptedModel): Promise<void>;
}

type Change = Partial<BotOptions> & { manners?: Partial<ConversationSettings> };

export const usual: ConversationSettings = {
  ...{ mode: "mention", wakeWords: [], busy: "queue", judgeChance: 1, judgeCooldownSeconds: 0 },
  ...{ aiLabel: "off", perPersonPerMinute: Number.POSITIVE_INFINITY, perGroupPerMinute: Number.POSITIVE_INFINITY },
};

/** The bot between doubles: an engine and a history in memory, a delivery and a platform that keep what they get. */
export async function openStage(model: ScriptedModel, { manners, ...change }: Change = {}): Promise<Stage> {
  const [engine, chosen, clock] = [new MemoryEngine(), new MemoryChoices(), new FakeClock()];
  const store = openStore({ path: ":memory:", appId: "1", clock, log: silentLog });
  onTestFinished(() => store.close());
  const memory = memoryOf(store);
  const history = new MemoryHistory(memory.history);
  const stage: Stage = {
    bot: undefined as unknown as Bot,
    ...{ engine, history, chosen, clock, model, usage: store.usage },
    replyMode: "passive",
    ...{ drafts: false, drafted: [], onAudit() {} },
    respond: ({ template }) => guildAnswers[template] ?? {},
    approvals: store.approvals,
    ...{ deliveries: [], rest: [], audit: [], callers: [], inbox: [], traces: [], errors: [], warnings: [] },
    deliveryFailures: [],
    get chat() {
      const byKey = new Map(stage.deliveries.map((message) => [message.key ?? String(Math.random()), message]));
      return [...byKey.values()];
    },
    async hear(...envelopes: Envelope[]) {
      for (const envelope of envelopes) await stage.bot.accept(envelope);
      await engine.idle();
    },
    async restart(next: ScriptedModel) {
      stage.model = next;
      stage.bot = createBot({ ...options, model: next });
      await stage.bot.start();
      await engine.idle();
    },
  };
  const startedAt = clock.now();
  const log: Log = {
    ...silentLog,
    error: (_, message) => stage.errors.push(message),
    warn: (_, message) => stage.warnings.push(message),
  };
  const options: BotOptions = {
    ...{ engine, model, operations, chosen, clock, log, ...memory, history },
    contextFor: (caller) => contextOf(stage, caller),
    inboxOnly: async (envelope) => {
      stage.inbox.push(envelope);
      return "accepted";
    },
    random: () => 0,
    persona: () => "You are a test.",
    timeZone: "Asia/Shanghai",
    roster: createRoster({ owners: ["OWNER"], admins: ["ADMIN"], trusted: ["TRUSTED"] }),
    contextTokens: 16_000,
    owners: store.owners,
    talk: { alone: "open", among: "open" },
    senders: letInBy(store),
    usual: { ...usual, ...manners },
    rules: {},
    stream: "auto",
    usage: store.usage,
    dailyBudget: { user: {}, group: {}, total: {} },
    budget: { maxTurns: 5, maxTokens: 100_000, maxSeconds: 60 },
    self: () => ({ botUserId }),
    status: () => ({ connection: "gateway live", startedAt, pending: 0, dead: 0 }),
    ackInteractions: true,
    trace: (trace) => stage.traces.push(trace),
    ...change,
  };
  stage.bot = createBot(options);
  await stage.bot.start();
  return stage;
}

const guildAnswers: Record<string, Json> = {
  "/guilds/{guild_id}/channels": [
    { id: channelId, guild_id: guildId, name: "闲聊", type: 0, position: 1 },
    { id: "6473830", guild_id: guildId, name: "公告", type: 0, sub_type: 1, position: 2 },
  ],
  "/channels/{channel_id}": { id: "6473830", guild_id: guildId, name: "公告", type: 0 },
};

function contextOf(stage: Stage, caller: Caller): OperationContext {
  stage.callers.push(caller);
  return {
    appId: "1",
    caller,
    clock: stage.clock,
    log: silentLog,
    audit: {
      record(row: AuditRow) {
        stage.audit.push(row);
        stage.onAudit(row);
      },
    },
    names: {
      resolve: async (_operation: unknown, _context: unknown, input: unknown) => input,
      ...{ of: async () => [], forget() {} },
    },
    approvals: stage.approvals,
    sent: { latest: () => [{ messageId: "BOT-LATEST", sentAt: 0 }], markRecalled() {} },
    delivery: {
      draft: (target: DraftTarget) => (stage.drafts ? draftOn(stage, target) : undefined),
      preview: () => ({ mode: stage.replyMode, parts: [], notes: [] }),
      deliver: (message: OutgoingMessage) => deliver(stage, message),
    },
    rest: {
      async request(request: RestRequest) {
        stage.rest.push(request);
        return { status: 200, data: stage.respond(request), retried: false };
      },
    },
  } as unknown as OperationContext;
}

/** Notes what it is told, and shows the reader nothing. */
function draftOn(stage: Stage, { key }: DraftTarget): Draft {
  return {
    grow: (text) => stage.drafted.push(`grow ${text}`),
    end: async (how) => void stage.drafted.push(`end ${how}`),
    async finish(text) {
      stage.drafted.push(`finish ${text}`);
      return text.startsWith("shown ") ? { rest: "", refs: [`SHOWN-${key}`] } : { rest: text, refs: [] };
    },
  };
}

async function deliver(stage: Stage, message: OutgoingMessage): Promise<DeliveryResult> {
  const failure = stage.deliveryFailures.shift();
  if (failure) throw failure;
  stage.deliveries.push(message);
  const messageId = `BOT-${message.key}`;
  return {
    parts: [{ messageId, refIdx: `REFIDX_${messageId}`, mode: "passive", status: "sent", sentAt: stage.clock.now() }],
    notes: [],
  };
}

let events = 0;

function envelope(type: string, data: Record<string, Json>): Envelope {
  const n = ++events;
  return { source: "gateway", appId: "1", id: `${type}:e${n}`, type, receivedAt: 1_790_000_000_000 + n, data };
}

const at = "2026-11-20T20:31:07+08:00";

/** Events as the platform shapes them; `from` is the id in that scene. Override any field of `d`. */
export const said = {
  c2c: (content: string, from = "OWNER", d: Record<string, Json> = {}) =>
    envelope("C2C_MESSAGE_CREATE", {
      ...{ id: `ROBOT1.0_m${events + 1}`, content, timestamp: at },
      author: { id: from, user_openid: from },
      ...d,
    }),
  groupAt: (content: string, from = "OWNER", d: Record<string, Json> = {}) =>
    envelope("GROUP_AT_MESSAGE_CREATE", {
      ...{ id: `ROBOT1.0_m${events + 1}`, content: ` ${content} `, timestamp: at, group_openid: groupId },
      author: { id: from, member_openid: from, username: `name of ${from}` },
      ...d,
    }),
  group: (content: string, from = "OWNER", d: Record<string, Json> = {}) =>
    envelope("GROUP_MESSAGE_CREATE", {
      ...{ id: `ROBOT1.0_m${events + 1}`, content, timestamp: at, group_openid: groupId },
      author: { id: from, member_openid: from, username: `name of ${from}` },
      ...d,
    }),
  channelAt: (content: string, from = "OWNER", d: Record<string, Json> = {}) =>
    envelope("AT_MESSAGE_CREATE", {
      ...{ id: `m${events + 1}`, content: `<@!${botUserId}> ${content}`, timestamp: at },
      ...{ guild_id: guildId, channel_id: channelId },
      author: { id: from, username: `name of ${from}`, bot: false },
      mentions: [{ id: botUserId, username: "bot", bot: true }],
      ...d,
    }),
  click: (data: string, from = "OWNER") =>
    envelope("INTERACTION_CREATE", {
      ...{ id: `click-${events + 1}`, type: 11, scene: "c2c", chat_type: 2, timestamp: at, user_openid: from },
      data: { type: 11, resolved: { button_id: "b", button_data: data } },
    }),
  groupClick: (data: string, from = "OWNER", group = groupId) =>
    envelope("INTERACTION_CREATE", {
      ...{ id: `click-${events + 1}`, type: 11, scene: "group", chat_type: 1, timestamp: at },
      ...{ group_openid: group, group_member_openid: from },
      data: { type: 11, resolved: { button_id: "b", button_data: data } },
    }),
};
