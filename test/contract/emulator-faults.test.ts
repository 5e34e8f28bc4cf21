import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { keep } from "../../src/cli/subscription.ts";
import { systemClock } from "../../src/core/clock.ts";
import { QQError } from "../../src/core/errors.ts";
import { silentLog } from "../../src/core/log.ts";
import { type FaultInput, faultKinds } from "../../src/emulator/faults.ts";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { createWebhook } from "../../src/events/webhook.ts";
import { startWebhookServer } from "../../src/events/webhook-server.ts";
import type { Envelope } from "../../src/protocol/envelope.ts";
import { openStore } from "../../src/store/store.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { openFaultStage } from "../kit/fault-stage.ts";
import { eventually } from "../kit/processes.ts";
import { RawBot } from "../kit/raw-bot.ts";

type Stage = Awaited<ReturnType<typeof openFaultStage>>;

/** What the emulator says that it did to us. */
function struck(stage: Stage): string[] {
  return stage.emulator.frames().flatMap(({ data }) => {
    const { fault } = (data ?? {}) as { fault?: string };
    return fault === undefined ? [] : [fault];
  });
}

const isLive = (stage: Stage) => () => stage.session.status().state === "live";

function reply({ delivery, clock, alice: id }: Awaited<ReturnType<typeof openFaultStage>>, msgId: string) {
  const replyTo = { msgId, receivedAt: clock.now() };
  return delivery.deliver({ scene: "c2c", id, text: "答", format: "text", replyTo });
}

describe("on the way to the gateway", () => {
  const rows: { fault: FaultInput; afterMs: [number, number] }[] = [
    { fault: { kind: "black_hole" }, afterMs: [10_000, 33_000] },
    { fault: { kind: "withhold_hello" }, afterMs: [10_000, 33_000] },
    { fault: { kind: "withhold_ready" }, afterMs: [30_000, 33_000] },
    { fault: { kind: "start_limit", delay_ms: 60_000 }, afterMs: [60_000, 61_000] },
    { fault: { kind: "bad_gateway", match: "/gateway/bot", count: 5 }, afterMs: [1_000, 20_000] },
    { fault: { kind: "no_answer", match: "/gateway/bot" }, afterMs: [5_000, 40_000] },
    { fault: { kind: "server_error", match: "getAppAccessToken", count: 4 }, afterMs: [1_000, 60_000] },
    { fault: { kind: "truncated_body", match: "getAppAccessToken" }, afterMs: [0, 10_000] },
    { fault: { kind: "truncated_body", match: "/gateway/bot", count: 5 }, afterMs: [1_000, 10_000] },
    { fault: { kind: "unauthorized", match: "/gateway/bot", count: 3 }, afterMs: [500, 10_000] },
  ];
  it.each(rows)("$fault.kind $fault.match is outlasted", async ({ fault, afterMs: [least, most] }) => {
    const stage = await openFaultStage();
    stage.emulator.addFault(fault);
    void stage.run();
    const tookMs = await stage.passUntil(isLive(stage));
    expect(stage.emulator.faults()).toMatchObject([{ left: 0, hits: fault.count ?? 1 }]);
    expect(struck(stage)).toContain(fault.kind);
    expect(tookMs).toBeGreaterThanOrEqual(least);
    expect(tookMs).toBeLessThanOrEqual(most);
  });

  it("start_limit is said with the time at which it ends", async () => {
    const stage = await openFaultStage();
    stage.emulator.addFault({ kind: "start_limit", delay_ms: 3_600_000 });
    void stage.run();
    await stage.passUntil(() => stage.session.status().state === "waiting");
    const { retryAt = 0, detail } = stage.session.status();
    expect(retryAt - stage.clock.now()).toBe(3_600_000);
    expect(detail).toContain(new Date(retryAt).toISOString());
  });
});

describe("a live session", () => {
  const silent = 40_000 + 40_000 + 5_000;
  const rows: { fault: FaultInput; resumes: boolean; withinMs: number }[] = [
    { fault: { kind: "half_open" }, resumes: true, withinMs: silent + 1_500 },
    { fault: { kind: "drop_acks", count: 2 }, resumes: true, withinMs: silent + 1_500 },
    { fault: { kind: "close", code: 4009 }, resumes: true, withinMs: 1_500 },
    { fault: { kind: "close", code: 1006 }, resumes: true, withinMs: 1_500 },
    { fault: { kind: "close", code: 1000 }, resumes: true, withinMs: 1_500 },
    { fault: { kind: "close", code: 4008 }, resumes: true, withinMs: 80_000 },
    { fault: { kind: "close", code: 4006 }, resumes: false, withinMs: 1_500 },
    { fault: { kind: "close", code: 4900 }, resumes: false, withinMs: 1_500 },
    { fault: { kind: "op7" }, resumes: true, withinMs: 1_500 },
    { fault: { kind: "op9", resumable: true }, resumes: true, withinMs: 9_000 },
    { fault: { kind: "op9" }, resumes: false, withinMs: 9_000 },
  ];
  it.each(rows)("comes back from $fault.kind $fault.code", async ({ fault, resumes, withinMs }) => {
    const stage = await openFaultStage();
    await stage.live();
    const { sessionId } = stage.session.status();
    stage.say("before");
    await stage.passUntil(() => stage.inbox().length === 1);
    stage.emulator.addFault(fault);
    stage.say("in between");
    const tookMs = await stage.passUntil(() => stage.session.status().reconnects === 1 && isLive(stage)());
    expect(stage.session.status().resumed).toBe(resumes ? 1 : 0);
    expect(stage.session.status().sessionId === sessionId).toBe(resumes);
    expect(tookMs).toBeLessThanOrEqual(withinMs);
    stage.say("after");
    // A session that is given up takes with it what the platform held for it.
    const heard = resumes ? ["before", "in between", "after"] : ["before", "after"];
    await stage.passUntil(() => stage.inbox().length >= heard.length);
    expect(stage.inbox().map(({ data }) => (data as { content: string }).content)).toEqual(heard);
  });

  it.each([4914, 4915])("ends for good on %i", async (code) => {
    const stage = await openFaultStage();
    await stage.live();
    stage.emulator.addFault({ kind: "close", code });
    const { error } = await stage.settled(stage.run());
    expect(error).toMatchObject({ name: "GatewayError", closeCode: code, fatal: true });
  });

  it("identifies anew when its session has expired meanwhile", async () => {
    const stage = await openFaultStage();
    await stage.live();
    const { sessionId } = stage.session.status();
    stage.emulator.addFault({ kind: "session_expired" });
    stage.emulator.addFault({ kind: "op7" });
    await stage.passUntil(() => isLive(stage)() && stage.session.status().sessionId !== sessionId);
    expect(struck(stage)).toEqual(["op7", "session_expired"]);
    stage.say("after");
    await stage.passUntil(() => stage.inbox().length === 1);
  });

  it("takes the token of a new look when the old one is gone early", async () => {
    const stage = await openFaultStage();
    await stage.live();
    stage.emulator.addFault({ kind: "token_expired", match: "/gateway/bot" });
    stage.emulator.addFault({ kind: "session_expired" });
    stage.emulator.addFault({ kind: "op7" });
    await stage.passUntil(() => stage.session.status().reconnects === 1 && isLive(stage)());
    expect(struck(stage)).toContain("token_expired");
  });
});

describe("events", () => {
  it("that come late, swapped, twice or under the other type are each kept once", async () => {
    const stage = await openFaultStage();
    await stage.live();
    for (const kind of ["reorder_event", "duplicate_event", "delay_event"] as const) stage.emulator.addFault({ kind });
    stage.emulator.addFault({ kind: "other_type", match: "GROUP_AT" });
    for (const content of ["swapped", "twice", "late", "plain"]) stage.say(content);
    stage.emulator.say({ as: "alice", scene: "group", id: stage.group, content: "both types", mention: true });
    await stage.passUntil(() => stage.inbox().length === 5);
    const sent = stage.emulator.frames().filter(({ dir, data }) => dir === "out" && (data as { id?: string }).id);
    expect(sent).toHaveLength(7);
    const texts = stage.inbox().map(({ data }) => (data as { content: string }).content.trim());
    expect(texts).toEqual(["twice", "swapped", "plain", "both types", "late"]);
    expect(stage.emulator.faults().map(({ hits }) => hits)).toEqual([1, 1, 1, 1]);
  });
});

describe("events that are swapped one after the other", () => {
  it("all arrive", async () => {
    const stage = await openFaultStage();
    await stage.live();
    stage.emulator.addFault({ kind: "reorder_event", count: 3 });
    for (const content of ["a", "b", "c", "d"]) stage.say(content);
    await stage.passUntil(() => stage.inbox().length === 4);
    const texts = stage.inbox().map(({ data }) => (data as { content: string }).content);
    expect(texts).toEqual(["a", "b", "d", "c"]);
  });
});

describe("calls of the bot API", () => {
  const rows: { fault: FaultInput; calls: number }[] = [
    { fault: { kind: "token_expired", match: "/users/@me" }, calls: 2 },
    { fault: { kind: "unauthorized", match: "/users/@me" }, calls: 2 },
    { fault: { kind: "rate_limited", match: "/users/@me", delay_ms: 2_000 }, calls: 2 },
    { fault: { kind: "server_error", match: "/users/@me" }, calls: 2 },
    { fault: { kind: "bad_gateway", match: "/users/@me", count: 2 }, calls: 3 },
    { fault: { kind: "connection_reset", match: "/users/@me" }, calls: 2 },
    { fault: { kind: "no_answer", match: "/users/@me" }, calls: 2 },
    { fault: { kind: "truncated_body", match: "/users/@me" }, calls: 2 },
    { fault: { kind: "truncated_body", match: "getAppAccessToken", count: 2 }, calls: 1 },
    { fault: { kind: "slow_answer", match: "/users/@me" }, calls: 1 },
    { fault: { kind: "slow_body", match: "/users/@me" }, calls: 1 },
  ];
  it.each(rows)("are read in spite of $fault.kind", async ({ fault, calls }) => {
    const stage = await openFaultStage();
    stage.emulator.addFault(fault);
    const { value, error } = await stage.settled(stage.me());
    expect(error).toBeUndefined();
    expect(value?.data).toMatchObject({ username: "示例助手" });
    expect(stage.emulator.frames().filter(({ path }) => path === "/users/@me")).toHaveLength(calls);
  });

  const afterEffect = (["server_error", "bad_gateway", "connection_reset", "no_answer"] as const).map((kind) => ({
    kind,
    after_effect: true,
  }));
  const ambiguous: FaultInput[] = [...afterEffect, { kind: "truncated_body" }, { kind: "slow_body" }];

  it.each(ambiguous)("a reply that arrived before $kind is shown once and known as sent", async (fault) => {
    const stage = await openFaultStage();
    const { message_id: msgId } = stage.say("问");
    stage.emulator.addFault({ ...fault, match: "/messages" });
    const { value, error } = await stage.settled(reply(stage, msgId));
    expect(error).toBeUndefined();
    expect(value?.parts.map(({ status }) => status)).toEqual([expect.stringMatching(/sent/)]);
    expect(stage.fromBot("c2c", stage.alice).map(({ content }) => content)).toEqual(["答"]);
  });

  it.each(ambiguous)("a message without msg_seq that meets $kind is shown at most once", async (fault) => {
    const stage = await openFaultStage();
    stage.emulator.addFault({ ...fault, match: "/messages" });
    const send = () =>
      stage.delivery.deliver({ scene: "channel", id: stage.channel, text: "早", format: "text", key: "morning" });
    await stage.live();
    await stage.settled(send());
    await stage.settled(send());
    expect(stage.fromBot("channel", stage.channel)).toHaveLength(1);
  });

  it("a reply whose token is refused twice is asked for again, and shown once", async () => {
    const stage = await openFaultStage();
    const { message_id: msgId } = stage.say("问");
    stage.emulator.addFault({ kind: "token_expired", match: "/messages", count: 2 });
    const replyTo = { msgId, receivedAt: stage.clock.now() };
    const send = () =>
      stage.delivery.deliver({ scene: "c2c", id: stage.alice, text: "答", format: "text", key: "k", replyTo });
    expect((await stage.settled(send())).error).toMatchObject({ qqCode: 11244, retryable: true });
    expect((await stage.settled(send())).value?.parts).toMatchObject([{ status: "sent" }]);
    expect(stage.fromBot("c2c", stage.alice)).toHaveLength(1);
  });

  it("not_shown: the platform says yes, and nobody sees it", async () => {
    const stage = await openFaultStage();
    const { message_id: msgId } = stage.say("问");
    stage.emulator.addFault({ kind: "not_shown" });
    const { value } = await stage.settled(reply(stage, msgId));
    expect(value?.parts).toMatchObject([{ status: "sent" }]);
    expect(stage.fromBot("c2c", stage.alice)).toEqual([]);
  });

  it("quota_spent: the refusal comes back with what to do, and nothing is repeated", async () => {
    const stage = await openFaultStage();
    stage.emulator.addFault({ kind: "quota_spent", count: null });
    const { error } = await stage.settled(
      stage.delivery.deliver({ scene: "c2c", id: stage.alice, text: "早", format: "text" }),
    );
    expect(error).toBeInstanceOf(QQError);
    expect(error).toMatchObject({ qqCode: 40034100, remedy: expect.any(String) });
    expect(stage.emulator.faults()).toMatchObject([{ hits: 1 }]);
  });
});

describe("posts of the webhook, at our door", () => {
  async function openDoor() {
    const emulator = await startTestEmulator({
      seed: { ...defaultSeed, dials: { webhookRetryDelaysMs: [10] } },
    });
    const { appId, appSecret: secret } = emulator.app;
    const store = openStore({ path: ":memory:", appId, clock: systemClock, log: silentLog });
    const accept = (envelope: Envelope) => keep(store, envelope);
    const webhook = createWebhook({ appId, secret, path: "/qq", accept, clock: systemClock, log: silentLog });
    const server = await startWebhookServer({ webhook, host: "127.0.0.1", port: 0 });
    onTestFinished(async () => {
      await server.close(0);
      store.close();
    });
    await emulator.setWebhook(`${server.origin}/qq`);
    const id = emulator.world.c2c[0]?.id ?? "";
    return {
      ...{ emulator, webhook },
      say: (content: string) => emulator.say({ as: "alice", scene: "c2c", id, content }).event_id,
      kept: () => store.inbox.list({ limit: 100 }).map((event) => event.id),
      done: () => eventually(() => emulator.webhook().waiting === 0, "every post is over"),
    };
  }

  it("a storm of the same event is taken once", async () => {
    const { emulator, webhook, say, kept, done } = await openDoor();
    emulator.addFault({ kind: "webhook_storm", copies: 20 });
    const event = say("hello");
    await done();
    expect(kept()).toEqual([event]);
    expect(emulator.webhook()).toMatchObject({ delivered: 1, lost: 0 });
    expect(webhook.counts()).toMatchObject({ accepted: 1, repeated: 19, refused: {} });
  });

  it.each([
    ["forged_signature", "signature"],
    ["clock_skew", "stale"],
  ] as const)("%s is refused, and the good post after it is taken", async (kind, refusal) => {
    const { emulator, webhook, say, kept, done } = await openDoor();
    emulator.addFault({ kind });
    const event = say("hello");
    await done();
    expect(webhook.counts()).toMatchObject({ accepted: 1, refused: { [refusal]: 1 } });
    emulator.addFault({ kind, count: null });
    say("never good");
    await done();
    expect(kept()).toEqual([event]);
    expect(emulator.webhook()).toMatchObject({ delivered: 1, lost: 1 });
  });
});

describe("what is set", () => {
  it("is listed with what is left, removed one by one or all, and gone after a reset", async () => {
    const { control, ...emulator } = await startTestEmulator();
    const first = await control("faults", { kind: "drop_acks", count: null });
    expect(first).toMatchObject({ status: 200, body: { id: 1, kind: "drop_acks", left: null, hits: 0 } });
    await control("faults", { kind: "op7", count: 2 });
    await control("faults", { kind: "op9" });
    const remove = async (path: string) => {
      const answer = await fetch(`${emulator.url}/_emulator/${path}?token=${emulator.token}`, { method: "DELETE" });
      return { status: answer.status, body: await answer.json() };
    };
    expect(await remove("faults/2")).toEqual({ status: 200, body: { removed: 1 } });
    expect((await remove("faults/2")).status).toBe(404);
    expect((await remove("faults/x")).status).toBe(400);
    expect((await control("faults")).body).toMatchObject({ faults: [{ id: 1 }, { id: 3 }] });
    expect(await remove("faults")).toEqual({ status: 200, body: { removed: 2 } });
    await control("faults", { kind: "op7" });
    emulator.reset();
    expect(emulator.faults()).toEqual([]);
  });

  it.each([
    [{ kind: "explode" }, "kind", "half_open"],
    [{}, "kind", "half_open"],
    [{ kind: "drop_acks", match: "x" }, "match", "drop_acks takes no match"],
    [{ kind: "op7", code: 4009 }, "code", "op7 takes no code"],
    [{ kind: "close", code: 2000 }, "code", "4000 to 4999"],
    [{ kind: "op7", count: 0 }, "count", ""],
    [{ kind: "op7", probability: 0 }, "probability", ""],
    [{ kind: "op7", speed: 1 }, "speed", "unknown field"],
  ])("is refused with the field that is wrong: %o", async (input, field, message) => {
    const { control } = await startTestEmulator();
    const { status, body } = await control("faults", input);
    expect([status, body.error]).toEqual([400, { field, message: expect.stringContaining(message) }]);
  });

  it("strikes at the same occasions for the same seed", async () => {
    const emulator = await startTestEmulator();
    const bot = await new RawBot(emulator).login();
    const run = async (seed: number) => {
      emulator.clearFaults();
      emulator.addFault({ kind: "server_error", count: null, probability: 0.5, seed });
      const statuses: number[] = [];
      for (let call = 0; call < 24; call++) statuses.push((await bot.call("GET", "/users/@me")).status);
      return statuses.join(" ");
    };
    const [first, again, other] = [await run(7), await run(7), await run(8)];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    expect(first).toContain("200");
    expect(first).toContain("500");
  });

  it("is proved here for every kind", () => {
    const source = readFileSync(new URL(import.meta.url), "utf8");
    expect(Object.keys(faultKinds).filter((name) => !source.includes(`"${name}"`))).toEqual([]);
  });
});
