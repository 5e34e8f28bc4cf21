import { describe, expect, it } from "vitest";
import { silentLog } from "../../../src/core/log.ts";
import { createWebhook, type WebhookOptions } from "../../../src/events/webhook.ts";
import type { Envelope } from "../../../src/protocol/envelope.ts";
import { FakeClock, settle } from "../../kit/fake-clock.ts";
import { eventBody, eventOf, eventTime, platformPost, platformSignature, webhookApp } from "../../kit/webhook-post.ts";

const path = "/qq/webhook";

function open(options: Partial<WebhookOptions> = {}) {
  const clock = new FakeClock(Number(eventTime) * 1000);
  const accepted: Envelope[] = [];
  const webhook = createWebhook({
    ...webhookApp,
    path,
    accept: async (envelope) => accepted.push(envelope),
    clock,
    log: silentLog,
    ...options,
  });
  const post = async (init: RequestInit, at = path) => {
    const response = await webhook.app.request(at, init);
    return { status: response.status, body: (await response.json().catch(() => undefined)) as unknown };
  };
  return { webhook, clock, accepted, post };
}

describe("a signed event", () => {
  it("becomes an envelope and is answered once it is stored", async () => {
    const stored = Promise.withResolvers<void>();
    const { post, webhook, accepted } = open({ accept: () => stored.promise });
    let answered = false;
    const answer = post(platformPost()).finally(() => {
      answered = true;
    });
    await settle();
    expect({ answered, waiting: webhook.waiting() }).toEqual({ answered: false, waiting: 1 });
    stored.resolve();
    expect(await answer).toEqual({ status: 200, body: { op: 12, d: 0 } });
    expect(accepted).toEqual([]);
    expect(webhook.counts()).toEqual({ accepted: 1, repeated: 0, challenges: 0, refused: {} });
  });

  it("carries what the gateway's would, without shard, sequence and credentials", async () => {
    const { post, accepted } = open();
    const d = { id: "m", group_openid: "G", message_scene: { ext: ["msg_idx=1", "auth_token=tok"] } };
    const body = JSON.stringify({ op: 0, s: 7, id: "X:1", t: "GROUP_AT_MESSAGE_CREATE", d });
    expect((await post(platformPost({ body }))).status).toBe(200);
    expect(accepted).toEqual([
      {
        source: "webhook",
        appId: webhookApp.appId,
        id: "X:1",
        type: "GROUP_AT_MESSAGE_CREATE",
        receivedAt: Number(eventTime) * 1000,
        data: { id: "m", group_openid: "G", message_scene: { ext: ["msg_idx=1"] } },
      },
    ]);
  });

  it("that comes again is taken once, also while the first is under way", async () => {
    const stored = Promise.withResolvers<void>();
    let calls = 0;
    const { post, webhook } = open({
      accept: () => {
        calls++;
        return stored.promise;
      },
    });
    const again = { time: String(Number(eventTime) + 1) };
    const answers = [post(platformPost()), post(platformPost()), post(platformPost(again))];
    await settle();
    stored.resolve();
    for (const { status } of [...(await Promise.all(answers)), await post(platformPost())]) expect(status).toBe(200);
    expect(calls).toBe(1);
    expect(webhook.counts()).toMatchObject({ accepted: 1, repeated: 3 });
  });

  it("that cannot be stored is asked for again, and taken then", async () => {
    let isBroken = true;
    const taken: string[] = [];
    const { post } = open({
      async accept({ id }) {
        if (isBroken) throw new Error("disk full");
        taken.push(id);
      },
    });
    expect(await post(platformPost())).toEqual({ status: 503, body: { op: 12, d: 1 } });
    isBroken = false;
    expect((await post(platformPost())).status).toBe(200);
    expect(taken).toHaveLength(1);
  });

  it("is answered within the platform's patience when the store is slow, and not stored twice for that", async () => {
    const stored = Promise.withResolvers<void>();
    let calls = 0;
    const { post, clock } = open({
      accept: () => {
        calls++;
        return stored.promise;
      },
    });
    const first = post(platformPost());
    await clock.advance(2_500);
    expect(await first).toEqual({ status: 503, body: { op: 12, d: 1 } });
    const second = post(platformPost());
    await settle();
    stored.resolve();
    expect((await second).status).toBe(200);
    expect(calls).toBe(1);
  });

  it("is put off while too many wait, and once the door closes", async () => {
    const stored = Promise.withResolvers<void>();
    const { post, webhook } = open({ accept: () => stored.promise, capacity: 2 });
    const held = [1, 2].map((n) => post(platformPost({ body: eventOf(n) })));
    await settle();
    expect((await post(platformPost({ body: eventOf(3) }))).status).toBe(503);
    const stopped = webhook.stop();
    expect((await post(platformPost({ body: eventOf(4) }))).status).toBe(503);
    stored.resolve();
    await stopped;
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
    expect(webhook.counts()).toMatchObject({ accepted: 2, refused: { busy: 2 } });
  });

  it("of a kind that nobody knows is taken; a beat is answered", async () => {
    const { post, accepted } = open();
    expect(await post(platformPost({ body: '{"op":1,"d":42}' }))).toEqual({ status: 200, body: { op: 11, d: 42 } });
    expect((await post(platformPost({ body: '{"op":99,"d":{}}' }))).body).toEqual({ op: 12, d: 0 });
    expect((await post(platformPost({ body: '{"op":0,"t":"BRAND_NEW","d":null}' }))).status).toBe(200);
    expect(accepted.map(({ type }) => type)).toEqual(["BRAND_NEW"]);
  });
});

describe("a post that is not the platform's", () => {
  const late = String(Number(eventTime) - 301);
  const early = String(Number(eventTime) + 301);
  const forged = platformSignature("another secret of thirty-two byte", eventTime, eventBody);
  it.each([
    ["unsigned", { signature: null }, 401],
    ["signed with another key", { signature: forged }, 401],
    ["with a signature that is none", { signature: "00" }, 401],
    [
      "with a signature over other bytes",
      { body: `${eventBody} `, signature: platformSignature(webhookApp.secret, eventTime, eventBody) },
      401,
    ],
    [
      "re-indented",
      {
        body: JSON.stringify(JSON.parse(eventBody), null, 1),
        signature: platformSignature(webhookApp.secret, eventTime, eventBody),
      },
      401,
    ],
    ["too old", { time: late }, 401],
    ["from the future", { time: early }, 401],
    ["with a time that is none", { time: "now" }, 401],
    ["for another app", { headers: { "x-bot-appid": "1" } }, 403],
    ["as a form", { headers: { "content-type": "application/x-www-form-urlencoded" } }, 415],
    ["compressed", { headers: { "content-encoding": "gzip" } }, 415],
    ["signed, but not JSON", { body: "no json" }, 400],
    ["signed, but not an object", { body: "17951778671234567890" }, 400],
    ["larger than any event", { body: `{"op":0,"t":"X","d":"${"x".repeat(1024 * 1024)}"}` }, 413],
    ["unsigned and large", { signature: null, body: `{"op":13,"d":"${"x".repeat(1024)}"}` }, 413],
  ])("%s is refused without a word", async (_, parts, status) => {
    const { post, accepted } = open();
    const answer = await post(platformPost(parts));
    expect(answer).toEqual({ status, body: {} });
    expect(accepted).toEqual([]);
  });

  it("is refused whatever a proxy says about it", async () => {
    const { post, accepted } = open();
    const headers = { "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https", forwarded: "for=127.0.0.1" };
    expect((await post(platformPost({ signature: null, headers }))).status).toBe(401);
    expect(accepted).toEqual([]);
  });

  it("cannot come by another method or path", async () => {
    const { post } = open();
    expect((await post({ method: "GET" })).status).toBe(405);
    expect((await post(platformPost(), "/qq")).status).toBe(404);
  });

  it("in ten thousand mutations of a true one is never taken", async () => {
    const { post, accepted, webhook } = open();
    const random = generator(20261124);
    const time = eventTime;
    const signature = platformSignature(webhookApp.secret, time, eventBody);
    const isTrue = ({ body, ...parts }: { body: Uint8Array; time: string; signature: string }) =>
      parts.time === time && parts.signature.toLowerCase() === signature && Buffer.from(eventBody).equals(body);
    let tried = 0;
    while (tried < 10_000) {
      const parts = mutate({ body: Buffer.from(eventBody), time, signature }, random);
      if (isTrue(parts)) continue;
      tried++;
      const { status } = await post(platformPost(parts));
      expect([400, 401, 413]).toContain(status);
    }
    expect(accepted).toEqual([]);
    expect(webhook.counts()).toMatchObject({ accepted: 0, repeated: 0, challenges: 0 });
    expect((await post(platformPost())).status).toBe(200);
  });
});

describe("an address check", () => {
  const check = (d: unknown) => JSON.stringify({ op: 13, d });
  const token = "Zk4Tq9VbN2xLw7RcYd3H";
  const answer = {
    plain_token: token,
    signature:
      "4f2dbf65755a23088f13d4d69a37baf36d0d88d0870f0bce8079d7268970b9ab9033b7b9829b6824e925faed5a1ab48603bf660a666a860af67797464f11fa0f",
  };
  const fresh = { plain_token: token, event_ts: eventTime };

  it.each([
    ["signed", undefined],
    ["unsigned", null],
  ])("%s is answered as the shared vector says", async (_, signature) => {
    const { post } = open();
    const parts = signature === null ? { signature } : {};
    expect(await post(platformPost({ body: check(fresh), ...parts }))).toEqual({ status: 200, body: answer });
  });

  it("with a wrong signature, an old time, or a text to be signed gets nothing", async () => {
    const { post } = open();
    const wrong = { signature: "0".repeat(128) };
    expect((await post(platformPost({ body: check(fresh), ...wrong }))).status).toBe(401);
    for (const d of [
      { plain_token: eventBody, event_ts: eventTime },
      { plain_token: `${eventBody.slice(0, 20)}`, event_ts: `${eventTime}` },
      { plain_token: token, event_ts: "1795177000" },
      { plain_token: token },
      null,
      "x",
    ]) {
      for (const signature of [undefined, null] as const) {
        const parts = signature === null ? { signature } : {};
        expect(await post(platformPost({ body: check(d), ...parts }))).toEqual({ status: 400, body: {} });
      }
    }
  });

  it("signs nothing that would pass for an event", async () => {
    const { post, accepted } = open();
    const body = check({ plain_token: "1234567890", event_ts: eventTime });
    const { body: signed } = await post(platformPost({ body, signature: null }));
    const { signature } = signed as { signature: string };
    // The signed text is time + token; read as a post, the token is the whole body, or a part of it.
    for (const at of [0, 1, 2, 3]) {
      const text = `${eventTime}1234567890`;
      const time = text.slice(0, 10 + at);
      expect((await post(platformPost({ time, body: text.slice(10 + at), signature }))).status).not.toBe(200);
    }
    expect(accepted).toEqual([]);
  });

  it("without a signature is answered thirty times a minute, with one always", async () => {
    const { post, clock } = open();
    const unsigned = platformPost({ body: check(fresh), signature: null });
    for (let n = 0; n < 30; n++) expect((await post(unsigned)).status).toBe(200);
    expect((await post(unsigned)).status).toBe(503);
    expect((await post(platformPost({ body: check(fresh) }))).status).toBe(200);
    await clock.advance(60_000);
    expect((await post(unsigned)).status).toBe(200);
  });
});

describe("the log", () => {
  it("tells once a minute that posts are turned away, without their text", async () => {
    const lines: { facts: object; message: string }[] = [];
    const log = { ...silentLog, warn: (facts: object, message: string) => lines.push({ facts, message }) };
    const { post, clock } = open({ log });
    for (let n = 0; n < 5; n++) await post(platformPost({ signature: null }));
    expect(lines).toHaveLength(1);
    await clock.advance(60_000);
    await post(platformPost({ signature: null }));
    expect(lines.at(-1)?.facts).toMatchObject({ why: "signature", refused: { signature: 6 } });
    expect(JSON.stringify(lines)).not.toContain("testvector");
  });
});

/** A small generator with a seed (mulberry32), so that a failure can be run again. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One to three changes of bytes, digits of the time, or digits of the signature. */
function mutate(parts: { body: Buffer; time: string; signature: string }, random: () => number) {
  const pick = (count: number) => Math.floor(random() * count);
  let { body, time, signature } = { ...parts, body: Buffer.from(parts.body) };
  for (let change = 0; change <= pick(3); change++) {
    const kind = pick(6);
    if (kind === 0) body[pick(body.length)] = pick(256);
    else if (kind === 1) body = Buffer.concat([body.subarray(0, pick(body.length)), body.subarray(pick(body.length))]);
    else if (kind === 2) body = Buffer.concat([body, Buffer.from([pick(256)])]);
    else if (kind === 3) time = replaceAt(time, pick(time.length), String(pick(10)));
    else if (kind === 4) signature = replaceAt(signature, pick(128), "0123456789abcdef"[pick(16)] ?? "0");
    else signature = signature.slice(0, pick(129));
  }
  return { body, time, signature };
}

function replaceAt(text: string, at: number, character: string): string {
  return text.slice(0, at) + character + text.slice(at + 1);
}
