import { describe, expect, it } from "vitest";
import { toDialect } from "../../../src/delivery/dialect.ts";

describe("pictures in markdown", () => {
  it.each([
    [
      "look: ![a cat](https://example.com/cat.png) nice",
      "look: ![a cat #480px #320px](https://example.com/cat.png) nice",
    ],
    ["![](https://example.com/a.png)", "![图片 #480px #320px](https://example.com/a.png)"],
    ["![logo #120px #80px](https://example.com/a.png)", "![logo #120px #80px](https://example.com/a.png)"],
    ["`![a](https://x.cn/b)` ![a](https://x.cn/b)", "`![a](https://x.cn/b)` ![a #480px #320px](https://x.cn/b)"],
    ["```\n![a](https://x.cn/b)\n```", "```\n![a](https://x.cn/b)\n```"],
  ])("%j has a size for each, and code is left alone", (text, shown) => {
    expect(toDialect(text)).toBe(shown);
    expect(toDialect(shown)).toBe(shown);
  });
});
