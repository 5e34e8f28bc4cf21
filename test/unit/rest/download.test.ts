import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { isMediaUrl, reducedImageUrl } from "../../../src/protocol/media-hosts.ts";
import { createDownload } from "../../../src/rest/download.ts";
import { createHttp } from "../../../src/rest/http.ts";

async function serve(answers: Record<string, (response: ServerResponse) => void>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const answer = answers[request.url ?? ""];
    if (answer) answer(response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const http = createHttp();
  onTestFinished(async () => {
    await http.close();
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, asked, http };
}

describe("an attachment", () => {
  it("is fetched from the local QQ, in full, at most as large as allowed", async () => {
    const { origin, http } = await serve({
      "/whole": (response) => response.end("twelve bytes"),
      "/honest": (response) => response.writeHead(200, { "content-length": "5000" }).end("x".repeat(5000)),
      "/endless": (response) => {
        const more = () => void (response.write("x".repeat(1000)) && setImmediate(more));
        more();
      },
    });
    const download = createDownload({ fetch: http.fetch, localOrigin: origin });
    expect(Buffer.from(await download(`${origin}/whole`, 12)).toString()).toBe("twelve bytes");
    await expect(download(`${origin}/whole`, 11)).rejects.toThrow("more than 0 kB");
    await expect(download(`${origin}/honest`, 4096)).rejects.toThrow("more than 4 kB");
    await expect(download(`${origin}/endless`, 4096)).rejects.toThrow("more than 4 kB");
    await expect(download(`${origin}/gone`, 4096)).rejects.toThrow("HTTP 404");
  });

  it("is never fetched from anywhere else, also not by way of a redirect", async () => {
    const other = await serve({ "/inside": (response) => response.end("secret") });
    const { origin, asked, http } = await serve({
      "/out": (response) => response.writeHead(302, { location: `${other.origin}/inside` }).end(),
      "/in": (response) => response.writeHead(302, { location: "/whole" }).end(),
      "/round": (response) => response.writeHead(302, { location: "/round" }).end(),
      "/whole": (response) => response.end("here"),
    });
    const download = createDownload({ fetch: http.fetch, localOrigin: origin });
    await expect(download(`${origin}/out`, 99)).rejects.toThrow("QQ's hosts");
    await expect(download(`${other.origin}/inside`, 99)).rejects.toThrow("QQ's hosts");
    expect(other.asked).toEqual([]);
    expect(Buffer.from(await download(`${origin}/in`, 99)).toString()).toBe("here");
    await expect(download(`${origin}/round`, 99)).rejects.toThrow("HTTP 302");
    expect(asked.filter((path) => path === "/round")).toHaveLength(4);
    const onReal = createDownload({ fetch: http.fetch });
    await expect(onReal(`${origin}/whole`, 99)).rejects.toThrow("QQ's hosts");
  });

  it.each([
    ["https://multimedia.nt.qq.com.cn/download?appid=1406&fileid=a&rkey=b&spec=0", true],
    ["https://gchat.qpic.cn/qmeetpic/0/0-0-A/0", true],
    ["https://grouptalk.c2c.qq.com/a.wav", true],
    ["http://gchat.qpic.cn/a", false],
    ["https://gchat.qpic.cn:8443/a", false],
    ["https://user:pass@gchat.qpic.cn/a", false],
    ["https://evil-qq.com/a", false],
    ["https://qq.com.evil.example/a", false],
    ["https://127.0.0.1/qq.com", false],
    ["https://[::1]/a", false],
    ["file:///etc/passwd", false],
    ["", false],
  ])("%s: %s", (url, isAllowed) => {
    expect(isMediaUrl(url)).toBe(isAllowed);
  });

  it("is asked for at QQ's middle size where its address names one", () => {
    expect(reducedImageUrl("https://multimedia.nt.qq.com.cn/download?fileid=a&spec=0")).toMatch(/spec=720$/);
    expect(reducedImageUrl("https://gchat.qpic.cn/qmeetpic/1/0-0-A/0")).toMatch(/A\/720$/);
    expect(reducedImageUrl("https://multimedia.nt.qq.com.cn/download?fileid=a&spec=198")).toBeUndefined();
    expect(reducedImageUrl("https://other.myqcloud.com/a/0")).toBeUndefined();
  });
});
