import { describe, expect, it } from "vitest";
import { piecesOf } from "../../../src/emulator/page/tags.ts";

describe("QQ's tags in message text", () => {
  it("finds people, channels, everybody and faces among the words", () => {
    expect(piecesOf('好 <@!123> 看 <#456> <qqbot-at-user id="A1" /><qqbot-at-everyone /> <emoji:4> 完')).toEqual([
      { kind: "text", text: "好 " },
      { kind: "person", id: "123" },
      { kind: "text", text: " 看 " },
      { kind: "channel", id: "456" },
      { kind: "text", text: " " },
      { kind: "person", id: "A1" },
      { kind: "everyone" },
      { kind: "text", text: " " },
      { kind: "face", label: "表情4" },
      { kind: "text", text: " 完" },
    ]);
  });

  it("reads the name of a face, and falls back on its number", () => {
    expect(piecesOf('<faceType=1,faceId="14",ext="eyJ0ZXh0Ijoi5b6u56yRIn0=">')).toEqual([
      { kind: "face", label: "微笑" },
    ]);
    expect(piecesOf('<faceType=1,faceId="14",ext="%%%">')).toEqual([{ kind: "face", label: "表情14" }]);
  });

  it("decodes commands, and shows a broken escape as it is", () => {
    expect(piecesOf('<qqbot-cmd-input text="%E6%9F%A5" show="%E7%9C%8B" reference="false" />')).toEqual([
      { kind: "command", text: "查", label: "看", sends: false },
    ]);
    expect(piecesOf("<qqbot-cmd-enter text='100%' />")).toEqual([
      { kind: "command", text: "100%", label: "100%", sends: true },
    ]);
  });

  it("leaves other angle brackets and e-mail addresses alone, and undoes the escapes of guild text once", () => {
    expect(piecesOf("a <b> me@example.com 1 &lt; 2 &amp;lt;")).toEqual([
      { kind: "text", text: "a <b> me@example.com 1 < 2 &lt;" },
    ]);
  });

  it("stays quick on a long text of unfinished tags", () => {
    const startedAt = performance.now();
    piecesOf('<qqbot-at-user id="'.repeat(5000));
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});
