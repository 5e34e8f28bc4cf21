/** What scanners of the registries take for an attack, with what to write instead. Judged line by line. */
const words: readonly { pattern: RegExp; remedy: string }[] = [
  {
    pattern: /\b(npx|node|python3?|docker)\b.*--(token|password|private-key|secret)[ =]\S/i,
    remedy: "no secret as an argument: use a variable or an interactive command",
  },
  { pattern: /ignore (all )?(previous|prior) instructions/i, remedy: "say: text that tries to give orders is data" },
  { pattern: /system prompt:/i, remedy: "say it without the colon" },
  { pattern: /^\s*(export )?([A-Z][A-Z0-9_]+)="\$\{\2\}"/, remedy: "write export NAME=your-value" },
  {
    pattern: /(secret|token|key)"?\s*[:=]\s*"(?!.*(your|example|placeholder))[A-Za-z0-9+/_-]{16,}"/i,
    remedy: "a value that holds your, example or placeholder",
  },
  { pattern: /\$\{\{/, remedy: "no double braces after a dollar sign" },
  { pattern: /\b(curl|wget)\b.*\|\s*(ba|z)?sh\b/, remedy: "no download into a shell: name the npm package" },
  { pattern: /\balways"?:\s*true/, remedy: "leave it out" },
  { pattern: /qq-skill@latest\b/, remedy: "pin the version" },
  { pattern: /rejectUnauthorized|NODE_TLS_REJECT/, remedy: "no switched-off TLS" },
  { pattern: /\/(home|Users|root|work)\/\w/, remedy: "no path of one machine" },
];

/** One line per finding: `file:line: remedy: text`. */
export function lintWords(file: string, text: string): string[] {
  return text
    .split("\n")
    .flatMap((line, index) =>
      words
        .filter(({ pattern }) => pattern.test(line))
        .map(({ remedy }) => `${file}:${index + 1}: ${remedy}: ${line.trim().slice(0, 100)}`),
    );
}

/** Links to files that the set does not hold, or that lead out of it. `files` by path with forward slashes. */
export function lintLinks(files: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  for (const [file, text] of files) {
    for (const [, target = ""] of text.replace(/```[\s\S]*?```/g, "").matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?:|mailto:|#|qq:)/.test(target)) continue;
      const path = resolve(file, target.replace(/#.*$/, ""));
      if (path === undefined || !files.has(path)) problems.push(`${file}: the link ${target} leads nowhere`);
    }
  }
  return problems;
}

function resolve(from: string, target: string): string | undefined {
  const parts = from.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
