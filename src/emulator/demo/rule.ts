import { isRecord } from "../../core/json.ts";
import type { Move } from "./answer.ts";
import { type Dialogue, inTheirWords, type ToolAnswer } from "./dialogue.ts";

/**
 * If the person's words match, `run` looks at what the tools have answered so far and says the next move; it is asked again
 * after every tool result until it speaks.
 */
export interface Rule {
  name: string;
  match: readonly RegExp[];
  run(dialogue: Dialogue, found: RegExpMatchArray): Move;
}

export type Row = Record<string, unknown>;

/** The tool's answer to this very input, or the move that gets it, or the words when there is no way. */
export function consult(dialogue: Dialogue, tool: string, input: Row): { answer: ToolAnswer } | { move: Move } {
  const name = dialogue.offered(tool);
  if (!name) return { move: { say: notOffered(dialogue, tool) } };
  const wanted = JSON.stringify(input);
  const answer = dialogue.answers.findLast((item) => item.name === name && JSON.stringify(item.input) === wanted);
  if (!answer) return { move: { call: [{ name, input }] } };
  return answer.ok ? { answer } : { move: { say: failed(dialogue, answer) } };
}

/** The list in an answer, bare or under any one key. */
export function rowsOf(answer: ToolAnswer): Row[] {
  const { data } = answer;
  const list = Array.isArray(data) ? data : isRecord(data) ? Object.values(data).find(Array.isArray) : undefined;
  return (list ?? []).filter(isRecord);
}

export function field(row: unknown, name: string): string {
  const value = isRecord(row) ? row[name] : undefined;
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function notOffered(dialogue: Dialogue, tool: string): string {
  return inTheirWords(
    dialogue,
    `这件事需要工具 ${tool}，这里没有提供给我：只有机器人的主人（owner）可以让我这样做。`,
    `That needs the tool ${tool}, which I am not given here: only the bot's owner may have me do this.`,
  );
}

function failed(dialogue: Dialogue, answer: ToolAnswer): string {
  const reason = answer.text.trim().slice(0, 300);
  return inTheirWords(
    dialogue,
    `没有成功（${answer.name}）：${reason}`,
    `That did not work (${answer.name}): ${reason}`,
  );
}
