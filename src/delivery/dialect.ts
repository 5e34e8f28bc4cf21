import { type Token, type Tokens, tokensOf } from "./markdown.ts";

/**
 * Markdown as models write it, in the dialect that QQ's clients show: two levels of headings, `***` for a rule, line breaks
 * that hold, a blank line before lists, nested items by four spaces, a size for every picture. Code and tables stay as they
 * are. Idempotent. Source: markdown page of 2026-09; line breaks and tables as reported by users, unconfirmed.
 */
export function toDialect(text: string): string {
  const tokens = tokensOf(text);
  return tokens.map((token, index) => rendered(token, tokens[index + 1])).join("");
}

function rendered(token: Token, next: Token | undefined): string {
  switch (token.type) {
    case "heading":
      return headingLine(token as Tokens.Heading);
    case "hr":
      return token.raw.replace(/^[^\n]*/, "***");
    case "paragraph":
      return withBreaks(withSizes(token as Tokens.Paragraph)) + (next?.type === "list" ? blankAfter(token.raw) : "");
    case "list":
      return deeper(token.raw);
    default:
      return token.raw;
  }
}

/** Deeper headings than the second are shown with their signs. */
function headingLine({ depth, text, raw }: Tokens.Heading): string {
  if (depth <= 2) return raw;
  const words = /^\*\*.*\*\*$/.test(text) ? text : `**${text}**`;
  return `${words}${/\n*$/.exec(raw)?.[0] ?? ""}`;
}

/** Clients show pictures badly that come without one. Nobody has seen this picture: the size is a guess. */
const guessedSize = "#480px #320px";

function withSizes({ raw, tokens }: Tokens.Paragraph): string {
  let sized = "";
  let at = 0;
  for (const token of tokens) {
    const begin = raw.indexOf(token.raw, at);
    if (begin < 0) continue;
    const end = begin + token.raw.length;
    sized += raw.slice(at, begin) + (token.type === "image" ? withSize(token.raw) : token.raw);
    at = end;
  }
  return sized + raw.slice(at);
}

function withSize(image: string): string {
  if (/^!\[[^\]]*#\d+px #\d+px\]/.test(image)) return image;
  return image.replace(/^!\[([^\]]*)\](?=\()/, (_, name: string) => `![${name.trim() || "图片"} ${guessedSize}]`);
}

function withBreaks(raw: string): string {
  return raw.replace(/(?<!\\)[ \t]*\n(?=[^\n])/g, "  \n");
}

function blankAfter(raw: string): string {
  if (raw.endsWith("\n\n")) return "";
  return raw.endsWith("\n") ? "\n" : "\n\n";
}

/** Only lists that are nested by less than four spaces change, and only outside of code. */
function deeper(raw: string): string {
  if (/^\s*(`{3,}|~{3,})/m.test(raw)) return raw;
  const nested = [...raw.matchAll(/^( +)(?:[-*+]|\d+[.)])\s/gm)].map(([, blanks = ""]) => blanks.length);
  const step = Math.min(...nested);
  if (nested.length === 0 || step >= 4) return raw;
  return raw.replace(/^ +/gm, (blanks) => " ".repeat(Math.round(blanks.length / step) * 4));
}
