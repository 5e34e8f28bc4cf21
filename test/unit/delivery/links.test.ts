import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../../src/core/errors.ts";
import { toDialect } from "../../../src/delivery/dialect.ts";
import { applyLinks, defang, hostsIn } from "../../../src/delivery/links.ts";
import { desk, Memory } from "./desk.ts";

const facts = { service: "bot", method: "POST", path: "/v2/groups/{group_openid}/messages", status: 400 };
const refused = (qqCode: number) => new ApiError(`refused ${qqCode}`, { ...facts, qqCode });

describe("addresses", () => {
  it.each([
    ["看 https://q.qq.com/wiki?a=1。", ["q.qq.com"], "看 q．qq．com/wiki?a=1。"],
    ["[文档](https://bot.q.qq.com/x) 和 <https://a.cn>", ["bot.q.qq.com", "a.cn"], "文档 (bot．q．qq．com/x) 和 a．cn"],
    ["![猫 #200px #100px](https://a.com/c.png)", ["a.com"], "猫 (a．com/c．png)"],
    ["打开 file.md 或 Node.js", ["file.md", "node.js"], "打开 file．md 或 Node．js"],
    ["v1.2.3, 3.14, e.g. this, 你好.再见", [], "v1.2.3, 3.14, e.g. this, 你好.再见"],
  ])("are found and written out: %s", (text, hosts, written) => {
    expect(hostsIn(text)).toEqual(hosts);
    expect(defang(text)).toBe(written);
  });

  it("leave nothing behind that counts as one, once written out, whatever the text", () => {
    const piece = fc.oneof(
      fc.webUrl(),
      fc.domain(),
      fc.constantFrom("[x](https://a.com)", "file.md", "`a.sh`", "<https://b.cn/>", "。", " ", "\n", "字", "**"),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const written = defang(pieces.join(" "));
        expect(hostsIn(written)).toEqual([]);
        expect(defang(written)).toBe(written);
      }),
    );
  });

  it("go under the text as buttons by policy, or are dropped behind their words", () => {
    const text = "看 [文档](https://q.qq.com/a) 或 https://b.com/b";
    expect(applyLinks(text, "text", true)).toEqual({ text: "看 文档 或 b．com/b" });
    const { text: said, keyboard } = applyLinks(text, "button", true);
    expect(said).toBe("看 文档 或 链接 2");
    const button = (label: string, data: string) => ({
      buttons: [{ render_data: { label }, action: { type: 0, data } }],
    });
    const rows = [button("文档", "https://q.qq.com/a"), button("链接 2", "https://b.com/b")];
    expect(keyboard).toMatchObject({ content: { rows } });
    expect(applyLinks(text, "button", false)).toEqual({ text: "看 文档 (q．qq．com/a) 或 b．com/b" });
  });
});

describe("a refused address", () => {
  it.each([40054010, 304003])("is written out in one retry after %i, and at once the next time", async (code) => {
    const { deliver, bodies, replyTo, memory } = desk((_, n) => (n === 1 ? refused(code) : {}));
    const first = await deliver({ scene: "group", text: "看 a.com", replyTo: replyTo(), key: "k" });
    expect(bodies()).toMatchObject([
      { content: "看 a.com", msg_seq: 1 },
      { content: "看 a．com", msg_seq: 2 },
    ]);
    expect(first.notes).toEqual([expect.stringMatching(`written out, not as links: .*${code}`)]);
    expect((await deliver({ scene: "group", text: "看 a.com", replyTo: replyTo(), key: "k" })).parts).toMatchObject([
      { status: "already_sent", msgSeq: 2 },
    ]);
    await deliver({ scene: "group", text: "又是 a.com", replyTo: replyTo() });
    await deliver({ scene: "group", text: "别的 b.com", replyTo: replyTo() });
    expect(bodies().slice(2)).toMatchObject([{ content: "又是 a．com" }, { content: "别的 b.com" }]);
    await memory.clock.advance(25 * 3_600_000);
    await deliver({ scene: "group", text: "过后 a.com" });
    expect(bodies().at(-1)).toMatchObject({ content: "过后 a.com" });
  });

  it("that may as well be refused markdown is sent as words without either", async () => {
    const { deliver, bodies } = desk((_, n) => (n === 1 ? refused(40034104) : {}));
    await deliver({ scene: "group", text: "**看** a.com" });
    expect(bodies().at(-1)).toEqual({ msg_type: 0, content: "看 a．com" });
  });

  it("is retried once only", async () => {
    const { deliver, calls } = desk(() => refused(40054010));
    await expect(deliver({ scene: "group", text: "a.com" })).rejects.toMatchObject({ qqCode: 40054010 });
    expect(calls).toHaveLength(2);
  });
});

describe("a form that the bot has no right to", () => {
  it("is not tried again for a day in that scene, and its parts go as text at once", async () => {
    const at = desk((request) => ("markdown" in (request.body as object) ? refused(40034012) : {}), new Memory());
    await at.deliver({ scene: "group", text: "**a**" });
    await at.deliver({ scene: "group", text: "**b**" });
    await at.deliver({ scene: "c2c", text: "**c**" });
    expect(at.bodies().map((body) => body.content ?? "markdown")).toEqual(["markdown", "a", "b", "markdown", "c"]);
    await at.clock.advance(25 * 3_600_000);
    await at.deliver({ scene: "group", text: "**d**" });
    expect(at.bodies().at(-2)).toHaveProperty("markdown");
  });

  it("is tried again with the next message when only this text was refused", async () => {
    const at = desk((_, n) => (n === 1 ? refused(40034011) : {}));
    await at.deliver({ scene: "group", text: "**a**" });
    await at.deliver({ scene: "group", text: "**b**" });
    expect(at.bodies().at(-1)).toHaveProperty("markdown");
  });
});

describe("QQ's dialect", () => {
  it.each([
    ["### 三级\n\n字", "**三级**\n\n字"],
    ["# 一级\n## 二级", "# 一级\n## 二级"],
    ["第一行\n第二行", "第一行  \n第二行"],
    ["下面：\n- a\n- b", "下面：\n\n- a\n- b"],
    ["- a\n  - b\n    - c", "- a\n    - b\n        - c"],
    ["1. a\n   - b", "1. a\n    - b"],
    ["上\n\n---\n\n下", "上\n\n***\n\n下"],
    ["```js\n### no\n- a\n```", "```js\n### no\n- a\n```"],
    ["|a|b|\n|-|-|\n|1|2|", "|a|b|\n|-|-|\n|1|2|"],
  ])("%j becomes %j", (text, dialect) => {
    expect(toDialect(text)).toBe(dialect);
    expect(toDialect(dialect)).toBe(dialect);
  });

  it("changes no word, whatever the text", () => {
    const line = fc.oneof(
      fc.constantFrom("# t", "#### t **b**", "- a", "  - b", "1. c", "---", "> q", "```", "|a|b|", "|-|-|", ""),
      fc.string({ maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 15 }), (lines) => {
        const text = lines.join("\n");
        const words = (of: string) => of.match(/[\p{L}\p{N}]+/gu) ?? [];
        expect(words(toDialect(text))).toEqual(words(text));
      }),
      { numRuns: 1_000 },
    );
  });
});
