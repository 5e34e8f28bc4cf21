import { describe, expect, it } from "vitest";
import { escapeText, readChatText } from "../../../src/protocol/chat-text.ts";

const zhou = { id: "C05D", name: "小周" };

function read(raw: string, options: { own?: string[]; isEscaped?: boolean } = {}) {
  return readChatText(raw, { ownIds: new Set(options.own), people: [zhou], isEscaped: options.isEscaped ?? false });
}

describe("readChatText", () => {
  it.each([
    [" /天气 深圳 ", "/天气 深圳"],
    ["\u00a0\u200b\ufeff在吗\u200b \u00a0", "在吗"],
    ["<@C05D> 你看", "@小周 你看"],
    ["<@!C05D>你看", "@小周你看"],
    ['<qqbot-at-user id="C05D" /> 你看', "@小周 你看"],
    ["<@UNKNOWN> 你看", "<@UNKNOWN> 你看"],
    ['笑 <faceType=1,faceId="14",ext="eyJ0ZXh0Ijoi5b6u56yRIn0=">!', "笑 [微笑]!"],
    ["<emoji:277><emoji:99999>", "[汪汪][表情]"],
    ["1 < 2 > 0 <@>", "1 < 2 > 0 <@>"],
  ])("reads %j as %j", (raw, text) => {
    expect(read(raw).text).toBe(text);
  });

  it("drops the bot's own mention and the blank behind it, wherever it stands", () => {
    expect(read("<@ME> 状态", { own: ["ME"] }).text).toBe("状态");
    expect(read("请 <@!ME> 总结", { own: ["ME"] }).text).toBe("请 总结");
    expect(read("<@ME> <@C05D> 一起", { own: ["ME"] })).toEqual({ text: "@小周 一起", mentioned: ["C05D"] });
  });

  it("unescapes guild text after its tags are read, once", () => {
    const raw = "看图 &lt;3 &amp;lt; &lt;@!C05D&gt; &amp;amp;";
    expect(read(raw, { isEscaped: true }).text).toBe("看图 <3 &lt; <@!C05D> &amp;");
    expect(read(raw).text).toBe(raw);
  });

  it("never reads tags out of a name", () => {
    const people = [{ id: "C05D", name: "<@ME> $& <emoji:14>" }];
    const result = readChatText("<@C05D> hi", { ownIds: new Set(["ME"]), people, isEscaped: true });
    expect(result).toEqual({ text: "@<@ME> $& <emoji:14> hi", mentioned: ["C05D"] });
  });

  it.each([
    ["not base64 at all", "[微笑]"],
    [btoa("no json"), "[微笑]"],
    [btoa('{"text":7}'), "[微笑]"],
    [btoa('{"text":"[]<>"}'), "[微笑]"],
    ["A".repeat(70_000), "[微笑]"],
  ])("falls back to the face's number for a bad name", (ext, text) => {
    expect(read(`<faceType=1,faceId="14",ext="${ext}">`).text).toBe(text);
    expect(read(`<faceType=6,faceId="0",ext="${ext}">`).text).toBe("[表情]");
  });

  it("undoes what escaping does", () => {
    const text = "a & <b> &lt;c&gt;";
    expect(read(escapeText(text), { isEscaped: true }).text).toBe(text);
  });
});
