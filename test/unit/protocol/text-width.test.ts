import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutToLength, cutToWidth, displayWidth, signCount } from "../../../src/protocol/text-width.ts";

const family = "👨‍👩‍👧‍👦";

describe("displayWidth", () => {
  it.each([
    ["abc", 3],
    ["微笑", 4],
    ["a微b", 4],
    ["「全角」", 8],
    ["👍", 2],
    [family, 2],
    ["é", 1],
    ["\u200b", 0],
    ["❤️", 2],
    ["", 0],
  ])("%j is %i wide", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe("cutToWidth", () => {
  it("counts CJK as two", () => {
    expect(cutToWidth("今天天气", 5)).toBe("今天");
    expect(cutToWidth("abcdef", 4)).toBe("abcd");
  });

  it.each([30, 50, 60, 100, 2000])("never cuts a sign in half at %i", (width) => {
    const text = `${"x".repeat(width - 1)}😀${family}tail`;
    expect(cutToWidth(text, width)).toBe("x".repeat(width - 1));
    expect(cutToWidth(text, width + 1)).toBe(`${"x".repeat(width - 1)}😀`);
  });

  it("takes at least one sign, so that loops end", () => {
    expect(cutToWidth(`${family}x`, 1)).toBe(family);
    expect(cutToWidth("字", 0)).toBe("字");
    expect(cutToWidth("", 5)).toBe("");
  });
});

describe("any text", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 60 });

  it("is cut to a beginning that fits and is well formed", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 40 }), (whole, width) => {
        const cut = cutToWidth(whole, width);
        expect(whole.startsWith(cut)).toBe(true);
        expect(cut.isWellFormed()).toBe(true);
        expect(displayWidth(cut)).toBeLessThanOrEqual(width);
        if (whole !== "") expect(cut).not.toBe("");
      }),
    );
  });

  it("is as wide as its parts, whichever way it is measured", () => {
    fc.assert(fc.property(text, (ascii) => displayWidth(`${ascii}\n字`) === displayWidth(`${ascii}\n`) + 2));
    expect(displayWidth("a\n字")).toBe(displayWidth("a\nb") + 1);
  });
});

describe("cutToLength", () => {
  it("leaves no lone surrogate", () => {
    expect(cutToLength("ab😀", 3)).toBe("ab");
    expect(cutToLength("ab😀", 4)).toBe("ab😀");
    expect(cutToLength("😀", 1)).toBe("");
  });
});

describe("signCount", () => {
  it("counts what a reader counts", () => {
    expect(signCount(`好${family}a`)).toBe(3);
  });
});
