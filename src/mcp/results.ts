import { isRecord } from "../core/json.ts";
import type { Operation } from "../operations/operation.ts";
import { toConcise } from "./concise.ts";
import { type Place, portion, shortened } from "./portion.ts";
import { answerTokens } from "./size.ts";
import { renderText } from "./text.ts";

export interface ToolResult {
  content: { type: "text"; text: string }[];
  structuredContent: Record<string, unknown>;
  isError?: true;
}

/** How a read was asked for; other answers are short by themselves and given whole. */
export interface View extends Place {
  isDetailed: boolean;
}

/**
 * The answer as data and as a short text for clients that show only text. The data always fits the listed schema: a
 * field of a surprising type is left to the text, because a client's check must not turn a sent message into a failure.
 */
export function toResult(operation: Operation, output: unknown, view: View): ToolResult {
  const whole = isRecord(output) ? output : {};
  const { value, note } = bounded(operation, whole, view);
  const odd = oddFields(operation, whole);
  const data = Object.fromEntries(Object.entries(value).filter(([name]) => !odd.includes(name)));
  const shown = isRecord(output) ? value : output;
  const lines = [renderText(shown, operation.name)];
  if (note) lines.push(note);
  if (odd.length > 0) lines.push(`Note: unexpected form of ${odd.join(", ")}; shown here as received.`);
  return { content: [{ type: "text", text: lines.join("\n") }], structuredContent: data };
}

function bounded(operation: Operation, whole: Record<string, unknown>, view: View) {
  if (operation.permission !== "read") return shortened(whole, answerTokens.detailed);
  return view.isDetailed
    ? portion(whole, view, answerTokens.detailed)
    : portion(toConcise(operation, whole), view, answerTokens.concise);
}

function oddFields(operation: Operation, output: Record<string, unknown>): string[] {
  const parsed = operation.output.safeParse(output);
  const names = parsed.success ? [] : parsed.error.issues.map((issue) => String(issue.path[0] ?? ""));
  return [...new Set(names)].filter((name) => name in output);
}
