import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createRestClient } from "../../../src/rest/client.ts";
import { createHttp, type Http, proxyFor } from "../../../src/rest/http.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function serve(
  handle: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<string> {
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    handle(request, response, Buffer.concat(chunks).toString());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function http(options?: Parameters<typeof createHttp>[0]): Http {
  const made = createHttp(options);
  open.push(() => made.close());
  return made;
}

describe("fetch over the wire", () => {
  it("sends method, headers and body, and reads status, headers and text", async () => {
    const url = await serve((request, response, body) => {
      response.writeHead(418, { "content-type": "application/json", "X-Tps-trace-ID": "t" });
      response.end(JSON.stringify({ method: request.method, auth: request.headers.authorization, body }));
    });
    const response = await http().fetch(`${url}/x`, { method: "POST", headers: { authorization: "A" }, body: "你好" });
    expect([response.status, response.ok, response.headers.get("x-tps-trace-id")]).toEqual([418, false, "t"]);
    expect(await response.json()).toEqual({ method: "POST", auth: "A", body: "你好" });
  });

  it("sends the built-in FormData as multipart with file names", async () => {
    const url = await serve((request, response, body) => response.end(`${request.headers["content-type"]}\n${body}`));
    const form = new FormData();
    form.set("msg_id", "m1");
    form.set("file_image", new Blob(["bytes"]), "a.png");
    const text = await (await http().fetch(url, { method: "POST", body: form })).text();
    expect(text).toMatch(/^multipart\/form-data; boundary=/);
    expect(text).toContain('name="msg_id"\r\n\r\nm1');
    expect(text).toContain('filename="a.png"');
  });

  it("can be read while it arrives, and stopped", async () => {
    const url = await serve((_, response) => {
      response.write("data: 1\n\n");
    });
    const abort = new AbortController();
    const response = await http().fetch(url, { signal: abort.signal });
    const chunks = (response.body as unknown as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    expect(Buffer.from((await chunks.next()).value).toString()).toBe("data: 1\n\n");
    abort.abort();
    await expect(chunks.next()).rejects.toMatchObject({ name: "AbortError" });
  });

  it("tells a closed port from a broken answer", async () => {
    const url = await serve((request) => request.socket.destroy());
    const closed = await serve((_, response) => response.end());
    await open.pop()?.();
    const request = { service: "bot", method: "POST", template: "/x", path: "/x" } as const;
    const at = (baseUrl: string) =>
      createRestClient({ services: { bot: { baseUrl } }, fetch: http().fetch, random: () => 0 }).request(request);
    await expect(at(url)).rejects.toMatchObject({ phase: "response", attempts: 1 });
    await expect(at(closed)).rejects.toMatchObject({ phase: "connect", attempts: 4 });
  });

  it("also works with the built-in fetch, whose failures are wrapped", async () => {
    const closed = await serve((_, response) => response.end());
    await open.pop()?.();
    const client = createRestClient({
      services: { bot: { baseUrl: closed } },
      fetch: globalThis.fetch,
      random: () => 0,
    });
    const call = client.request({ service: "bot", method: "POST", template: "/x", path: "/x" });
    await expect(call).rejects.toMatchObject({ phase: "connect" });
  });
});

describe("the proxy", () => {
  it("is used for other hosts and never for loopback", async () => {
    const proxied: string[] = [];
    const proxy = await serve((request, response) => {
      proxied.push(String(request.url));
      response.end("by proxy");
    });
    const direct = await serve((_, response) => response.end("direct"));
    const { fetch } = http({ proxy });
    expect(await (await fetch("http://api.example.test/a")).text()).toBe("by proxy");
    expect(await (await fetch(direct)).text()).toBe("direct");
    expect(proxied).toEqual(["http://api.example.test/a"]);
  });

  it("that refuses the tunnel means that nothing was sent", async () => {
    const proxy = createServer().on("connect", (_, socket) => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    open.push(() => proxy.close());
    const { fetch } = http({ httpsProxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` });
    const client = createRestClient({
      services: { bot: { baseUrl: "https://api.example.test" } },
      fetch,
      random: () => 0,
    });
    const call = client.request({ service: "bot", method: "POST", template: "/x", path: "/x" });
    await expect(call).rejects.toMatchObject({ phase: "connect", message: expect.stringContaining("403") });
  });

  it.each([
    ["https://api.bot.qq.com", {}, undefined],
    ["https://api.bot.qq.com", { httpsProxy: "H" }, "H"],
    ["http://api.bot.qq.com", { httpsProxy: "H" }, undefined],
    ["http://api.bot.qq.com", { proxy: "P" }, "P"],
    ["https://api.bot.qq.com", { proxy: "P", httpsProxy: "H", noProxy: "*" }, "P"],
    ["https://api.bot.qq.com", { httpsProxy: "H", noProxy: "*" }, undefined],
    ["https://api.bot.qq.com", { httpsProxy: "H", noProxy: "x.com, qq.com" }, undefined],
    ["https://qq.com", { httpsProxy: "H", noProxy: "*.qq.com" }, "H"],
    ["https://api.qq.com", { httpsProxy: "H", noProxy: ".qq.com" }, undefined],
    ["https://notqq.com", { httpsProxy: "H", noProxy: "qq.com" }, "H"],
    ["https://a.com:8443", { httpsProxy: "H", noProxy: "a.com:8443" }, undefined],
    ["https://a.com", { httpsProxy: "H", noProxy: "a.com:8443" }, "H"],
    ["https://127.0.0.1:7717", { proxy: "P", httpsProxy: "H" }, undefined],
    ["https://[::1]:7717", { proxy: "P" }, undefined],
    ["https://localhost", { proxy: "P" }, undefined],
  ])("for %s with %o is %s", (url, options, expected) => {
    expect(proxyFor(new URL(url), options)).toBe(expected);
  });
});
