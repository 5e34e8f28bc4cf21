import type { Budget } from "../agent/budget.ts";
import type { ModelPort } from "../agent/model.ts";
import { createModelHealth } from "../agent/retries.ts";
import type { Clock } from "../core/clock.ts";
import { QQError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import type { Ends, InboundEvent, Service, Turn, TurnEngine } from "../engine/turn-engine.ts";
import { callOperation } from "../operations/call.ts";
import type { Caller, OperationContext } from "../operations/context.ts";
import type { Operation } from "../operations/operation.ts";
import { dedupeKeys } from "../protocol/dedupe.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { type Incoming, readIncoming } from "../protocol/incoming.ts";
import { conversationKey } from "../protocol/scenes.ts";
import { scrub } from "../protocol/scrub.ts";
import type { Notes } from "../store/notes.ts";
import type { Owners } from "../store/owners.ts";
import type { Speakers } from "../store/speakers.ts";
import type { Usage } from "../store/usage.ts";
import type { Senses } from "./attachments/reading.ts";
import type { AskedCommand } from "./command.ts";
import { commandIn, commandLane, handleCommand, isCommandLane, mayUse } from "./command-turn.ts";
import { commands } from "./commands.ts";
import { type History, historyLimits } from "./conversation.ts";
import {
  type ChosenSettings,
  type ConversationRules,
  type ConversationSettings,
  conversationSettings,
} from "./conversation-settings.ts";
import { createLimiter } from "./limiter.ts";
import { createLoopWatch } from "./loops.ts";
import type { Moderation } from "./moderation.ts";
import { noteTools } from "./notes.ts";
import { type OwnTool, together } from "./own-tools.ts";
import { recalledIn } from "./recall.ts";
import { readReminder } from "./reminder-event.ts";
import { openReminding, type RemindersOptions } from "./reminding.ts";
import { type Place, placeOf, type Roster } from "./rights.ts";
import { routeOf } from "./router.ts";
import type { DailyBudget } from "./spending.ts";
import { admittanceOf, type LetIn, letIn, type TalkPolicies } from "./talk.ts";
import { createToolbox, noTools } from "./tools.ts";
import { createTracer, type TraceSink } from "./tracer.ts";
import { type BotParts, handleTurn } from "./turn.ts";
import { welcomePlace } from "./welcome.ts";
import { createWordFilter, type WordFilter } from "./word-filter.ts";

export interface BotOptions {
  engine: TurnEngine;
  model: ModelPort;
  /** A cheap one, asked whether to join in where the mode is judged. Without it a rule decides alone. */
  judgeModel?: ModelPort;
  /** Asked when the other does not answer. */
  fallbackModel?: ModelPort;
  /** Answers when most of a day's budget is used. */
  smallModel?: ModelPort;
  /** That may be chosen for a conversation, besides the usual one. */
  otherModels?: readonly ModelPort[];
  usage: Usage;
  dailyBudget: DailyBudget;
  operations: readonly Operation[];
  contextFor(caller: Caller): OperationContext;
  history: History;
  /** How much of a conversation a prompt shows, by our own rough count; what is older is condensed. */
  contextTokens: number;
  /** What /status tells. */
  status(): BotStatus;
  speakers: Speakers;
  notes: Notes;
  /** Takes events that start no turn, for readers of the inbox. */
  inboxOnly(envelope: Envelope): Promise<"accepted" | "duplicate">;
  /** What people and the operator want said later. Without it the bot reminds nobody. */
  reminders?: RemindersOptions;
  /** Of other servers: the same array while nothing changed. */
  ownTools?(): readonly OwnTool[];
  /** Without them, attachments are known by their description alone. */
  senses?: Senses;
  /** Markdown that says who the bot is there, with the variables of persona.ts; read anew each turn. */
  persona(place: Place): string;
  /** In which the model is told the time, and people give theirs. */
  timeZone: string;
  roster: Roster;
  /** Who becomes an owner by a code. */
  owners: Pick<Owners, "claim">;
  talk: TalkPolicies;
  senders: LetIn;
  /** What holds in a conversation where nothing else was said of it; what is different where; what people chose there. */
  usual: ConversationSettings;
  rules: ConversationRules;
  chosen: ChosenSettings;
  /** auto: answers grow in private chats while the model writes. */
  stream: "auto" | "off";
  budget: Budget;
  /** What READY told; the ids inside groups are learnt from mentions. */
  self(): { botUserId?: string; botName?: string };
  /** Acknowledge clicks at once: the client shows an error after 3 s. */
  ackInteractions: boolean;
  /** Turns at the same time, one per conversation. Default 64. */
  concurrency?: number;
  clock: Clock;
  random(): number;
  /** Words that neither people nor the model may say: see createWordFilter. The same array while they are the same. */
  filteredWords?: () => readonly string[];
  /** Asked about what people say to the bot, and about every answer. */
  moderation?: Moderation;
  /** Said to who adds the bot; {name} is its own. */
  welcome?: string | undefined;
  log: Log;
  /** Must not throw. Without it nothing is collected. */
  trace?: TraceSink;
}

export interface BotStatus {
  /** How events come in, in words. */
  connection: string;
  startedAt: number;
  /** Events that wait for their turn or its end. */
  pending: number;
  /** Events that were given up. */
  dead: number;
}

export interface Bot {
  /** Durable when it resolves: from then on a crash loses nothing. Rejects when the event could not be stored. */
  accept(envelope: Envelope): Promise<"accepted" | "duplicate">;
  start(): Promise<void>;
  /** Lets running turns finish for `graceMs`; the rest goes on at the next start. */
  stop(graceMs: number): Promise<void>;
}

/** Events in, replies out. Every event comes to exactly one of: a turn, a command, the history, or the inbox alone. */
export function createBot(options: BotOptions): Bot {
  const parts = assemble(options);
  const acknowledgements = new Set<Promise<void>>();
  let service: Service | undefined;
  const acknowledge = ({ interactionId }: Incoming, code: number) => {
    if (!options.ackInteractions || interactionId === undefined) return;
    const acknowledged = sendAck(options, interactionId, code);
    acknowledgements.add(acknowledged);
    void acknowledged.finally(() => acknowledgements.delete(acknowledged));
  };
  return {
    async accept(envelope) {
      const clean: Envelope = { ...envelope, data: scrub(envelope.data) };
      const recalled = recalledIn(clean);
      if (recalled) return await options.engine.publish(eventOf(clean, recalled.lane, false));
      const incoming = parts.read(clean);
      const asked = incoming && commandIn(parts, incoming);
      if (incoming && asked) {
        const published = await options.engine.publish(...commandEvent(parts, clean, { incoming, asked }));
        const isFor = mayUse(parts, asked.command, incoming) ? acks.ok : acks.adminsOnly;
        if (published === "accepted") acknowledge(incoming, isFor);
        return published;
      }
      const route = incoming ? parts.route(incoming) : undefined;
      const welcome = welcomePlace(parts, clean);
      if (welcome) return options.engine.publish(eventOf(clean, conversationKey(welcome)));
      if (!incoming || route?.action === "ignore") {
        const stored = await options.inboxOnly(clean);
        if (incoming && route?.action === "ignore" && stored === "accepted") {
          traceIgnored(options, incoming, route.reason);
          acknowledge(incoming, acks.ok);
        }
        return stored;
      }
      const published = await options.engine.publish(
        eventOf(clean, conversationKey(incoming.conversation), route?.action === "answer"),
      );
      if (published === "accepted") acknowledge(incoming, acks.ok);
      return published;
    },
    async start() {
      const handle = (turn: Turn, event: InboundEvent) =>
        (isCommandLane(event.lane) ? handleCommand : handleTurn)(parts, turn, event);
      const concurrency = options.concurrency ?? 64;
      service ??= await options.engine.serve(handle, { concurrency, isUrgent: isCommandLane });
      parts.reminding.start();
    },
    async stop(graceMs) {
      parts.reminding.stop();
      await service?.drain(graceMs);
      service = undefined;
      await Promise.all(acknowledgements);
    },
  };
}

function eventOf(envelope: Envelope, lane: string, isAnswered = true): InboundEvent {
  const { id, receivedAt } = envelope;
  return { id, dedupeKeys: dedupeKeys(envelope, isAnswered), lane, receivedAt, payload: envelope as unknown as Json };
}

function commandEvent(
  parts: BotParts,
  envelope: Envelope,
  { incoming, asked }: { incoming: Incoming; asked: AskedCommand },
): [InboundEvent, Ends?] {
  const event = eventOf(envelope, commandLane(envelope.id));
  const matches = asked.command.ends?.(parts, incoming);
  return matches ? [event, { lane: conversationKey(incoming.conversation), matches }] : [event];
}

function assemble(options: BotOptions): BotParts {
  const ownMemberOpenids = new Set<string>();
  const reminding = openReminding(options);
  const filter = keepFilter(options.filteredWords ?? (() => noWords));
  const settingsFor = (place: Place) => conversationSettings(options, place);
  const admittance = (incoming: Incoming) =>
    admittanceOf(incoming, { ...options, settings: settingsFor(placeOf(incoming)) });
  return {
    ...options,
    reminding,
    toolbox: createToolbox(
      options.operations,
      together(() => noteTools, reminding.tools, options.ownTools ?? noTools),
    ),
    health: createModelHealth(options.clock),
    limiter: createLimiter(),
    filter,
    guesses: createLimiter(),
    settingsFor,
    admittance,
    commands,
    running: new Map(),
    looping: new Set(),
    loops: createLoopWatch(),
    read(envelope) {
      const reminder = readReminder(envelope);
      if (reminder) return reminder;
      const { botUserId } = options.self();
      const incoming = readIncoming(envelope, { botUserId, botMemberOpenids: ownMemberOpenids });
      if (incoming?.ownMemberOpenid !== undefined) ownMemberOpenids.add(incoming.ownMemberOpenid);
      return incoming;
    },
    route(incoming) {
      const route = routeOf(incoming, {
        holdsFiltered: (texts) => texts.some((words) => filter().has(words)),
        settings: settingsFor(placeOf(incoming)),
        history: () => options.history.recent(conversationKey(incoming.conversation), historyLimits.entries),
        isOurs: (ref) => options.history.find(conversationKey(incoming.conversation), ref)?.role === "assistant",
      });
      return route.action === "ignore" ? route : letIn(route, incoming, admittance(incoming));
    },
  };
}

const noWords: readonly string[] = [];

/** Made anew only when the words changed. */
function keepFilter(words: () => readonly string[]): () => WordFilter {
  let [known, filter] = [noWords, createWordFilter(noWords)];
  return () => {
    const current = words();
    if (current !== known) [known, filter] = [current, createWordFilter(current)];
    return filter;
  };
}

function traceIgnored(options: BotOptions, incoming: Incoming, reason: string): void {
  const conversation = conversationKey(incoming.conversation);
  createTracer(options.trace, { id: incoming.eventId, conversation, clock: options.clock }).note({
    kind: "ignored",
    reason,
  });
}

/** Codes of ack_interaction. */
const acks = { ok: 0, adminsOnly: 5 } as const;

/** Never rejects: an unacknowledged click is a blemish, not a reason to lose the event. */
async function sendAck(options: BotOptions, interactionId: string, code: number): Promise<void> {
  const operation = options.operations.find(({ name }) => name === "ack_interaction");
  if (!operation) return;
  try {
    const context = options.contextFor({ kind: "model", grants: new Set(["send"]), label: "bot:acknowledgement" });
    await callOperation(operation, context, { interaction_id: interactionId, code });
  } catch (error) {
    const reason = error instanceof QQError ? error.code : "bug";
    options.log.warn({ reason, error }, "a click could not be acknowledged");
  }
}
