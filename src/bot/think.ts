import type { Spent } from "../agent/budget.ts";
import { runAgent, type ToolContext, type ToolResult, type UsedTool } from "../agent/loop.ts";
import type { ModelImage } from "../agent/model.ts";
import { ModelError, QQError } from "../core/errors.ts";
import { callOperation } from "../operations/call.ts";
import { isUnconfirmed } from "../operations/confirmation.ts";
import { approvalFor, askForWord } from "./approvals.ts";
import { seePictures } from "./attachments/reading.ts";
import { remarkOn, unaskedRemark } from "./busy.ts";
import { entryKey, historyLimits, messagesOf } from "./conversation.ts";
import { linesRead } from "./heard.ts";
import { hearMeanwhile } from "./intake.ts";
import { notesLine } from "./notes.ts";
import { callOwnTool } from "./own-tools.ts";
import { phraseFor, phrases } from "./phrases.ts";
import { systemPrompt } from "./prompt.ts";
import { callerOf } from "./rights.ts";
import { modelsFor } from "./spending.ts";
import { toolText } from "./tool-text.ts";
import type { TurnScene } from "./turn.ts";
import { endDraft, growingWords, toolWords } from "./voice.ts";

/** What came of the thinking: words to say, or why there are none. */
export interface Thought {
  text: string;
  calls: readonly UsedTool[];
  excuse?: "modelDown" | "filtered" | "noWords";
}

export interface Thinking {
  /** By the small model, where there is one. */
  isSparing: boolean;
  onSpent(spent: Spent): void;
  /** Its first words can be shown. */
  onWords(): void;
}

/** Model and tools until there is an answer. */
export async function think(scene: TurnScene, { isSparing, onSpent, onWords }: Thinking): Promise<Thought> {
  const { bot, turn, tracer, lane, heard, last, place, right, draft } = scene;
  const tools = bot.toolbox.for(right, place);
  const { botName } = bot.self();
  const [present, images] = await Promise.all([linesRead(scene, historyLimits.present), see(scene)]);
  const { busy, model: chosen } = bot.settingsFor(place);
  const remark = scene.isUnasked ? unaskedRemark : remarkOn(busy, heard.length);
  try {
    const outcome = await runAgent({
      models: modelsFor(bot, { chosen, isSparing }),
      health: bot.health,
      system: systemPrompt({
        ...{ persona: bot.persona(place), tag: scene.lines.at(-1)?.speaker, right, place, last },
        ...{ now: bot.clock.now(), timeZone: bot.timeZone },
        ...(botName === undefined ? {} : { botName }),
      }),
      messages: messagesOf({
        scene: place.conversation.scene,
        contextTokens: bot.contextTokens,
        summary: bot.history.summary(lane),
        history: bot.history.recent(lane, historyLimits.entries),
        present,
        images,
        notes: notesLine(scene),
        ...(remark === undefined ? {} : { remark }),
      }),
      tools: tools.tools,
      callTool: (name, input, context) => callTool(scene, { name, input }, context),
      between: (round) => hearMeanwhile(scene, round),
      budget: bot.budget,
      step: turn.step.bind(turn),
      onStep: (step) => {
        if (step.kind === "model_failed") logFailure(scene, step);
        tracer.agentStep(step);
      },
      onText: (text) => {
        if (!draft || turn.signal.aborted) return;
        onWords();
        scene.isShowing = text !== "";
        draft.grow(growingWords(scene, text));
      },
      onSpent,
      clock: bot.clock,
      signal: turn.signal,
    });
    if (outcome.stoppedBy === "abort") throw turn.signal.reason;
    return { ...outcome, ...(outcome.stoppedBy === "filter" ? { excuse: "filtered" } : {}) };
  } catch (error) {
    if (!(error instanceof ModelError) || turn.signal.aborted) throw error;
    bot.log.error(
      {
        event: entryKey(last),
        conversation: lane,
        provider: error.provider,
        status: error.status,
        remedy: error.remedy,
      },
      `the model did not answer: ${error.message}`,
    );
    tracer.note({ kind: "failed", error: `${error.message}${error.remedy ? ` (${error.remedy})` : ""}` });
    return { text: "", calls: [], excuse: error.isFiltered ? "filtered" : "modelDown" };
  }
}

/** Nothing where nobody could see it. */
async function see({ bot, turn, heard }: TurnScene): Promise<ModelImage[]> {
  return bot.model.seesImages?.() === false ? [] : await seePictures(heard, { ...bot, turn });
}

/** One honest sentence in place of an answer. */
export function excuseFor({ last }: TurnScene, { excuse = "noWords", calls }: Thought): string {
  const hasActed = excuse === "noWords" && calls.some(({ result, isReadOnly }) => result.ok && !isReadOnly);
  return phraseFor(last.text, phrases[hasActed ? "done" : excuse]);
}

function logFailure({ bot, lane }: TurnScene, { model, error }: { model: string; error: unknown }): void {
  bot.log.warn({ conversation: lane, model, error }, `the model ${model} did not answer; the next one is asked`);
}

async function callTool(
  scene: TurnScene,
  call: { name: string; input: Record<string, unknown> },
  toolContext: ToolContext,
): Promise<ToolResult> {
  const { bot, right, place, last } = scene;
  const { key, signal } = toolContext;
  // What was written before a call is said and done, and stands before whatever the call sends.
  await endDraft(scene);
  const tools = bot.toolbox.for(right, place);
  const own = tools.findOwn(call.name);
  if (own) return await callOwnTool(own, call.input, { scene, key, signal });
  const tool = tools.find(call.name);
  if (!tool) return { ok: false, content: `Error: there is no tool "${call.name}" here.` };
  const input = tool.fill(call.input, place);
  const words = await toolWords(scene, { name: call.name, input }, signal);
  if (words.isRefused) return { ok: false, content: "Error: moderation refused this text. Do not send it again." };
  const caller = callerOf({ right, place, replyTo: last.replyTo, key });
  const context = bot.contextFor({ ...caller, approval: approvalFor(scene) });
  try {
    const output = await callOperation(tool.operation, context, input, signal);
    if (isUnconfirmed(output)) return await askForWord(scene, { operation: tool.operation, output }, toolContext);
    await words.said();
    return { ok: true, content: toolText(output) };
  } catch (error) {
    if (!(error instanceof QQError) && !signal.aborted)
      bot.log.error({ operation: tool.operation.name, error }, "a tool failed because of a fault in this program");
    throw error;
  }
}
