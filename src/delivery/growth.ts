import { displayWidth } from "../protocol/text-width.ts";
import { type Block, blocksOf } from "./markdown.ts";

/**
 * How much of a text that is still being written can be shown so that nothing of it has to be taken back: no half word or
 * address, no half heading or quotation, code and tables only whole. Ends behind no blank.
 */
export function settledLength(text: string): number {
  const lines = text.split(/(?<=\n)/);
  let end = text.length;
  let at = 0;
  let fence: { mark: string; start: number } | undefined;
  for (const line of lines) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (!fence && mark) fence = { mark, start: at };
    else if (fence && line.endsWith("\n") && line.trim() === fence.mark) fence = undefined;
    at += line.length;
  }
  if (fence) end = fence.start;
  else end = startOfHeld(lines, text.length);
  const plain = text.slice(0, end);
  const whole = end < text.length ? plain : plain.replace(/[\x21-\x7e]+$/, "").replace(/[\uD800-\uDBFF]$/, "");
  return whole.trimEnd().length;
}

/** The last line, and a table as long as it may go on, wait for their end. */
function startOfHeld(lines: readonly string[], length: number): number {
  let start = length;
  let index = lines.length - 1;
  const last = lines[index] ?? "";
  if (/^\s*[#><]/.test(last) && !last.endsWith("\n")) return start - last.length;
  while (index >= 0 && /^\s*\|/.test(lines[index] ?? "")) start -= (lines[index--] ?? "").length;
  return start;
}

/** Up to here a message is comfortable to read, and from `hard` on it does not go on growing. In columns. */
export interface Room {
  soft: number;
  hard: number;
}

/**
 * Where a message that shows `text` has to end, at a block border behind `shown`: the text's length when it all fits,
 * undefined when there is no such border.
 */
export function borderIn(text: string, shown: number, { soft, hard }: Room): number | undefined {
  if (displayWidth(text) <= soft) return text.length;
  let end = 0;
  let best: number | undefined;
  for (const block of blocksOf(text) as readonly Block[]) {
    end += block.raw.length;
    const width = displayWidth(text.slice(0, end).trimEnd());
    if (end < shown || width > hard) continue;
    if (best === undefined || width <= soft) best = end;
  }
  return best;
}
