import { readFileSync, statSync } from "node:fs";
import type { Clock } from "../core/clock.ts";
import { ConfigError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";

/** So often a changed file is noticed. */
const lookMs = 2_000;

/**
 * The words of a file, one a line; always the same array while the file is the same. Throws ConfigError when it cannot be
 * read at the start; later the last list stays.
 */
export function watchWordList(path: string | undefined, { clock, log }: { clock: Clock; log: Log }) {
  if (path === undefined) return () => [];
  let words = readWords(path);
  let stamp = stampOf(path);
  let lookedAt = clock.now();
  return (): readonly string[] => {
    if (clock.now() - lookedAt < lookMs) return words;
    lookedAt = clock.now();
    const found = stampOf(path);
    if (found === stamp) return words;
    stamp = found;
    try {
      words = readWords(path);
      log.info({ words: words.length }, "the word filter was read anew");
    } catch (error) {
      log.error({ error }, "the word filter cannot be read any more; the last list stays");
    }
    return words;
  };
}

function stampOf(path: string): string {
  const facts = statSync(path, { throwIfNoEntry: false });
  return `${facts?.mtimeMs} ${facts?.size} ${facts?.ino}`;
}

function readWords(path: string): readonly string[] {
  try {
    const lines = readFileSync(path, "utf8").split(/\r?\n/);
    return lines.map((line) => line.replace(/(^|\s)#.*$/, "").trim()).filter(Boolean);
  } catch (error) {
    throw new ConfigError("QQ_BOT_WORD_FILTER", `QQ_BOT_WORD_FILTER: ${path} cannot be read`, {
      remedy: "Point it to a readable text file with one word a line, or unset it.",
      cause: error,
    });
  }
}
