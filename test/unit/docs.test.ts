import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const read = (name: string) => readFileSync(join(root, name), "utf8").replaceAll("\r\n", "\n");
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
  "src/README.md",
];

describe.each(pages)("%s", (page) => {
  const text = read(page);

  it("shows code that stands in the file it names", () => {
    for (const [, indent = "", file = "", shown = ""] of text.matchAll(/^( *)```ts (\S+)\n([\s\S]*?)^ *```/gm)) {
      const plain = (code: string) =>
        code
          .split("\n")
          .map((line) => line.trim())
          .join("\n");
      const cut = shown.split("\n").map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
      expect(plain(read(file)), `${page}: ${file}`).toContain(plain(cut.join("\n")));
    }
  });

  it("links to files that exist", () => {
    const links = [...text.replace(/```[\s\S]*?```/g, "").matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(
      ([, target = ""]) => target,
    );
    const files = links.filter((target) => !/^[a-z][\w+.-]*:/.test(target));
    expect(files.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });
});
