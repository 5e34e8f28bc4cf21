import { cutToWidth, displayWidth } from "../protocol/text-width.ts";
import { type Block, blocksOf } from "./markdown.ts";

/**
 * Parts of at most `width` (display width, CJK = 2), cut at block borders, else at lines, sentences, words. A code fence
 * that has to be cut is closed and opened again, a table repeats its head. When that makes more than `maxParts`, the
 * parts grow instead: no text is ever dropped.
 */
export function splitText(text: string, options: { width: number; maxParts: number }): string[] {
  const maxParts = Math.max(1, options.maxParts);
  const total = displayWidth(text);
  if (total <= options.width) return [text.trim()];
  const blocks = blocksOf(text);
  let width = Math.max(options.width, Math.floor(total / maxParts));
  for (;;) {
    const parts = fill(blocks, width);
    if (parts.length <= maxParts) return parts;
    width = maxParts === 1 ? Number.POSITIVE_INFINITY : Math.ceil(width * 1.2);
  }
}

function fill(blocks: readonly Block[], width: number): string[] {
  const pieces = blocks.flatMap((block) => piecesOf(block, width));
  return join(pieces, width)
    .map((part) => part.replace(/^\n+|\s+$/g, ""))
    .filter((part) => part !== "");
}

/** The block itself when it fits, else pieces of it that do, each whole in its syntax. */
function piecesOf(block: Block, width: number): string[] {
  if (displayWidth(block.raw.trimEnd()) <= width) return [block.raw];
  if (block.kind === "code") return cutFence(block.raw, width);
  if (block.kind === "table") return cutTable(block.raw, width);
  return cutLines(block.raw.split(/(?<=\n)/), width);
}

function cutFence(raw: string, width: number): string[] {
  const lines = raw.replace(/\n+$/, "").split("\n");
  const opening = lines[0] ?? "```";
  const fence = /^\s*(`{3,}|~{3,})/.exec(opening)?.[1] ?? "```";
  const isClosed = lines.length > 1 && (lines.at(-1) ?? "").trim() === fence;
  const inner = lines.slice(1, isClosed ? -1 : undefined).map((line) => `${line}\n`);
  const room = Math.max(20, width - displayWidth(opening) - displayWidth(fence) - 2);
  return join(cutLines(inner, room), room).map((part) => `${opening}\n${part.replace(/\n*$/, "\n")}${fence}\n`);
}

function cutTable(raw: string, width: number): string[] {
  const lines = raw.split(/(?<=\n)/);
  const head = lines.slice(0, 2).join("");
  const rows = cutLines(lines.slice(2), Number.POSITIVE_INFINITY);
  return join(rows, Math.max(20, width - displayWidth(head))).map((part) => head + part.replace(/\n*$/, "\n"));
}

/** Neighbours together as long as they fit; blanks at the end of a part do not count. */
function join(pieces: readonly string[], width: number): string[] {
  const joined: string[] = [];
  // Widths are added up, since measuring the growing text again and again would be quadratic.
  let taken = 0;
  for (const piece of pieces) {
    const visible = displayWidth(piece.trimEnd());
    const last = joined.at(-1);
    if (last !== undefined && taken + visible <= width) {
      joined[joined.length - 1] = last + piece;
      taken += visible + piece.length - piece.trimEnd().length;
    } else {
      joined.push(piece);
      taken = displayWidth(piece);
    }
  }
  return joined;
}

/** Lines, the too long among them cut after a sentence, else after a word, else anywhere but inside a character. */
function cutLines(lines: readonly string[], width: number): string[] {
  return lines.flatMap((line) => {
    const pieces: string[] = [];
    let rest = line;
    while (displayWidth(rest.trimEnd()) > width) {
      const longest = cutToWidth(rest, width);
      const at = bestCut(longest) || longest.length;
      pieces.push(rest.slice(0, at));
      rest = rest.slice(at);
    }
    return [...pieces, rest];
  });
}

/** Where to cut `text` in its second half; 0 when there is no good place. */
function bestCut(text: string): number {
  const half = Math.floor(text.length / 2);
  for (const border of [/[。！？!?；;…]["”’』」）)]*|\.\s/g, /[，,、：:\s]/g]) {
    const last = [...text.matchAll(border)].at(-1);
    const end = last ? last.index + last[0].length : 0;
    if (end > half) return end;
  }
  return 0;
}
