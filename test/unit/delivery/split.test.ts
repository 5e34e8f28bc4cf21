import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainText, usesMarkdown } from "../../../src/delivery/markdown.ts";
import { splitText } from "../../../src/delivery/split.ts";
import { displayWidth } from "../../../src/protocol/text-width.ts";

const every = Number.POSITIVE_INFINITY;

describe("splitText", () => {
  it("cuts between blocks before it cuts inside one", () => {
    const parts = splitText(`${"a".repeat(30)}\n\n- one\n- two\n\n${"b".repeat(30)}`, { width: 50, maxParts: every });
    expect(parts).toEqual([`${"a".repeat(30)}\n\n- one\n- two`, "b".repeat(30)]);
  });

  it("closes a fence and opens it again with its language", () => {
    const lines = Array.from({ length: 30 }, (_, n) => `let v${n} = ${n};`);
    const parts = splitText(`before\n\n\`\`\`ts\n${lines.join("\n")}\n\`\`\`\n\nafter`, {
      width: 120,
      maxParts: every,
    });
    expect(parts.length).toBeGreaterThan(3);
    for (const part of parts)
      expect(part.match(/```/g)?.length ?? 0, part).toSatisfy((count: number) => count % 2 === 0);
    expect(parts.filter((part) => part.includes("```ts")).length).toBeGreaterThan(3);
    expect(parts.join("\n").match(/let v\d+/g)).toHaveLength(30);
  });

  it("repeats the head of a table", () => {
    const rows = Array.from({ length: 20 }, (_, n) => `| ${n} | 内容 |`).join("\n");
    const parts = splitText(`| n | x |\n|---|---|\n${rows}`, { width: 80, maxParts: every });
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(part.startsWith("| n | x |\n|---|---|\n")).toBe(true);
  });

  it("cuts a long line after a sentence", () => {
    const parts = splitText("这是第一句话。这是第二句话。这是第三句话。", { width: 30, maxParts: every });
    expect(parts).toEqual(["这是第一句话。这是第二句话。", "这是第三句话。"]);
  });

  it("makes larger parts when there may be only a few, and drops nothing", () => {
    const text = Array.from({ length: 12 }, (_, n) => `第${n}段${"字".repeat(80)}`).join("\n\n");
    for (const maxParts of [1, 2, 3, 5]) {
      const parts = splitText(text, { width: 200, maxParts });
      expect(parts.length).toBeLessThanOrEqual(maxParts);
      expect(parts.join("\n\n")).toBe(text);
    }
  });

  it("never exceeds the width, halves a character or loses a word, whatever the text", () => {
    const piece = fc.constantFrom(
      "字",
      "word ",
      "😀",
      "👨‍👩‍👧",
      "\n",
      "\n\n",
      "。",
      "- a\n",
      "**b** ",
      "> q\n",
      "1. x\n",
      "a".repeat(60),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 80 }), fc.constantFrom(30, 50, 60, 100), (pieces, width) => {
        const text = pieces.join("");
        const parts = splitText(text, { width, maxParts: every });
        for (const part of parts) {
          expect(displayWidth(part)).toBeLessThanOrEqual(width);
          expect(part.isWellFormed()).toBe(true);
        }
        expect(parts.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
      }),
    );
  });
});

describe("usesMarkdown", () => {
  it.each([
    "**b**",
    "# 标题",
    "- a\n- b",
    "`x`",
    "[t](https://q.qq.com)",
    "> 引用",
    "| a |\n|---|\n| 1 |",
    "```\nx\n```",
    "![a](https://q.qq.com/a.png)",
    '<qqbot-at-user id="A" />',
  ])("sees it in %j", (text) => expect(usesMarkdown(text)).toBe(true));

  it.each([
    "你好",
    "2*3*4",
    "a_b_c",
    "1. 好",
    "#话题",
    "https://q.qq.com/a_b",
    "3 > 2",
    "a < b",
    "第一行\n第二行",
    "    缩进",
  ])("sees none in %j", (text) => expect(usesMarkdown(text)).toBe(false));
});

describe("plainText", () => {
  it("keeps words, order, addresses and code, and drops the syntax", () => {
    const text =
      "# 标题\n\n看 **这里** 和 `x*y`：[文档](https://q.qq.com)\n\n1. 一\n2. _二_\n\n```js\nf(a*b)\n```\n\n| 甲 | 乙 |\n|---|---|\n| 1 | **2** |\n\n> 引";
    expect(plainText(text)).toBe(
      "标题\n\n看 这里 和 x*y：文档 (https://q.qq.com)\n\n1. 一\n2. 二\n\nf(a*b)\n\n甲 | 乙\n1 | 2\n\n引",
    );
  });

  it("leaves mentions and entities alone", () => {
    expect(plainText("<@123> a &lt; **b** <#4>")).toBe("<@123> a &lt; b <#4>");
  });
});
