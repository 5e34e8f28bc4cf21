import type { Clock } from "../core/clock.ts";
import type { Json } from "../core/json.ts";
import { type Budget, exhausted, remainingMs, type Spending, type Spent, spentBy } from "./budget.ts";
import { withoutLeakedCalls } from "./leaked-calls.ts";
import type { AgentTool, ModelMessage, ModelPort, ModelReply, OnText, TokenUsage } from "./model.ts";
import { completeWithFallback, type ModelHealth } from "./retries.ts";
import { checkCall, useTools } from "./tool-calls.ts";

export type ToolResult = { ok: boolean; content: string };

/** Seen from outside, in order, once: a replayed step is silent. */
export type AgentStep =
  | { kind: "model_call"; model: string; messages: number; tools: readonly string[] }
  /** A model failed, and the next one is asked. */
  | { kind: "model_failed"; model: string; error: unknown }
  | { kind: "model_reply"; model: string; reply: ModelReply; tookMs: number }
  | { kind: "tool_call"; callId: string; name: string; arguments: string }
  | { kind: "tool_result"; callId: string; name: string; result: ToolResult; tookMs: number };

export interface ToolContext {
  signal: AbortSignal;
  callId: string;
  /** The same over every retry of the same call. */
  key: string;
}

/** Runs once per name; a name that was finished before gives its stored result instead. */
export type DurableStep = <T extends Json | undefined>(
  name: string,
  run: (context: { idempotencyKey: string; signal: AbortSignal }) => Promise<T>,
) => Promise<T>;

/** What came in while the tools of one round worked. */
export interface Meanwhile {
  /** For the model, behind the tools' results. */
  messages: readonly ModelMessage[];
  /** The tools from here on, where they are others now. */
  tools?: readonly AgentTool[];
}

export interface AgentRun {
  /** The first is asked; when it fails the next, and that one then for the rest of the run. */
  models: readonly [ModelPort, ...ModelPort[]];
  health?: ModelHealth;
  system: string;
  /** The conversation so far, ending with what is to be answered. */
  messages: readonly ModelMessage[];
  tools: readonly AgentTool[];
  /** `input` is an object, otherwise unchecked. May throw: the error is told to the model. */
  callTool(name: string, input: Record<string, unknown>, context: ToolContext): Promise<ToolResult>;
  budget: Budget;
  step: DurableStep;
  /**
   * Asked once per round (1, 2, …), between its tools and the next model call. What it finds out from outside it must
   * record as a step of its own: a replay asks again.
   */
  between?(round: number): Promise<Meanwhile>;
  /** Must not throw. */
  onStep?: (step: AgentStep) => void;
  /** What each model call writes, while it does; a repeated call begins again. A replayed step is silent. */
  onText?: OnText;
  /** Told after each model call is recorded, by replays again. Must not throw. */
  onSpent?: (spent: Spent) => void;
  clock: Clock;
  random?: () => number;
  signal: AbortSignal;
}

export interface AgentOutcome {
  /** May be empty: then the model had nothing more to say. */
  text: string;
  /** filter: the provider held the answer back. */
  stoppedBy: "answer" | "filter" | "budget" | "abort";
  turns: number;
  usage: TokenUsage;
  cost: number;
  /** Every call in order, replayed ones too. `input` is undefined where the arguments were no JSON object. */
  calls: readonly UsedTool[];
}

export interface UsedTool {
  name: string;
  input: Record<string, unknown> | undefined;
  result: ToolResult;
  isReadOnly: boolean;
}

/** One run while it goes on. */
export interface Progress extends Spending {
  run: AgentRun;
  /** Whom to ask, in this order. */
  models: readonly ModelPort[];
  hasLeaked: boolean;
  messages: ModelMessage[];
  tools: readonly AgentTool[];
  callIds: Set<string>;
  calls: UsedTool[];
}

const closingMs = 30_000;
const leakRemark =
  "(Your last message held a tool call written as text; it was not run and nobody saw it. Call tools through the tool interface, or answer in words.)";
const closingRequest =
  "(The budget of this turn is used up; no more tool calls. Answer now in a few words with what is known, and say what could not be done.)";

/**
 * Model, tools, model, … until it answers in text or the budget ends; then one call without tools asks for the closing
 * words. Steps are `model-1`, `tool-1-0`, `tool-1-1`, `model-2`, …, `closing`. Throws ModelError when the model fails in
 * spite of retries; everything that goes wrong with a tool is told to the model instead.
 */
export async function runAgent(run: AgentRun): Promise<AgentOutcome> {
  const progress: Progress = {
    run,
    models: run.models,
    hasLeaked: false,
    messages: [{ role: "system", text: run.system }, ...run.messages],
    tools: run.tools,
    callIds: new Set(),
    calls: [],
    turns: 0,
    toolCalls: 0,
    usage: { inputTokens: 0, outputTokens: 0 },
    cost: 0,
    spentMs: 0,
  };
  try {
    return await converse(progress);
  } catch (error) {
    if (!run.signal.aborted) throw error;
    return outcome(progress, "", "abort");
  }
}

async function converse(progress: Progress): Promise<AgentOutcome> {
  const { run, messages } = progress;
  while (!exhausted(run.budget, progress)) {
    const turn = progress.turns + 1;
    const asked = await ask(progress, {
      name: `model-${turn}`,
      tools: progress.tools,
      limitMs: remainingMs(run.budget, progress),
    });
    progress.turns = turn;
    if (asked === "late") break;
    if (asked.toolCalls.length === 0) {
      const { text, isLeaked } = withoutLeakedCalls(asked.text, progress.tools);
      if (!isLeaked || progress.hasLeaked) return outcome(progress, text, endOf(asked, text));
      progress.hasLeaked = true;
      messages.push({ role: "assistant", text: asked.text }, { role: "user", text: leakRemark });
      continue;
    }
    const calls = asked.toolCalls.map((call, index) => checkCall(progress, call, `call-${turn}-${index}`));
    messages.push({
      role: "assistant",
      text: withoutLeakedCalls(asked.text, progress.tools).text,
      toolCalls: calls.map(({ call }) => call),
      ...(asked.reasoning ? { reasoning: asked.reasoning } : {}),
    });
    const results = await useTools(progress, calls, turn);
    for (const [index, { call }] of calls.entries())
      messages.push({ role: "tool", callId: call.id, text: results[index]?.content || "(no output)" });
    const meanwhile = await run.between?.(turn);
    if (!meanwhile) continue;
    messages.push(...meanwhile.messages);
    progress.tools = meanwhile.tools ?? progress.tools;
  }
  messages.push({ role: "user", text: closingRequest });
  const closing = await ask(progress, { name: "closing", tools: [], limitMs: closingMs });
  return outcome(progress, closing === "late" ? "" : withoutLeakedCalls(closing.text, run.tools).text, "budget");
}

function outcome(progress: Progress, text: string, stoppedBy: AgentOutcome["stoppedBy"]): AgentOutcome {
  const { turns, usage, cost, calls } = progress;
  return { text, stoppedBy, turns, usage, cost, calls };
}

function endOf(reply: ModelReply, text: string): "answer" | "filter" {
  return text === "" && reply.finishReason === "content_filter" ? "filter" : "answer";
}

async function ask(
  progress: Progress,
  call: { name: string; tools: readonly AgentTool[]; limitMs: number },
): Promise<ModelReply | "late"> {
  const { run, messages, models } = progress;
  const answer = await run.step(call.name, async ({ signal }) => {
    run.onStep?.({
      kind: "model_call",
      model: models[0]?.name ?? "",
      messages: messages.length,
      tools: call.tools.map((tool) => tool.name),
    });
    const start = run.clock.now();
    const onFailure = ({ name }: ModelPort, error: unknown) =>
      run.onStep?.({ kind: "model_failed", model: name, error });
    const request = { messages, tools: call.tools };
    const given = await completeWithFallback({ ...run, models, onFailure }, request, { limitMs: call.limitMs, signal });
    const tookMs = run.clock.now() - start;
    if (given === "late") return { reply: null, model: models[0]?.name ?? "", tookMs };
    const { reply, model } = given;
    run.onStep?.({ kind: "model_reply", model: model.name, reply, tookMs });
    return { reply, model: model.name, tookMs };
  });
  progress.spentMs += answer.tookMs;
  spend(progress, call.name, answer);
  return answer.reply ?? "late";
}

function spend(
  progress: Progress,
  step: string,
  { reply, model: name }: { reply: ModelReply | null; model: string },
): void {
  const { run, messages, usage: before } = progress;
  const model = run.models.find((candidate) => candidate.name === name);
  const spent = spentBy(model ?? { name }, { step, messages, reply });
  progress.usage = {
    inputTokens: before.inputTokens + spent.usage.inputTokens,
    outputTokens: before.outputTokens + spent.usage.outputTokens,
  };
  progress.cost += spent.cost;
  run.onSpent?.(spent);
  // From the record, so that a replay goes on with the same model.
  if (model && model !== progress.models[0])
    progress.models = [model, ...run.models.filter((other) => other !== model)];
}
