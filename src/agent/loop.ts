import { orAborted } from "../core/abort.ts";
import type { Clock } from "../core/clock.ts";
import { QQError } from "../core/errors.ts";
import { isRecord, type Json } from "../core/json.ts";
import { type Budget, exhausted, type Spending, usageOf } from "./budget.ts";
import { withDeadline } from "./deadline.ts";
import type { AgentTool, ModelMessage, ModelPort, ModelReply, OnText, TokenUsage, ToolCall } from "./model.ts";
import { completeWithRetries } from "./retries.ts";

export type ToolResult = { ok: boolean; content: string };

/** Seen from outside, in order, once: a replayed step is silent. */
export type AgentStep =
  | { kind: "model_call"; model: string; messages: number; tools: readonly string[] }
  | { kind: "model_reply"; reply: ModelReply; tookMs: number }
  | { kind: "tool_call"; name: string; arguments: string }
  | { kind: "tool_result"; name: string; result: ToolResult; tookMs: number };

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
  model: ModelPort;
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
  clock: Clock;
  random?: () => number;
  signal: AbortSignal;
}

export interface AgentOutcome {
  /** May be empty: then the model had nothing more to say. */
  text: string;
  stoppedBy: "answer" | "budget" | "abort";
  turns: number;
  usage: TokenUsage;
  /** Every call in order, replayed ones too. `input` is undefined where the arguments were no JSON object. */
  calls: readonly UsedTool[];
}

export interface UsedTool {
  name: string;
  input: Record<string, unknown> | undefined;
  result: ToolResult;
}

interface Progress extends Spending {
  run: AgentRun;
  messages: ModelMessage[];
  tools: readonly AgentTool[];
  callIds: Set<string>;
  calls: UsedTool[];
}

const closingMs = 30_000;
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
    messages: [{ role: "system", text: run.system }, ...run.messages],
    tools: run.tools,
    callIds: new Set(),
    calls: [],
    turns: 0,
    usage: { inputTokens: 0, outputTokens: 0 },
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
    const asked = await ask(progress, { name: `model-${turn}`, tools: progress.tools, limitMs: remainingMs(progress) });
    progress.turns = turn;
    if (asked === "late") break;
    if (asked.toolCalls.length === 0) return outcome(progress, asked.text, "answer");
    const calls = asked.toolCalls.map((call, index) => checkCall(progress, call, `call-${turn}-${index}`));
    messages.push({
      role: "assistant",
      text: asked.text,
      toolCalls: calls.map(({ call }) => call),
      ...(asked.reasoning ? { reasoning: asked.reasoning } : {}),
    });
    for (const [index, checked] of calls.entries()) {
      const result = await useTool(progress, checked, `tool-${turn}-${index}`);
      messages.push({ role: "tool", callId: checked.call.id, text: result.content });
    }
    const meanwhile = await run.between?.(turn);
    if (!meanwhile) continue;
    messages.push(...meanwhile.messages);
    progress.tools = meanwhile.tools ?? progress.tools;
  }
  messages.push({ role: "user", text: closingRequest });
  const closing = await ask(progress, { name: "closing", tools: [], limitMs: closingMs });
  return outcome(progress, closing === "late" ? "" : closing.text, "budget");
}

function outcome(progress: Progress, text: string, stoppedBy: AgentOutcome["stoppedBy"]): AgentOutcome {
  return { text, stoppedBy, turns: progress.turns, usage: progress.usage, calls: progress.calls };
}

function remainingMs({ run, spentMs }: Progress): number {
  return Math.max(1, run.budget.maxSeconds * 1000 - spentMs);
}

async function ask(
  progress: Progress,
  call: { name: string; tools: readonly AgentTool[]; limitMs: number },
): Promise<ModelReply | "late"> {
  const { run, messages } = progress;
  const answer = await run.step(call.name, async ({ signal }) => {
    run.onStep?.({
      kind: "model_call",
      model: run.model.name,
      messages: messages.length,
      tools: call.tools.map((tool) => tool.name),
    });
    const start = run.clock.now();
    const deadline = withDeadline(run.clock, call.limitMs, signal);
    try {
      const pending = completeWithRetries(run, { messages, tools: call.tools }, deadline.signal);
      // A model that does not listen must not keep a turn that was stopped.
      const reply = await orAborted(pending, signal);
      const tookMs = run.clock.now() - start;
      run.onStep?.({ kind: "model_reply", reply, tookMs });
      return { reply, tookMs };
    } catch (error) {
      if (!deadline.isOver() || signal.aborted) throw error;
      return { reply: null, tookMs: run.clock.now() - start };
    } finally {
      deadline.clear();
    }
  });
  progress.spentMs += answer.tookMs;
  if (answer.reply === null) return "late";
  const used = usageOf(messages, answer.reply);
  progress.usage = {
    inputTokens: progress.usage.inputTokens + used.inputTokens,
    outputTokens: progress.usage.outputTokens + used.outputTokens,
  };
  return answer.reply;
}

interface CheckedCall {
  /** As it goes back to the model: with an id that is its own, and arguments that parse. */
  call: ToolCall;
  written: string;
  input: Record<string, unknown> | undefined;
}

/** Servers refuse a history in which arguments are not JSON or two calls share an id; what was wrong is in the result. */
function checkCall(progress: Progress, call: ToolCall, fallbackId: string): CheckedCall {
  const id = call.id === "" || progress.callIds.has(call.id) ? fallbackId : call.id;
  progress.callIds.add(id);
  const input = readArguments(call.arguments);
  return {
    call: { id, name: call.name, arguments: input ? call.arguments.trim() || "{}" : "{}" },
    written: call.arguments,
    input,
  };
}

function readArguments(text: string): Record<string, unknown> | undefined {
  if (text.trim() === "") return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    // Not JSON: the model hears of it in the tool result.
    return undefined;
  }
}

async function useTool(progress: Progress, checked: CheckedCall, name: string): Promise<ToolResult> {
  const { run } = progress;
  const done = await run.step(name, async ({ idempotencyKey, signal }) => {
    run.onStep?.({ kind: "tool_call", name: checked.call.name, arguments: checked.written });
    const start = run.clock.now();
    const deadline = withDeadline(run.clock, remainingMs(progress), signal);
    const context = { signal: deadline.signal, callId: checked.call.id, key: idempotencyKey };
    try {
      const result = await attemptTool(progress, checked, context).catch((error: unknown) => {
        if (signal.aborted) throw error;
        return deadline.isOver() ? failed("The tool did not finish within the time of this turn.") : explain(error);
      });
      const tookMs = run.clock.now() - start;
      run.onStep?.({ kind: "tool_result", name: checked.call.name, result, tookMs });
      return { result, tookMs };
    } finally {
      deadline.clear();
    }
  });
  progress.spentMs += done.tookMs;
  progress.calls.push({ name: checked.call.name, input: checked.input, result: done.result });
  return done.result;
}

async function attemptTool({ run, tools }: Progress, checked: CheckedCall, context: ToolContext): Promise<ToolResult> {
  const { name } = checked.call;
  if (!tools.some((tool) => tool.name === name)) {
    const known = tools.map((tool) => tool.name).join(", ");
    return failed(`There is no tool "${name}". Available: ${known || "none"}.`);
  }
  if (!checked.input) {
    return failed(
      `The arguments were not a JSON object: ${checked.written.slice(0, 200)}\nCall ${name} again with valid JSON.`,
    );
  }
  return await orAborted(run.callTool(name, checked.input, context), context.signal);
}

function failed(content: string): ToolResult {
  return { ok: false, content };
}

function explain(error: unknown): ToolResult {
  if (!(error instanceof QQError)) return failed("The tool failed because of a fault in this program.");
  return failed(`Error ${error.code}: ${error.message}${error.remedy ? `\nTo do: ${error.remedy}` : ""}`);
}
