/** The head of a skill file, between its two lines of dashes. */
export interface FrontMatter {
  lines: readonly string[];
  body: string;
}

/** Throws when the file has no head. */
export function splitFrontMatter(text: string): FrontMatter {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const end = lines.indexOf("---", 1);
  if (lines[0] !== "---" || end < 0) throw new Error("no front matter: the file must begin with a line ---");
  return { lines: lines.slice(1, end), body: lines.slice(end + 1).join("\n") };
}

export function joinFrontMatter({ lines, body }: FrontMatter): string {
  return ["---", ...lines, "---", body].join("\n");
}

/**
 * Reads as the line-wise parsers of the registries do: indentation is ignored, the last of two lines with one key wins,
 * and a block value stays its sign.
 */
export function readLines(lines: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of lines) {
    const cut = line.indexOf(":");
    if (cut < 0 || line.trimStart().startsWith("#")) continue;
    values[line.slice(0, cut).trim()] = unquote(line.slice(cut + 1).trim());
  }
  return values;
}

/** Replaces the value of the first line of that key, wherever it stands; throws when there is none. */
export function withValue(lines: readonly string[], key: string, value: string): string[] {
  const at = lines.findIndex((line) => line.trimStart().startsWith(`${key}:`));
  if (at < 0) throw new Error(`the front matter has no ${key}`);
  return lines.map((line, index) => (index === at ? `${line.slice(0, line.indexOf(":"))}: ${value}` : line));
}

function unquote(value: string): string {
  return /^".*"$/.test(value) ? value.slice(1, -1).replaceAll('\\"', '"') : value;
}
