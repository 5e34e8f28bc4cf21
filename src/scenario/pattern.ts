const written = /^\/(.+)\/([imsu]*)$/s;

/** `/…/` or `/…/i`: a regular expression; anything else is text as it is. */
export function isPattern(text: string): boolean {
  return written.test(text);
}

/** What is wrong with a regular expression; undefined when nothing. */
export function patternProblem(text: string): string | undefined {
  try {
    // Variables are filled in later.
    patternOf(text.replace(/\$\{[\w.]+\}/g, "x"));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

export function patternOf(text: string): RegExp {
  const [, source = "", flags = ""] = written.exec(text) ?? [];
  return new RegExp(source, flags.includes("u") ? flags : `${flags}u`);
}

/** Text that a regular expression takes literally. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
