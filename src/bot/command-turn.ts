import { QQError } from "../core/errors.ts";
import type { InboundEvent, Turn } from "../engine/turn-engine.ts";
import type { Envelope } from "../protocol/envelope.ts";
import type { Incoming } from "../protocol/incoming.ts";
import { conversationKey } from "../protocol/scenes.ts";
import { wordOf } from "./approvals.ts";
import { type AskedCommand, type Command, type CommandScene, isAlone, leastRight, readCommand } from "./command.ts";
import { historyLimits } from "./conversation.ts";
import { linesOf } from "./heard.ts";
import { admission } from "./intake.ts";
import { notAllowed, phraseFor, phrases } from "./phrases.ts";
import { deliverReply } from "./reply.ts";
import { isAtLeast, placeOf } from "./rights.ts";
import { createTracer } from "./tracer.ts";
import type { BotParts } from "./turn.ts";

/** Each command has a lane of its own: it waits for no turn, and no turn for it. */
const prefix = "command:";

export function commandLane(eventId: string): string {
  return `${prefix}${eventId}`;
}

export function isCommandLane(lane: string): boolean {
  return lane.startsWith(prefix);
}

/**
 * The command in what a person typed to the bot, or behind one of its own buttons. Never in other clicks, whose data
 * somebody else wrote, nor in cards and forwarded chats.
 */
export function commandIn(bot: BotParts, incoming: Incoming): AskedCommand | undefined {
  const word = wordOf(incoming);
  const clicked = word && bot.commands.find(({ name }) => name === word.answer);
  if (clicked) return { command: clicked, words: "" };
  const { kind, form, sender, addressed, text } = incoming;
  if (kind !== "message" || (form !== "text" && form !== "quote") || sender.isBot || sender.isSelf) return undefined;
  const asked = readCommand(text, bot.commands);
  if (!asked || !(asked.command.isForStrangers || bot.admittance(incoming) === "welcome")) return undefined;
  if (isOffFor(bot, incoming) && !asked.command.isForStrangers) return undefined;
  return addressed || bot.route(incoming).action === "answer" ? asked : undefined;
}

/** Where the bot is switched off only its admins are heard; alone with it, also who switched it off themselves. */
function isOffFor(bot: BotParts, incoming: Incoming): boolean {
  const place = placeOf(incoming);
  if (bot.settingsFor(place).mode !== "off" || isAtLeast(bot.roster.rightOf(incoming), "admin")) return false;
  return !isAlone(incoming) || bot.chosen.of(conversationKey(place.conversation)).mode === undefined;
}

export function mayUse({ roster }: BotParts, command: Command, incoming: Incoming): boolean {
  return isAtLeast(roster.rightOf(incoming), leastRight(command, incoming));
}

/** One command from the engine: its right checked, its effect and its answer as steps. */
export async function handleCommand(bot: BotParts, turn: Turn, event: InboundEvent): Promise<void> {
  const last = bot.read(event.payload as unknown as Envelope);
  const asked = last && commandIn(bot, last);
  if (!asked) return;
  const lane = conversationKey(last.conversation);
  const tracer = createTracer(bot.trace, { id: event.id, conversation: lane, clock: bot.clock });
  const { command, words } = asked;
  if (turn.attempt === 1)
    tracer.note({ kind: "event", type: last.type, summary: `${last.sender.name ?? last.sender.id}: /${command.name}` });
  const [place, right] = [placeOf(last), bot.roster.rightOf(last)];
  // Who floods a group must not take it from those who run the bot there.
  if (!isAtLeast(right, "admin") && admission(bot, last) !== "admit")
    return tracer.note({ kind: "ignored", reason: "over the limit of messages a minute" });
  const lines = await linesOf(bot, [last]);
  const language = languageOf(bot, { lane, last });
  const scene: CommandScene = {
    ...{ bot, turn, tracer, lane, heard: [last], lines, last, place, right, draft: undefined, words },
    say: (phrase) => phraseFor(language, phrase),
  };
  const text = await turn.step("command", () => run(scene, asked));
  // It may repeat what the person wrote.
  if (text !== "") await deliverReply(scene, bot.filter().mask(text));
}

async function run(scene: CommandScene, { command }: AskedCommand): Promise<string> {
  const { bot, right, last, say } = scene;
  // Whoever clicks without the right sees it at the button.
  if (!mayUse(bot, command, last))
    return last.kind === "interaction" ? "" : say(notAllowed(leastRight(command, last), right));
  try {
    return await command.run(scene);
  } catch (error) {
    if (scene.turn.signal.aborted || (error instanceof QQError && error.retryable)) throw error;
    if (error instanceof QQError) return [error.message, error.remedy].filter(Boolean).join("\n");
    bot.log.error({ command: command.name, error }, "a command failed because of a fault in this program");
    return say(phrases.commandFailed);
  }
}

/**
 * Commands and what follows them (`/mode off`) are Latin letters whoever writes them: what this person said before tells,
 * and Chinese otherwise.
 */
function languageOf(bot: BotParts, { lane, last }: { lane: string; last: Incoming }): string {
  if (/[\u3400-\u9fff]/.test(last.text)) return last.text;
  const heard = bot.history.recent(lane, historyLimits.entries);
  const before = heard.findLast(({ person }) => person === last.sender.id);
  return before?.text ?? "";
}
