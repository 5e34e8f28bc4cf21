import { isRecord } from "../core/json.ts";
import { wordsSoFar } from "./leaked-calls.ts";
import type { ModelReply, ToolCall } from "./model.ts";
import { shownSoFar, stripThinking } from "./thinking.ts";

const finishReasons = ["stop", "tool_calls", "length", "content_filter"] as const;

/** Puts a Chat Completions answer together, chunk by chunk; a whole non-streamed answer counts as one chunk. */
export interface Completion {
  add(chunk: unknown): void;
  /** True once the server said why it ended: without that, the connection broke off. */
  isFinished(): boolean;
  /** True when nothing at all came. */
  isEmpty(): boolean;
  /** The words so far that are words for sure: no reasoning, and no call written as text. */
  text(): string;
  /** Characters so far. */
  length(): number;
  reply(): ModelReply;
}

interface PendingCall extends ToolCall {
  index: number | undefined;
}

/**
 * Tolerates what compatible servers really send: no role, no index, the name repeated in every delta, two calls under one
 * index, arguments as an object, usage in any chunk or in none.
 */
export function createCompletion(): Completion {
  const calls: PendingCall[] = [];
  let content = "";
  let refusal = "";
  let reasoning = "";
  let unnamed = 0;
  let finish: string | undefined;
  let usage: ModelReply["usage"];

  const addDelta = (delta: Record<string, unknown>) => {
    if (typeof delta.content === "string") content += delta.content;
    if (typeof delta.refusal === "string") refusal += delta.refusal;
    // Under its other name, `reasoning`, no server wants it back.
    if (typeof delta.reasoning_content === "string") reasoning += delta.reasoning_content;
    else if (typeof delta.reasoning === "string") unnamed += delta.reasoning.length;
    if (Array.isArray(delta.tool_calls)) for (const call of delta.tool_calls) if (isRecord(call)) addCall(calls, call);
  };

  return {
    add(chunk) {
      if (!isRecord(chunk)) return;
      usage = readUsage(chunk.usage) ?? usage;
      const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
      if (!isRecord(choice)) return;
      const delta = choice.delta ?? choice.message;
      if (isRecord(delta)) addDelta(delta);
      if (typeof choice.finish_reason === "string") finish = choice.finish_reason;
    },
    isFinished: () => finish !== undefined,
    isEmpty: () => finish === undefined && content === "" && refusal === "" && calls.length === 0,
    text: () => wordsSoFar(shownSoFar(content)),
    length: () =>
      calls.reduce(
        (sum, call) => sum + call.arguments.length,
        content.length + refusal.length + reasoning.length + unnamed,
      ),
    reply() {
      const text = stripThinking(content);
      const known = finishReasons.find((reason) => reason === finish);
      return {
        text: text === "" ? refusal.trim() : text,
        toolCalls: calls
          .filter((call) => call.name !== "")
          .map(({ id, name, arguments: args }) => ({ id, name, arguments: args })),
        finishReason: known ?? "other",
        ...(usage ? { usage } : {}),
        ...(reasoning ? { reasoning } : {}),
      };
    },
  };
}

function addCall(calls: PendingCall[], delta: Record<string, unknown>): void {
  const part = isRecord(delta.function) ? delta.function : {};
  const id = typeof delta.id === "string" ? delta.id : "";
  const name = typeof part.name === "string" ? part.name : "";
  const index = typeof delta.index === "number" ? delta.index : undefined;
  let call = index === undefined ? calls.at(-1) : calls.findLast((known) => known.index === index);
  const isAnother = call !== undefined && id !== "" && name !== "" && call.id !== "" && call.id !== id;
  if (!call || isAnother) {
    call = { index, id: "", name: "", arguments: "" };
    calls.push(call);
  }
  if (call.id === "") call.id = id;
  if (name !== call.name) call.name += name;
  if (typeof part.arguments === "string") call.arguments += part.arguments;
  else if (isRecord(part.arguments)) call.arguments = JSON.stringify(part.arguments);
}

function readUsage(usage: unknown): ModelReply["usage"] | undefined {
  if (!isRecord(usage)) return undefined;
  const inputTokens = Number(usage.prompt_tokens ?? 0);
  const outputTokens = Number(usage.completion_tokens ?? 0);
  return inputTokens + outputTokens > 0 ? { inputTokens, outputTokens } : undefined;
}
