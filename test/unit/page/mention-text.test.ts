import { describe, expect, it } from "vitest";
import { withMentions, wordAtCaret } from "../../../src/emulator/page/mention-text.ts";

describe("mentions in the input", () => {
  it("offers people for the @word at the caret, not for an e-mail address", () => {
    expect(wordAtCaret("你好 @小", 5)).toEqual({ from: 3, text: "小" });
    expect(wordAtCaret("@", 1)).toEqual({ from: 0, text: "" });
    expect(wordAtCaret("me@x", 4)).toBeUndefined();
    expect(wordAtCaret("@小周 后", 5)).toBeUndefined();
  });

  it("names people by id, and never takes a name for the start of a longer one", () => {
    const people = [
      { id: "a", name: "小周" },
      { id: "b", name: "小周周" },
    ];
    expect(withMentions("@小周周 和 @小周 和小周", people)).toBe("<@b> 和 <@a> 和小周");
  });
});
