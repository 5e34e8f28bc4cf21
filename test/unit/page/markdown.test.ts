import { describe, expect, it } from "vitest";
import { type Names, renderMarkdown } from "../../../src/emulator/page/markdown.ts";

const names: Names = { person: (id) => (id === "1" ? "小林" : id), channel: () => "公告", everyone: "全体成员" };
const html = (source: string) => renderMarkdown(source, names);

describe("Markdown of the bot", () => {
  it("shows HTML as text, in a line and as a block of its own", () => {
    for (const source of ["a <img src=x onerror=alert(1)> b", "<script>alert(1)</script>", "<div>\nx\n</div>"]) {
      expect(html(source)).not.toMatch(/<(img|script|div)\b/);
      expect(html(source)).toContain("&lt;");
    }
  });

  it("turns QQ's tags into names and commands, also at the start of a line, and not inside code", () => {
    expect(html('<qqbot-at-user id="1" /> 你好')).toContain('<span class="qq-mention">@小林</span> 你好');
    expect(html("看 **<#5>**")).toContain('<strong><span class="qq-mention">#公告</span></strong>');
    expect(html('<qqbot-cmd-enter text="a&quot;b" />')).toContain('data-sends="true"');
    expect(html("`<@1>`")).toContain("<code>&lt;@1&gt;</code>");
  });

  it("escapes names and commands, which strangers choose", () => {
    const evil = renderMarkdown('<@1> <qqbot-cmd-input text="%22%3E%3Cb%3E" />', { ...names, person: () => "<i>" });
    expect(evil).not.toMatch(/<(i|b)>/);
    expect(evil).toContain('data-command="&quot;&gt;&lt;b&gt;"');
  });

  it("reads QQ's picture sizes and command links", () => {
    expect(html("![标 #20px #30px](https://a.example/x.png)")).toContain('alt="标" width="20" height="30"');
    expect(html("[点我](mqqapi://aio/inlinecmd?command=%E6%9F%A5&enter=true)")).toMatch(
      /<button[^>]*data-command="查" data-sends="true">点我<\/button>/,
    );
  });

  it("keeps single line breaks, and opens links in a tab that knows nothing of this one", () => {
    expect(html("a\nb")).toContain("a<br>b");
    expect(html("[x](https://a.example)")).toContain('target="_blank" rel="noopener noreferrer"');
  });
});
