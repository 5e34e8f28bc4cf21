import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { signerOf } from "../../src/protocol/signature.ts";
import { startTestEmulator, type TestEmulator } from "../kit/emulator.ts";
import { eventually } from "../kit/processes.ts";

interface Post {
  headers: IncomingHttpHeaders;
  text: string;
  body: { op: number; id: string; t: string; d: Record<string, unknown> };
}

interface Reply {
  status?: number;
  body?: unknown;
}

/** A bot's callback address written for this test alone: it signs with the platform's key and answers what it is told. */
async function startReceiver(secret: string, answer: (post: Post, n: number) => Reply | undefined) {
  const posts: Post[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    request.on("end", () => {
      const post = { headers: request.headers, text, body: JSON.parse(text) as Post["body"] };
      const { plain_token: token, event_ts: time } = post.body.d as { plain_token: string; event_ts: string };
      const isCheck = post.body.op === 13;
      if (!isCheck) posts.push(post);
      const signed = { plain_token: token, signature: isCheck ? signerOf(secret).sign(time, token) : "" };
      const reply = isCheck ? (answer(post, -1) ?? { body: signed }) : answer(post, posts.length);
      if (!reply) return;
      response.writeHead(reply.status ?? 200, { "content-type": "application/json" });
      response.end(JSON.stringify(reply.body ?? { op: 12, d: 0 }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { posts, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/qq` };
}

const soon = { webhookAnswerWithinMs: 150, webhookRetryDelaysMs: [10, 20, 30] };

function say(emulator: TestEmulator, content: string) {
  const c2c = emulator.world.c2c.find(({ user }) => user === "alice")?.id ?? "";
  return emulator.say({ as: "alice", scene: "c2c", id: c2c, content });
}

const ok = (_post: Post, n: number): Reply | undefined => (n === -1 ? undefined : {});

describe("the emulator's webhook", () => {
  it("checks the address, then posts signed events with the platform's headers", async () => {
    const emulator = await startTestEmulator({ appSecret: "demoSecret" });
    const { posts, url } = await startReceiver("demoSecret", ok);
    expect(emulator.isBotConnected()).toBe(false);
    const set = await emulator.control("webhook", { url });
    expect(set).toEqual({ status: 200, body: { url, events: null, waiting: 0, delivered: 0, lost: 0 } });
    expect(emulator.isBotConnected()).toBe(true);
    const { event_id, message_id } = say(emulator, "你好");
    await eventually(() => emulator.webhook().delivered === 1, "the event is taken");
    const [post] = posts;
    expect(post?.body).toMatchObject({ op: 0, id: event_id, t: "C2C_MESSAGE_CREATE", d: { id: message_id } });
    expect(post?.headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": "QQBot-Callback",
      "x-bot-appid": emulator.app.appId,
    });
    const time = String(post?.headers["x-signature-timestamp"]);
    expect(Math.abs(Number(time) * 1000 - Date.now())).toBeLessThan(5000);
    const signature = String(post?.headers["x-signature-ed25519"]);
    expect(signerOf("demoSecret").verify(signature, time, post?.text ?? "")).toBe(true);
    const frame = emulator.frames().findLast(({ path }) => path === url);
    expect(frame).toMatchObject({ dir: "out", kind: "rest", status: 200, data: { response: { op: 12, d: 0 } } });
  });

  it.each([
    ["a status that is no success", { status: 503 }],
    ["op 12 with d 1", { body: { op: 12, d: 1 } }],
    ["silence", undefined],
  ])("brings an event again after %s, with the same id, at most three times", async (_, failure) => {
    const emulator = await startTestEmulator({ seed: { ...defaultSeed, dials: soon } });
    const { posts, url } = await startReceiver(emulator.app.appSecret, (_post, n) => (n <= 0 ? undefined : failure));
    await emulator.setWebhook(url);
    const { event_id } = say(emulator, "hello");
    await eventually(() => emulator.webhook().lost === 1, "the event is given up");
    expect(posts.map(({ body }) => body.id)).toEqual(Array(4).fill(event_id));
    expect(emulator.webhook()).toMatchObject({ waiting: 0, delivered: 0, lost: 1 });
  });

  it("stops at the first answer that takes the event", async () => {
    const emulator = await startTestEmulator({ seed: { ...defaultSeed, dials: soon } });
    const { posts, url } = await startReceiver(emulator.app.appSecret, (_post, n) =>
      n === -1 ? undefined : { status: n === 1 ? 500 : 204 },
    );
    await emulator.setWebhook(url);
    say(emulator, "hello");
    await eventually(() => emulator.webhook().delivered === 1, "the event is taken");
    expect(posts).toHaveLength(2);
  });

  it("refuses addresses elsewhere and answers that are wrong, with the console's codes", async () => {
    const emulator = await startTestEmulator();
    const problem = async (url: string) => {
      const { status, body } = await emulator.control("webhook", { url });
      return `${status} ${(body.error as { field: string; message: string }).message}`;
    };
    for (const url of [
      "https://example.com/qq",
      "http://10.0.0.1/qq",
      "http://127.0.0.1.example.com/",
      "file:///x",
      "x",
    ])
      expect(await problem(url)).toMatch(/^400 only http addresses of this machine/);
    expect(await problem("http://127.0.0.1:1/qq")).toMatch(/^400 10020/);
    const forged = await startReceiver("another secret", ok);
    expect(await problem(forged.url)).toMatch(/^400 13007/);
    const right = await startReceiver(emulator.app.appSecret, ok);
    const { body } = await emulator.control("webhook", { url: right.url, events: ["NO_SUCH_EVENT"] });
    expect(body.error).toEqual({ field: "events", message: "there is no event NO_SUCH_EVENT" });
    expect(emulator.webhook().url).toBeNull();
  });

  it("sends chosen types alone, and goes back to the gateway when the address is removed", async () => {
    const emulator = await startTestEmulator();
    const { posts, url } = await startReceiver(emulator.app.appSecret, ok);
    await emulator.setWebhook(url, ["FRIEND_ADD"]);
    say(emulator, "not wanted");
    emulator.act({ action: "remove_friend", as: "bob" });
    emulator.act({ action: "add_friend", as: "bob" });
    await eventually(() => emulator.webhook().delivered === 1, "the wanted event is taken");
    expect(posts.map(({ body }) => body.t)).toEqual(["FRIEND_ADD"]);
    await emulator.setWebhook(null);
    say(emulator, "to nobody");
    expect(emulator.webhook()).toMatchObject({ url: null, waiting: 0 });
    expect(posts).toHaveLength(1);
  });
});
