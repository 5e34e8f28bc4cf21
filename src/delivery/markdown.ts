import { lexer, type Token, type Tokens } from "marked";

export type { Token, Tokens } from "marked";

/** The package's own view of a text, for what needs more than blocks. */
export function tokensOf(text: string): Token[] {
  return lexer(text);
}

/** A piece that is not cut without need: `raw` joined over all blocks is the text. */
export interface Block {
  kind: "code" | "table" | "text";
  raw: string;
}

/** Top-level blocks in order, blank lines with the block before them. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  for (const token of lexer(text)) {
    const last = blocks.at(-1);
    if (token.type === "space" && last) last.raw += token.raw;
    else blocks.push({ kind: kindOf(token), raw: token.raw });
  }
  return blocks;
}

function kindOf(token: Token): Block["kind"] {
  if (token.type === "table") return "table";
  return isFence(token) ? "code" : "text";
}

function isFence(token: Token): boolean {
  return token.type === "code" && /^ {0,3}(`{3,}|~{3,})/.test(token.raw);
}

/**
 * Whether a reader would miss something in plain text. Bare addresses, a lone `2*3*4`, indentation and single list items
 * are no sign; the platform's own tags (`<qqbot-…>`) are, since they work in markdown only.
 */
export function usesMarkdown(text: string): boolean {
  return /<qqbot-/.test(text) || lexer(text).some(isMarkup);
}

function isMarkup(token: Token): boolean {
  switch (token.type) {
    case "heading":
    case "hr":
    case "table":
    case "blockquote":
    case "strong":
    case "del":
    case "codespan":
    case "image":
      return true;
    case "code":
      return isFence(token);
    case "list":
      return (token as Tokens.List).items.length > 1 || childrenOf(token).some(isMarkup);
    case "em":
      return /\p{L}/u.test(token.raw);
    case "link":
      return /^[[<]/.test(token.raw);
    default:
      return childrenOf(token).some(isMarkup);
  }
}

function childrenOf(token: Token): Token[] {
  if (token.type === "list") return (token as Tokens.List).items.flatMap((item) => item.tokens);
  return "tokens" in token && token.tokens ? token.tokens : [];
}

/** The same words without the syntax, for places and clients that show plain text only. Addresses stay visible. */
export function plainText(markdown: string): string {
  return lexer(markdown)
    .map(plain)
    .join("")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

function plain(token: Token): string {
  const gap = /\n*$/.exec(token.raw)?.[0] ?? "";
  switch (token.type) {
    case "heading":
    case "paragraph":
      return inline(token) + gap;
    case "blockquote":
      return `${childrenOf(token).map(plain).join("").trimEnd()}${gap}`;
    case "code":
      return `${(token as Tokens.Code).text}${gap || "\n"}`;
    case "table":
      return `${plainTable(token as Tokens.Table)}${gap || "\n"}`;
    case "list":
      return `${plainList(token as Tokens.List)}${gap || "\n"}`;
    case "hr":
      return gap;
    case "html":
      return token.raw.replace(/<\/?qqbot-[^>]*>/g, "");
    case "text":
      return inline(token) + gap;
    default:
      return token.raw;
  }
}

function plainList(list: Tokens.List): string {
  const first = Number(list.start) || 1;
  return list.items
    .map((item, index) => {
      const mark = list.ordered ? `${first + index}.` : "-";
      const words = item.tokens.map(plain).join("").trimEnd();
      return `${mark} ${words.replace(/\n+/g, "\n  ")}`;
    })
    .join("\n");
}

function plainTable(table: Tokens.Table): string {
  const row = (cells: Tokens.TableCell[]) => cells.map((cell) => cell.tokens.map(span).join("")).join(" | ");
  return [table.header, ...table.rows].map(row).join("\n");
}

function inline(token: Token): string {
  const children = childrenOf(token);
  return children.length > 0 ? children.map(span).join("") : token.raw.replace(/\n+$/, "");
}

function span(token: Token): string {
  switch (token.type) {
    case "strong":
    case "em":
    case "del":
      return childrenOf(token).map(span).join("");
    case "codespan":
    case "escape":
      return (token as Tokens.Codespan).text;
    case "br":
      return "\n";
    case "link":
    case "image": {
      const { href } = token as Tokens.Link;
      const words = token.type === "image" ? (token as Tokens.Image).text : childrenOf(token).map(span).join("");
      return words === "" || words === href || !/^[[<!]/.test(token.raw) ? href : `${words} (${href})`;
    }
    case "html":
      return token.raw.replace(/<\/?qqbot-[^>]*>/g, "");
    default: {
      const children = childrenOf(token);
      return children.length > 0 ? children.map(span).join("") : token.raw;
    }
  }
}
