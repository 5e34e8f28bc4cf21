const names = "think|thinking|thought|thoughts|reasoning|reflection|seed:think";
const tags = new RegExp(`[<◁](/?)(?:${names})(?:\\s[^<>]*)?[>▷]`, "gi");
/** The beginning of a tag at the end of what has come so far. */
const halfTag = new RegExp(`[<◁]/?(?:(?:${names})(?:\\s[^<>]*)?|[a-z:]*)$`, "i");
const finalChannel = /^[\s\S]*<\|channel\|>final<\|message\|>/;
const anyChannel = /<\|(?:start|channel)\|>[\s\S]*$/;

/**
 * Removes reasoning that a server left inside the answer: whole blocks anywhere, a block that is never closed (from its
 * tag on, where that begins a line), and everything before a lone closing tag (templates that open the block in the
 * prompt). Tags inside inline code stay: they are what the answer is about.
 */
export function stripThinking(text: string): string {
  return withoutBlocks(withoutChannels(text), "whole").trim();
}

/** The same for an answer that is still being written: nothing that may turn out to be reasoning is in it. */
export function shownSoFar(text: string): string {
  return withoutBlocks(withoutChannels(text), "growing").replace(halfTag, "").trim();
}

function withoutChannels(text: string): string {
  return text.includes("<|") ? text.replace(finalChannel, "").replace(anyChannel, "") : text;
}

function withoutBlocks(text: string, state: "whole" | "growing"): string {
  let shown = "";
  let from = 0;
  let openedAt: number | undefined;
  for (const { 0: tag, 1: slash, index } of text.matchAll(tags)) {
    const end = index + tag.length;
    if (openedAt === undefined && isInCode(text, index, end)) continue;
    if (slash === "") {
      if (openedAt === undefined) shown += text.slice(from, index);
      openedAt ??= index;
    } else {
      if (openedAt === undefined) shown = "";
      from = end;
      openedAt = undefined;
    }
  }
  if (openedAt === undefined) return shown + text.slice(from);
  const beginsLine = /(^|\n)\s*$/.test(text.slice(0, openedAt));
  return state === "growing" || beginsLine ? shown : shown + text.slice(openedAt);
}

/** Between backticks of its own line. */
function isInCode(text: string, start: number, end: number): boolean {
  const before = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  const [after = ""] = text.slice(end).split("\n", 1);
  return before.split("`").length % 2 === 0 && after.includes("`");
}
