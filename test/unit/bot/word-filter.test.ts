import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWordFilter } from "../../../src/bot/word-filter.ts";

describe("the word filter", () => {
  const filter = createWordFilter(["敏感词", "Ass", "bad word"]);

  it.each([
    ["这是敏感词。", "这是＊＊＊。"],
    ["敏\u200b感\u2060词", "＊＊＊＊＊"],
    ["ＡＳＳ and aSs", "＊＊＊ and ＊＊＊"],
    ["a class, an assembly", "a class, an assembly"],
    ["a bad word", "a ＊＊＊＊＊＊＊＊"],
    ["敏感 词", "敏感 词"],
    ["什么都没有", "什么都没有"],
  ])("makes of %j %j", (text, masked) => {
    expect(filter.mask(text)).toBe(masked);
    expect(filter.has(text)).toBe(masked !== text);
  });

  it("holds back an end that may become a listed word, and nothing else", () => {
    expect(["这是", "这是敏", "这是敏感", "这是敏感词"].map((text) => filter.maskGrowing(text))).toEqual([
      ...["这是", "这是", "这是", "这是＊＊＊"],
    ]);
    expect(["an ass", "an assembly", "an ass."].map((text) => filter.maskGrowing(text))).toEqual([
      ...["an ", "an assembly", "an ＊＊＊."],
    ]);
  });

  it("shows nothing behind a listed word that a longer one may cover yet", () => {
    const both = createWordFilter(["b", "b b"]);
    expect([both.maskGrowing("b "), both.maskGrowing("b b."), both.mask("b b.")]).toEqual(["＊", "＊＊＊.", "＊＊＊."]);
  });

  it("shows of a growing text only what the finished one begins with, and never a listed word", () => {
    const sign = fc.constantFrom("a", "b", "B", "é", "坏", "词", " ", "\u200b", "😀");
    const some = fc.array(sign, { minLength: 1, maxLength: 3 }).map((signs) => signs.join(""));
    fc.assert(
      fc.property(fc.array(some, { maxLength: 4 }), fc.array(sign, { maxLength: 12 }), (words, signs) => {
        const tried = createWordFilter(words);
        const whole = tried.mask(signs.join(""));
        expect(tried.has(whole)).toBe(false);
        for (let length = 0; length <= signs.length; length++) {
          const shown = tried.maskGrowing(signs.slice(0, length).join(""));
          expect(whole.startsWith(shown)).toBe(true);
          expect(tried.has(shown)).toBe(false);
        }
      }),
    );
  });

  it("with no words changes nothing", () => {
    const none = createWordFilter(["", "  "]);
    expect([none.mask("敏感词"), none.maskGrowing("敏"), none.has("敏感词")]).toEqual(["敏感词", "敏", false]);
  });
});
