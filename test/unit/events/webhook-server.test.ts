import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { ConfigError } from "../../../src/core/errors.ts";
import { silentLog } from "../../../src/core/log.ts";
import { createWebhook } from "../../../src/events/webhook.ts";
import { startWebhookServer, type WebhookServerOptions } from "../../../src/events/webhook-server.ts";
import { eventOf, platformPost, webhookApp } from "../../kit/webhook-post.ts";

const path = "/qq/webhook";
const now = () => String(Math.floor(Date.now() / 1000));

async function open(options: { accept?: () => Promise<unknown>; limits?: WebhookServerOptions["limits"] } = {}) {
  const accept = options.accept ?? (async () => undefined);
  const webhook = createWebhook({ ...webhookApp, path, accept, clock: systemClock, log: silentLog });
  const { limits } = options;
  const server = await startWebhookServer({ webhook, host: "127.0.0.1", port: 0, ...(limits ? { limits } : {}) });
  onTestFinished(() => server.close(0));
  return { webhook, server, url: `${server.origin}${path}`, port: Number(new URL(server.origin).port) };
}

/** Everything that a raw connection gets back until it is closed, and how long that took. */
function talk(port: number, parts: string[]): Promise<{ text: string; tookMs: number }> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      for (const part of parts) socket.write(part);
    });
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve({ text, tookMs: performance.now() - startedAt }));
    onTestFinished(() => void socket.destroy());
  });
}

const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;

describe("the webhook's server", () => {
  it("takes signed events over HTTP, and none that were changed on the way", async () => {
    const { url, webhook } = await open();
    const posts = Array.from({ length: 100 }, (_, n) => platformPost({ body: eventOf(n), time: now() }));
    const taken = await Promise.all(posts.map((post) => fetch(url, post).then(({ status }) => status)));
    expect(new Set(taken)).toEqual(new Set([200]));
    const changed = posts.map((post, n) => ({ ...post, body: eventOf(n + 1000) }));
    const refused = await Promise.all(changed.map((post) => fetch(url, post).then(({ status }) => status)));
    expect(new Set(refused)).toEqual(new Set([401]));
    expect(webhook.counts()).toMatchObject({ accepted: 100, refused: { signature: 100 } });
  });

  it("cuts callers that dawdle with their headers or their body", async () => {
    const { port } = await open({ limits: { headersMs: 100, requestMs: 200 } });
    const headers = await talk(port, [head]);
    const signed = `${head}content-length: 900\r\nx-signature-ed25519: ${"0".repeat(128)}\r\nx-signature-timestamp: ${now()}\r\n\r\n{`;
    const body = await talk(port, [signed]);
    for (const { text, tookMs } of [headers, body]) {
      expect(text).toMatch(/^HTTP\/1.1 4\d\d/);
      expect(tookMs).toBeLessThan(3000);
    }
  });

  it("does not read on when a body is too large, whatever length it claims", async () => {
    const { port, webhook } = await open();
    const claims = await talk(port, [`${head}content-length: 999999999\r\n\r\n{`]);
    const chunk = `1000\r\n${"x".repeat(4096)}\r\n`;
    const endless = await talk(port, [`${head}transfer-encoding: chunked\r\n\r\n`, chunk, chunk]);
    for (const { text } of [claims, endless]) expect(text).toMatch(/^HTTP\/1.1 413/);
    expect(webhook.counts().refused).toEqual({ size: 2 });
  });

  it("refuses headers that never end", async () => {
    const { port } = await open();
    const { text } = await talk(port, [head, `x-long: ${"x".repeat(20_000)}\r\n\r\n`]);
    expect(text).toMatch(/^HTTP\/1.1 431/);
  });

  it("answers what is under way when it closes, and takes nothing new", async () => {
    const stored = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const { url, server } = await open({
      accept: () => {
        reached.resolve();
        return stored.promise;
      },
    });
    const answer = fetch(url, platformPost({ body: eventOf(1), time: now() }));
    await reached.promise;
    const closed = server.close(3000);
    await expect(fetch(url, platformPost({ body: eventOf(2), time: now() }))).rejects.toThrow();
    stored.resolve();
    expect((await answer).status).toBe(200);
    await closed;
  });

  it("names the setting when its address cannot be had", async () => {
    const { port, webhook } = await open();
    const taken = startWebhookServer({ webhook, host: "127.0.0.1", port });
    await expect(taken).rejects.toMatchObject({ name: "ConfigError", setting: "QQ_BOT_WEBHOOK_PORT" });
    const foreign = startWebhookServer({ webhook, host: "203.0.113.7", port: 0 });
    await expect(foreign).rejects.toBeInstanceOf(ConfigError);
    await expect(foreign).rejects.toMatchObject({ setting: "QQ_BOT_WEBHOOK_HOST" });
  });
});
