import type { ModelHealth } from "../agent/retries.ts";
import type { Draft } from "../delivery/message.ts";
import type { InboundEvent, Turn } from "../engine/turn-engine.ts";
import type { Envelope } from "../protocol/envelope.ts";
import type { Incoming } from "../protocol/incoming.ts";
import { textLimits } from "../protocol/limits.ts";
import { cutToLength } from "../protocol/text-width.ts";
import { type AttachmentWords, readAttachments } from "./attachments/reading.ts";
import type { BotOptions } from "./bot.ts";
import { asideOn } from "./busy.ts";
import type { Command } from "./command.ts";
import { considered } from "./consideration.ts";
import { type HistoryEntry, historyLimits } from "./conversation.ts";
import type { ConversationSettings } from "./conversation-settings.ts";
import { linesOf, linesRead } from "./heard.ts";
import { admission, gather, remember } from "./intake.ts";
import { noteBeforeDeadline } from "./interim.ts";
import { createLabel, type Label } from "./label.ts";
import type { Limiter } from "./limiter.ts";
import type { LoopWatch } from "./loops.ts";
import { heardMayStand } from "./moderation.ts";
import { phraseFor, phrases } from "./phrases.ts";
import { hearRecall, recalledIn } from "./recall.ts";
import { reminderIn } from "./reminder-event.ts";
import { sayReminder } from "./reminder-turn.ts";
import type { Reminding } from "./reminding.ts";
import { deliverReply } from "./reply.ts";
import { callerOf, type Place, placeOf, type Right, rightOf } from "./rights.ts";
import type { Route } from "./router.ts";
import { alreadyDone, recordSends } from "./said.ts";
import { keepBook, type Verdict as Spending, spendingOf, tellSpent } from "./spending.ts";
import { condense } from "./summary.ts";
import { type Admittance, introduce } from "./talk.ts";
import { excuseFor, type Thinking, think } from "./think.ts";
import type { Toolbox } from "./tools.ts";
import { createTracer, type Tracer } from "./tracer.ts";
import { showTyping } from "./typing.ts";
import { endDraft } from "./voice.ts";
import { sayWelcome } from "./welcome.ts";
import type { WordFilter } from "./word-filter.ts";

export interface BotParts extends BotOptions {
  toolbox: Toolbox;
  limiter: Limiter;
  health: ModelHealth;
  reminding: Reminding;
  /** Of codes by which somebody becomes an owner. */
  guesses: Limiter;
  admittance(incoming: Incoming): Admittance;
  settingsFor(place: Place): ConversationSettings;
  commands: readonly Command[];
  /** By conversation: what the turn that runs there answers. */
  running: Map<string, readonly Incoming[]>;
  /** Conversations in which it is silent because of a loop. */
  looping: Set<string>;
  loops: LoopWatch;
  filter(): WordFilter;
  read(envelope: Envelope): Incoming | null;
  route(incoming: Incoming): Route;
}

/** What the files of one turn hand to each other. */
export interface TurnScene {
  bot: BotParts;
  turn: Turn;
  tracer: Tracer;
  /** Conversation key. */
  lane: string;
  /** Everything that this turn answers, oldest first; more may join while its tools work. */
  heard: readonly Incoming[];
  /** The same as lines of the conversation. */
  lines: readonly HistoryEntry[];
  /** What is replied to. */
  last: Incoming;
  place: Place;
  /** The lowest of all who were heard: it may sink while the turn runs. */
  right: Right;
  /** Nobody addressed the bot: it joins in. */
  isUnasked?: boolean;
  /** The answer while it is written, where it can be shown. */
  draft: Draft | undefined;
  /** What was read of the attachments. */
  read?: Promise<AttachmentWords> | undefined;
  /** The draft has words of the model in it. */
  isShowing?: boolean;
  /** The mark of what the model says; only where the model speaks. */
  label?: Label;
  /** Said to people below the model's words. */
  aside?: string;
}

/**
 * One event from the engine: kept as context, refused, or answered. Model calls, tool calls and the reply are steps, so
 * that an attempt after a crash goes on where the last one stopped. Throws what another attempt may mend.
 */
export async function handleTurn(bot: BotParts, turn: Turn, event: InboundEvent): Promise<void> {
  const envelope = event.payload as unknown as Envelope;
  const first = bot.read(envelope);
  if (!first) return recalledIn(envelope) ? await hearRecall(bot, envelope) : await sayWelcome(bot, turn, envelope);
  const { lane } = event;
  const tracer = createTracer(bot.trace, { id: event.id, conversation: lane, clock: bot.clock });
  if (turn.attempt === 1) tracer.note({ kind: "event", type: first.type, summary: summaryOf(first) });
  const route = bot.route(first);
  if (route.action === "ignore") return tracer.note({ kind: "ignored", reason: route.reason });
  const { silence, isUnasked } = await considered({ bot, turn, tracer, lane }, { first, route });
  if (silence !== undefined) {
    await remember(bot, lane, await linesOf(bot, [first]));
    return tracer.note({ kind: "ignored", reason: silence });
  }
  // Whoever asked for a reminder was counted then.
  const verdict = first.kind === "reminder" ? "admit" : admission(bot, first);
  const isMet = route.action !== "introduce";
  const heard = verdict === "admit" && isMet ? await gather(bot, turn, first) : [first];
  const last = heard.at(-1) ?? first;
  const [place, right] = [placeOf(last), rightOf(heard, bot.roster)];
  const draft = draftOf(bot, { turn, last, place, right });
  const lines = await linesOf(bot, heard);
  const [label, aside] = [createLabel(bot, place), asideOn(bot.settingsFor(place).busy, heard)];
  const told = { heard, lines, last, isUnasked };
  const scene: TurnScene = { bot, turn, tracer, lane, ...told, place, right, draft, label, aside };
  if (verdict !== "admit") return await refuse(scene, verdict);
  if (!isMet) return await introduce(scene);
  if (!(await heardMayStand(scene)))
    return void (await deliverReply(scene, phraseFor(last.text, phrases.refusedTopic)));
  bot.running.set(lane, heard);
  try {
    const reminder = reminderIn(event.payload as unknown as Envelope);
    if (reminder && !reminder.thinks) await sayReminder(scene, reminder);
    else await answerWithin(scene, await spendingOf(scene));
  } finally {
    bot.running.delete(lane);
  }
}

/** With the key of the reply: whoever delivers it after a crash finds what of it was shown. */
function draftOf(
  bot: BotParts,
  { turn, last, place, right }: Pick<TurnScene, "turn" | "last" | "place" | "right">,
): Draft | undefined {
  const { replyTo } = last;
  // What moderation has not seen yet is not shown.
  if (bot.stream === "off" || bot.moderation || (replyTo.msgId === undefined && replyTo.eventId === undefined))
    return undefined;
  const { delivery } = bot.contextFor(callerOf({ right, place, replyTo }));
  return delivery.draft({ ...place.conversation, replyTo, key: `${turn.eventId}/reply` });
}

function summaryOf({ sender, text }: Incoming): string {
  return `${sender.name ?? sender.id}: ${[...text].slice(0, 80).join("")}`;
}

async function refuse(scene: TurnScene, verdict: "notice" | "drop"): Promise<void> {
  scene.tracer.note({ kind: "ignored", reason: "over the limit of messages a minute" });
  if (verdict === "notice") await deliverReply(scene, phraseFor(scene.last.text, phrases.overLimit));
}

async function rememberRead(scene: TurnScene): Promise<void> {
  await remember(scene.bot, scene.lane, await linesRead(scene, historyLimits.perEntry));
}

async function answerWithin(scene: TurnScene, spending: Spending): Promise<void> {
  // Transcripts are paid for, too.
  if (spending.kind !== "over") scene.read = readAttachments(scene.heard, { ...scene.bot, turn: scene.turn });
  await both(rememberRead(scene), answer(scene, spending));
}

async function answer(scene: TurnScene, spending: Spending): Promise<void> {
  const { bot, turn, tracer, last } = scene;
  const startedAt = bot.clock.now();
  const book = keepBook(scene);
  try {
    if (spending.kind === "over") await tellSpent(scene, spending.whose);
    else await thinkAndSay(scene, { isSparing: spending.kind === "sparing", onSpent: book.onSpent });
  } finally {
    await book.written();
    // After the reply nothing is open any more; without one, what was begun must not stay so.
    await scene.draft?.end("cut");
    tracer.done({ attempt: turn.attempt, receivedAt: last.receivedAt, startedAt });
  }
  if (spending.kind !== "over") await condense(scene);
}

async function thinkAndSay(scene: TurnScene, spending: Pick<Thinking, "isSparing" | "onSpent">): Promise<void> {
  const callOff = noteBeforeDeadline(scene);
  const endTyping = showTyping(scene);
  const thought = await think(scene, { ...spending, onWords: endTyping }).finally(() => {
    callOff();
    endTyping();
  });
  await recordSends(scene, thought.calls);
  const done = alreadyDone(scene, thought);
  if (done !== undefined) {
    await endDraft(scene);
    return scene.tracer.note({ kind: "reply", text: "", notes: [done] });
  }
  if (thought.text === "") await deliverReply(scene, excuseFor(scene, thought));
  else await deliverReply(scene, asMessage(thought.text), "model");
}

/** Models that lose their way write without end; what a message holds of it is better than silence. */
function asMessage(text: string): string {
  const { maxLength } = textLimits;
  return text.length <= maxLength ? text : `${cutToLength(text, maxLength - 10)}… (cut)`;
}

/** Both to the end, then the first failure: an attempt that is given up must not go on in the background. */
async function both(first: Promise<void>, second: Promise<void>): Promise<void> {
  for (const outcome of await Promise.allSettled([first, second]))
    if (outcome.status === "rejected") throw outcome.reason;
}
