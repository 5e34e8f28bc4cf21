import { isRecord } from "../core/json.ts";
import type { AgentTool } from "./model.ts";

/** How models write a call into their answer when their server does not read it out again; in inline code it is a word. */
const markup =
  /(?<!`)(?:<tool_calls?>|<function(?:_calls?)?>|<function=|<\|tool_calls?(?:_section)?(?:_begin)?\|>|<｜tool▁calls?▁begin｜>|\[TOOL_CALLS\]|<invoke name=)/i;
const fence = /^```[a-z]*\s*([\s\S]*?)\s*(?:```)?$/i;

/**
 * The words of an answer without calls that were written as text. Such a call is never run: whoever makes the model repeat
 * something could otherwise have it act. What is JSON altogether counts as one when it names a tool that is on offer.
 */
export function withoutLeakedCalls(text: string, tools: readonly AgentTool[]): { text: string; isLeaked: boolean } {
  const at = text.search(markup);
  if (at >= 0) return { text: text.slice(0, at).trim(), isLeaked: true };
  return isBareCall(text, tools) ? { text: "", isLeaked: true } : { text, isLeaked: false };
}

/** What of a growing answer can already be told for sure to be words. */
export function wordsSoFar(text: string): string {
  if (/^(```[a-z]*\s*)?[[{]/i.test(text) || /^`{1,3}[a-z]*\s*$/i.test(text)) return "";
  const at = text.search(markup);
  const words = at >= 0 ? text.slice(0, at) : text;
  return words.replace(/[<[][^<>[\]\s]{0,30}$/, "").trim();
}

function isBareCall(text: string, tools: readonly AgentTool[]): boolean {
  const inner = fence.exec(text.trim())?.[1] ?? text.trim();
  if (!/^[[{]/.test(inner)) return false;
  try {
    const parsed: unknown = JSON.parse(inner);
    const calls = Array.isArray(parsed) ? parsed : [parsed];
    return calls.length > 0 && calls.every((call) => namesTool(call, tools));
  } catch {
    // Not JSON: words.
    return false;
  }
}

function namesTool(call: unknown, tools: readonly AgentTool[]): boolean {
  if (!isRecord(call)) return false;
  const { name } = isRecord(call.function) ? call.function : call;
  const input = call.arguments ?? call.parameters ?? (isRecord(call.function) ? call.function.arguments : undefined);
  return input !== undefined && tools.some((tool) => tool.name === name);
}
