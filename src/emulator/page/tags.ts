/** QQ's inline tags in message text, both the new `<qqbot-…>` forms and the older ones. */
export type Tag =
  | { kind: "person"; id: string }
  | { kind: "everyone" }
  | { kind: "channel"; id: string }
  | { kind: "face"; label: string }
  | { kind: "command"; text: string; label: string; sends: boolean };

export type Piece = { kind: "text"; text: string } | Tag;

const attributes = String.raw`((?:\s+[\w-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*/?>`;
/** Sticky alternatives; a tag that matches none of them stays text. */
const patterns: readonly [RegExp, (match: RegExpMatchArray) => Tag][] = [
  [new RegExp(`<qqbot-at-user${attributes}`, "y"), (m) => ({ kind: "person", id: attribute(m[1], "id") })],
  [new RegExp(`<qqbot-at-everyone${attributes}`, "y"), () => ({ kind: "everyone" })],
  [new RegExp(`<qqbot-cmd-(input|enter)${attributes}`, "y"), command],
  [/<@!?([\w-]+)>/y, (m) => ({ kind: "person", id: m[1] ?? "" })],
  [/<#(\d+)>/y, (m) => ({ kind: "channel", id: m[1] ?? "" })],
  [/<emoji:\s*(\d+)>/y, (m) => ({ kind: "face", label: `表情${m[1]}` })],
  [/<faceType=\d+,faceId="([^"]*)",ext="([^"]*)">/y, (m) => ({ kind: "face", label: faceLabel(m[1], m[2]) })],
  [/@everyone\b/y, () => ({ kind: "everyone" })],
];

/** The tag that starts exactly at `at`, with its length in the text. */
export function tagAt(text: string, at: number): { tag: Tag; length: number } | undefined {
  for (const [pattern, make] of patterns) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) return { tag: make(match), length: match[0].length };
  }
  return undefined;
}

/** First place where a tag may start; -1 when there is none. */
export function nextTag(text: string, from = 0): number {
  for (let at = from; at < text.length; at++) {
    const letter = text[at];
    if ((letter === "<" || letter === "@") && tagAt(text, at)) return at;
  }
  return -1;
}

/** Plain message text cut into words and tags; the HTML escapes of guild text are undone. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < text.length) {
    const next = nextTag(text, at);
    const end = next === -1 ? text.length : next;
    if (end > at) pieces.push({ kind: "text", text: unescapeText(text.slice(at, end)) });
    const found = next === -1 ? undefined : tagAt(text, next);
    if (found) pieces.push(found.tag);
    at = end + (found?.length ?? 0);
  }
  return pieces;
}

function unescapeText(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function attribute(list: string | undefined, name: string): string {
  const match = new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(list ?? "");
  return match?.[1] ?? match?.[2] ?? "";
}

/** Their texts are URL-encoded by the sender; a broken escape is shown as it is. */
function command(match: RegExpMatchArray): Tag {
  const text = decoded(attribute(match[2], "text"));
  return { kind: "command", text, label: decoded(attribute(match[2], "show")) || text, sends: match[1] === "enter" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not URL-encoded after all
  }
}

/** `ext` is base64 of `{"text": "微笑"}`. */
function faceLabel(id: string | undefined, ext: string | undefined): string {
  try {
    const bytes = Uint8Array.from(atob(ext ?? ""), (letter) => letter.codePointAt(0) ?? 0);
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (value !== null && typeof value === "object" && "text" in value && typeof value.text === "string") {
      if (value.text) return value.text.slice(0, 20);
    }
  } catch {
    // an unreadable face is named by its number
  }
  return id ? `表情${id}` : "表情";
}
