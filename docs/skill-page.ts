/** A page of the playbooks is a heading, where it is from, and its parts; an empty line stands between them. */
const note = "由 `npm run docs` 生成，来自程序自己的表；平台的内容截至 2026-11。";
export const table = (head: string, rows: readonly (readonly unknown[])[]) => [
  `| ${head.split(" ").join(" | ")} |`,
  `|${" --- |".repeat(head.split(" ").length)}`,
  ...rows.map((row) => `| ${row.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`),
];
export const page = (title: string, ...parts: readonly (string | readonly string[])[]) =>
  `${[`# ${title}`, note, ...parts.map((part) => (typeof part === "string" ? part : part.join("\n")))].join("\n\n")}\n`;
