import { orAborted } from "../core/abort.ts";
import { QQError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { remainingMs } from "./budget.ts";
import { withDeadline } from "./deadline.ts";
import type { Progress, ToolContext, ToolResult } from "./loop.ts";
import type { ToolCall } from "./model.ts";

const tooManyCalls = "Not run: the number of tool calls of this turn is used up.";

interface CheckedCall {
  /** As it goes back to the model: with an id that is its own, and arguments that parse. */
  call: ToolCall;
  written: string;
  input: Record<string, unknown> | undefined;
}

/** Servers refuse a history in which arguments are not JSON or two calls share an id; what was wrong is in the result. */
export function checkCall(progress: Progress, call: ToolCall, fallbackId: string): CheckedCall {
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

/** In the order of the calls; neighbours that change nothing run at the same time. */
export async function useTools(progress: Progress, calls: readonly CheckedCall[], turn: number): Promise<ToolResult[]> {
  const results: ToolResult[] = [];
  const isReadOnly = ({ call }: CheckedCall) =>
    progress.tools.some(({ name, isReadOnly }) => name === call.name && isReadOnly);
  for (let at = 0; at < calls.length; ) {
    const first = at;
    do at++;
    while (at < calls.length && calls.slice(first, at + 1).every(isReadOnly));
    const batch = calls.slice(first, at);
    const used = await allOf(
      batch.map((checked, index) => useTool(progress, checked, `tool-${turn}-${first + index}`)),
    );
    progress.spentMs += Math.max(...used.map(({ tookMs }) => tookMs));
    for (const [index, { result }] of used.entries()) {
      const { call, input } = batch[index] as CheckedCall;
      progress.calls.push({ name: call.name, input, result, isReadOnly: batch.every(isReadOnly) });
      results.push(result);
    }
  }
  return results;
}

/** All to the end, then the first failure: what is given up must not go on in the background. */
async function allOf<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const ends = await Promise.allSettled(work);
  return ends.map((end) => {
    if (end.status === "rejected") throw end.reason;
    return end.value;
  });
}

async function useTool(
  progress: Progress,
  checked: CheckedCall,
  step: string,
): Promise<{ result: ToolResult; tookMs: number }> {
  const { run } = progress;
  const { name, id: callId } = checked.call;
  if (++progress.toolCalls > (run.budget.maxCalls ?? Number.POSITIVE_INFINITY))
    return { result: failed(tooManyCalls), tookMs: 0 };
  return await run.step(step, async ({ idempotencyKey: key, signal }) => {
    run.onStep?.({ kind: "tool_call", callId, name, arguments: checked.written });
    const start = run.clock.now();
    const deadline = withDeadline(run.clock, remainingMs(run.budget, progress), signal);
    try {
      const context = { signal: deadline.signal, callId, key };
      const result = await attemptTool(progress, checked, context).catch((error: unknown) => {
        if (signal.aborted) throw error;
        return deadline.isOver() ? failed("The tool did not finish within the time of this turn.") : explain(error);
      });
      const tookMs = run.clock.now() - start;
      run.onStep?.({ kind: "tool_result", callId, name, result, tookMs });
      return { result, tookMs };
    } finally {
      deadline.clear();
    }
  });
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
