import { describe, expect, it, vi } from "vitest";
import { ApiError, NetworkError, QQError } from "../../../src/core/errors.ts";
import type { DeliveryReport } from "../../../src/delivery/message.ts";
import { createSettlingGate } from "../../../src/delivery/send-gate.ts";
import type { Envelope } from "../../../src/protocol/envelope.ts";
import { settle } from "../../kit/fake-clock.ts";
import { desk, Memory } from "./desk.ts";

const facts = { service: "bot", method: "POST", path: "/v2/groups/{group_openid}/messages", status: 400 };
const refused = (qqCode: number) => new ApiError(`refused ${qqCode}`, { ...facts, qqCode });
const minute = 60_000;

/** A desk whose sends may leave, until `session` moves the gateway session. */
function connected(script?: Parameters<typeof desk>[0], memory = new Memory()) {
  const gate = createSettlingGate({ clock: memory.clock, settleMs: 2_000 });
  const reports: DeliveryReport[] = [];
  const at = desk(script, memory, { gate, onReport: (report) => reports.push(report) });
  return Object.assign(at, { reports, session: gate.follow });
}

let count = 0;

/** A person's message in the place of all these tests, heard now. */
function heard(at: { clock: Memory["clock"] }, id: string, scene: "group" | "c2c" = "group"): Envelope {
  const place = scene === "group" ? { group_openid: "place/1" } : { author: { user_openid: "place/1" } };
  const type = scene === "group" ? "GROUP_AT_MESSAGE_CREATE" : "C2C_MESSAGE_CREATE";
  return event(at, type, { id, content: "hi", ...place });
}

function event(at: { clock: Memory["clock"] }, type: string, data: Envelope["data"]): Envelope {
  return { source: "gateway", appId: "1", id: `${type}:${++count}`, type, receivedAt: at.clock.now(), data };
}

describe("while the session is down", () => {
  it("nothing leaves, and what waited goes out in order once it is back and settled", async () => {
    const at = connected();
    await at.clock.advance(2_000);
    at.session("down");
    const replyTo = at.replyTo();
    const sent = ["one", "two", "three"].map((text) => at.deliver({ scene: "group", text, replyTo, mayWait: true }));
    await at.clock.advance(5_000);
    at.session("live");
    await at.clock.advance(1_999);
    expect(at.calls).toEqual([]);
    await at.clock.advance(1);
    await Promise.all(sent);
    expect(at.bodies()).toMatchObject([
      { content: "one", msg_seq: 1 },
      { content: "two", msg_seq: 2 },
      { content: "three", msg_seq: 3 },
    ]);
    expect(at.reports).toEqual([]);
  });

  it("puts a message aside after a while, says so, and sends it as the reply that it was when that is still possible", async () => {
    const at = connected();
    at.session("down");
    const sent = at.deliver({ scene: "group", text: "answer", replyTo: at.replyTo(), mayWait: true, key: "k" });
    await at.clock.advance(15_000);
    expect(await sent).toMatchObject({
      parts: [{ status: "held", heldUntil: at.clock.now() + 24 * 60 * minute }],
      notes: [expect.stringContaining("not connected")],
    });
    expect(at.memory.store.outgoing.list(1)).toMatchObject([{ key: "k", state: "held", text: "answer" }]);
    await at.clock.advance(2 * minute);
    at.session("live");
    await at.clock.advance(2_000);
    expect(at.bodies()).toEqual([{ msg_type: 0, content: "answer", msg_id: "m1", msg_seq: 1 }]);
    expect(at.reports.map(({ outcome }) => outcome)).toEqual(["held", "delivered"]);
    const [row] = at.memory.store.outgoing.list(1);
    expect(row).toMatchObject({ state: "open", attempts: [{ status: "sent" }] });
    expect(row?.note).toBeUndefined();
  });

  it("is not lost when the process dies while it goes out at last, nor doubled", async () => {
    const memory = new Memory();
    const dying = connected((_, n) => (n === 1 ? "crash" : {}), memory);
    dying.session("down");
    const sent = dying.deliver({ scene: "group", text: "answer", replyTo: dying.replyTo(), mayWait: true, key: "k" });
    await dying.clock.advance(15_000);
    expect((await sent).parts).toMatchObject([{ status: "held" }]);
    dying.session("live");
    await dying.clock.advance(2_000);
    expect(dying.calls).toHaveLength(1);
    const next = connected(() => refused(40054005), memory);
    await next.delivery.resume([]);
    await next.clock.advance(100);
    expect(next.bodies()).toMatchObject([{ content: "answer", msg_seq: 1 }]);
    expect(memory.statuses).toEqual(["k#0/1 1 sent"]);
    expect(memory.store.outgoing.held()).toEqual([]);
  });

  it("goes out a while later when the network fails just then", async () => {
    const lost = new NetworkError("no answer", { phase: "response", attempts: 1 });
    const at = connected((_, n) => (n === 1 ? lost : {}));
    at.session("down");
    const sent = at.deliver({ scene: "group", text: "answer", replyTo: at.replyTo(), mayWait: true, key: "k" });
    await at.clock.advance(15_000);
    expect((await sent).parts).toMatchObject([{ status: "held" }]);
    at.session("live");
    await at.clock.advance(2 * minute);
    expect(at.calls).toHaveLength(2);
    expect(at.memory.statuses).toEqual(["k#0/1 1 sent"]);
    expect(at.memory.store.outgoing.held()).toEqual([]);
  });

  it("is tried again at one pace, however many messages wait while the platform fails", async () => {
    let isFailing = true;
    const lost = new NetworkError("no answer", { phase: "response", attempts: 1 });
    const at = connected(() => (isFailing ? lost : {}));
    at.session("down");
    const sent = ["one", "two", "three"].map((text) =>
      at.deliver({ scene: "group", text, replyTo: at.replyTo(), mayWait: true, key: text }),
    );
    await at.clock.advance(60_000);
    await Promise.all(sent);
    at.session("live");
    await at.clock.advance(2_000);
    expect(at.calls).toHaveLength(3);
    for (let round = 2; round <= 4; round++) {
      await at.clock.advance(30_000);
      expect(at.calls).toHaveLength(3 * round);
    }
    isFailing = false;
    await at.clock.advance(31_000);
    await settle();
    expect(at.memory.store.outgoing.held()).toEqual([]);
  });

  it("is not called delivered when nobody knows whether it arrived", async () => {
    const at = connected(() => new NetworkError("no answer", { phase: "response", attempts: 1 }));
    at.session("down");
    const sent = at.deliver({ scene: "channel", text: "x", replyTo: at.replyTo(), mayWait: true, key: "k" });
    await at.clock.advance(15_000);
    await sent;
    at.session("live");
    await at.clock.advance(2_000);
    expect(at.memory.attempts).toMatchObject([{ status: "unknown" }]);
    expect(at.reports.at(-1)).toMatchObject({ outcome: "unknown", note: expect.stringContaining("not known") });
  });

  it("waits for a day in all, however often a process takes it up without finding a way", async () => {
    const at = connected(() => refused(40034105));
    await at.deliver({ scene: "group", text: "x", mayWait: true, key: "k" });
    await at.clock.advance(23 * 60 * minute);
    const next = connected(() => refused(40034105), at.memory);
    await next.delivery.resume([]);
    await settle();
    await at.clock.advance(2 * 60 * minute);
    const last = connected(undefined, at.memory);
    await last.delivery.resume([]);
    await settle();
    expect(last.reports).toMatchObject([{ outcome: "expired", key: "k" }]);
  });

  it("leaves though the connection comes back in the very moment in which it is put aside", async () => {
    const memory = new Memory();
    const { outgoing } = memory.store;
    const gate = createSettlingGate({ clock: memory.clock, settleMs: 0 });
    const at = desk(undefined, memory, {
      gate,
      memory: () => ({
        ...memory.store,
        outgoing: {
          ...outgoing,
          async hold(...held) {
            gate.follow("none");
            return outgoing.hold(...held);
          },
        },
      }),
    });
    gate.follow("down");
    const sent = at.deliver({ scene: "group", text: "x", replyTo: at.replyTo(), mayWait: true, key: "k" });
    await at.clock.advance(15_000);
    await sent;
    await settle();
    expect(at.calls).toHaveLength(1);
  });

  it("is not called held when nothing could be written: whoever asked asks again", async () => {
    const at = connected();
    const full = new QQError("config", "the disk is full", { retryable: true });
    const { plan } = at.memory.store.outgoing;
    at.memory.store.outgoing.plan = () => Promise.reject(full);
    at.session("down");
    const sent = at.deliver({ scene: "group", text: "answer", replyTo: at.replyTo(), mayWait: true, key: "k" });
    sent.catch(() => undefined);
    await at.clock.advance(15_000);
    await expect(sent).rejects.toBe(full);
    at.memory.store.outgoing.plan = plan;
    at.session("live");
    await at.clock.advance(2_000);
    expect((await at.deliver({ scene: "group", text: "answer", replyTo: at.replyTo(), key: "k" })).parts).toMatchObject(
      [{ status: "sent" }],
    );
  });

  it("tells the owner when the window closed meanwhile and nothing else is open, and waits for the next message", async () => {
    const at = connected((_, n) => (n === 1 ? refused(40034105) : {}));
    at.session("down");
    const sent = at.deliver({ scene: "group", text: "late", replyTo: at.replyTo(), mayWait: true, key: "k" });
    await at.clock.advance(6 * minute);
    expect((await sent).parts).toMatchObject([{ status: "held" }]);
    at.session("live");
    await at.clock.advance(2_000);
    expect(at.bodies()).toEqual([{ msg_type: 0, content: "late" }]);
    expect(at.reports.at(-1)).toMatchObject({ outcome: "held", key: "k", note: expect.stringContaining("40034105") });
    await at.delivery.hear(heard(at, "m9"));
    expect(at.bodies().at(-1)).toEqual({ msg_type: 0, content: "late", msg_id: "m9", msg_seq: 1 });
    expect(at.reports.at(-1)).toMatchObject({ outcome: "delivered" });
  });

  it("keeps a caller waiting that nobody could serve later", async () => {
    const at = connected();
    at.session("down");
    const sent = at.deliver({ scene: "group", text: "x", replyTo: at.replyTo() });
    await at.clock.advance(minute);
    expect(at.calls).toEqual([]);
    at.session("live");
    await at.clock.advance(2_000);
    expect((await sent).parts).toMatchObject([{ status: "sent" }]);
  });

  it("lets go of whoever gives up, without sending", async () => {
    const at = connected();
    at.session("down");
    const giveUp = new AbortController();
    const sent = at.deliver({ scene: "group", text: "x", replyTo: at.replyTo(), mayWait: true }, giveUp.signal);
    await settle();
    giveUp.abort(new Error("enough"));
    await expect(sent).rejects.toThrow("enough");
    at.session("live");
    await at.clock.advance(2_000);
    expect(at.calls).toEqual([]);
  });

  it("is taken up by the next process, once", async () => {
    const before = connected();
    before.session("down");
    const replyTo = before.replyTo();
    const sent = before.deliver({ scene: "c2c", text: "x", replyTo, mayWait: true, key: "k" });
    await before.clock.advance(15_000);
    await sent;
    const after = connected(undefined, before.memory);
    after.session("live");
    await after.delivery.resume([]);
    await after.clock.advance(2_000);
    expect(after.bodies()).toMatchObject([{ content: "x", msg_id: "m1", msg_seq: 1 }]);
    await connected(undefined, before.memory).delivery.resume([]);
    expect([before.calls, after.calls.length]).toEqual([[], 1]);
  });
});

describe("the way to the reader", () => {
  const late = async (at: ReturnType<typeof connected>) => {
    const replyTo = at.replyTo("old");
    await at.clock.advance(6 * minute);
    return replyTo;
  };

  it("is a newer message of the same conversation when the answered one is too old", async () => {
    const at = connected();
    const replyTo = await late(at);
    await at.delivery.hear(heard(at, "new"));
    await at.delivery.hear({ ...heard(at, "elsewhere"), data: { id: "elsewhere", group_openid: "other" } });
    const result = await at.deliver({ scene: "group", text: "x", replyTo });
    expect(at.bodies()).toEqual([{ msg_type: 0, content: "x", msg_id: "new", msg_seq: 1 }]);
    expect(result.notes).toEqual([expect.stringMatching(/newer message.*window of 5 minutes/)]);
  });

  it("leaves the newer message its last reply, and goes on actively", async () => {
    const at = connected();
    const replyTo = await late(at);
    await at.delivery.hear(heard(at, "new"));
    const modes = [];
    for (let n = 0; n < 6; n++)
      modes.push((await at.deliver({ scene: "group", text: `${n}`, replyTo })).parts[0]?.mode);
    expect(modes).toEqual(["passive", "passive", "passive", "passive", "active", "active"]);
    const own = { msgId: "new", receivedAt: at.clock.now() };
    expect((await at.deliver({ scene: "group", text: "answer", replyTo: own })).parts).toMatchObject([{ msgSeq: 5 }]);
  });

  it("is the newer message too when the platform, not our clock, closed the old one; and it is not asked again", async () => {
    const at = connected((request) => ((request.body as { msg_id: string }).msg_id === "m1" ? refused(40034128) : {}));
    const replyTo = at.replyTo();
    await at.delivery.hear(heard(at, "new"));
    await at.deliver({ scene: "group", text: "one", replyTo });
    await at.deliver({ scene: "group", text: "two", replyTo });
    expect(at.bodies().map(({ msg_id: id }) => id)).toEqual(["m1", "new", "new"]);
  });

  it("keeps the last reply for the turn's answer when a tool speaks before it", async () => {
    const at = connected();
    const replyTo = at.replyTo();
    const said = [];
    for (let n = 0; n < 5; n++)
      said.push((await at.deliver({ scene: "c2c", text: `${n}`, replyTo, keepsLast: true })).parts[0]?.mode);
    expect(said).toEqual(["passive", "passive", "passive", "active", "active"]);
    expect((await at.deliver({ scene: "c2c", text: "answer", replyTo })).parts).toMatchObject([{ mode: "passive" }]);
  });

  it("counts no reply for what was refused", async () => {
    const at = connected((_, n) => (n === 1 ? refused(40034012) : {}));
    const replyTo = at.replyTo();
    const modes = [];
    for (let n = 0; n < 5; n++)
      modes.push((await at.deliver({ scene: "c2c", text: n === 0 ? "**0**" : `${n}`, replyTo })).parts[0]?.mode);
    expect(modes).toEqual(["passive", "passive", "passive", "passive", "active"]);
  });

  it("is not an active message where the person has switched them off, until they are on again", async () => {
    const at = connected();
    const place = { group_openid: "place/1" };
    await at.delivery.hear(event(at, "GROUP_MSG_REJECT", place));
    const held = await at.deliver({ scene: "group", text: "x", mayWait: true });
    expect(held.parts).toMatchObject([{ status: "held" }]);
    expect(at.calls).toEqual([]);
    await at.delivery.hear(event(at, "GROUP_MSG_RECEIVE", place));
    expect(at.bodies()).toMatchObject([{ content: "x" }]);
  });

  it("does not ask again for an active message that was refused, but lets a caller that cannot wait hear the refusal", async () => {
    const at = connected((request) => ("msg_id" in (request.body as object) ? {} : refused(40034105)));
    await at.deliver({ scene: "group", text: "one", mayWait: true });
    await at.deliver({ scene: "group", text: "two", mayWait: true });
    expect(at.calls).toHaveLength(1);
    await expect(at.deliver({ scene: "group", text: "three" })).rejects.toMatchObject({ qqCode: 40034105 });
    await at.delivery.hear(heard(at, "m9"));
    expect(at.bodies().slice(2)).toMatchObject([
      { content: "one", msg_id: "m9", msg_seq: 1 },
      { content: "two", msg_id: "m9", msg_seq: 2 },
    ]);
  });

  it("waits for its turn in the minute's quota of active messages, and for the next day's message by message", async () => {
    const at = connected();
    for (let n = 0; n < 20; n++) await at.deliver({ scene: "group", text: `${n}` });
    const next = at.deliver({ scene: "group", text: "21", mayWait: true });
    await at.clock.advance(minute - 1);
    expect(at.calls).toHaveLength(20);
    await at.clock.advance(1);
    expect((await next).parts).toMatchObject([{ status: "sent" }]);
    const dms = [];
    for (let n = 0; n < 3; n++)
      dms.push((await at.deliver({ scene: "dms", text: `${n}`, mayWait: true })).parts[0]?.status);
    expect(dms).toEqual(["sent", "sent", "held"]);
  });

  it("is found by a message that is put aside in the very moment in which the next one arrives", async () => {
    const memory = new Memory();
    const { outgoing } = memory.store;
    const at = desk(undefined, memory, {
      memory: () => ({
        ...memory.store,
        outgoing: {
          ...outgoing,
          async hold(...held) {
            void at.delivery.hear(heard(at, "m9"));
            await settle();
            return outgoing.hold(...held);
          },
        },
      }),
    });
    await at.delivery.hear(event(at, "GROUP_MSG_REJECT", { group_openid: "place/1" }));
    await at.deliver({ scene: "group", text: "x", mayWait: true });
    await settle();
    expect(at.bodies()).toEqual([{ msg_type: 0, content: "x", msg_id: "m9", msg_seq: 1 }]);
  });

  it("was found, and is called so, though it cannot be written down any more", async () => {
    const memory = new Memory();
    vi.spyOn(memory.store.sends, "settle").mockRejectedValue(new Error("the disk is full"));
    const at = desk(undefined, memory);
    const result = await at.deliver({ scene: "group", text: "x", replyTo: at.replyTo() });
    expect(result.parts).toMatchObject([{ status: "sent", messageId: "sent-1" }]);
  });

  it("ends after a day without one, and the owner hears of it", async () => {
    const at = connected(() => refused(40034105));
    await at.deliver({ scene: "group", text: "x", mayWait: true, key: "k" });
    await at.clock.advance(24 * 60 * minute + 1);
    await at.delivery.hear(heard(at, "m9"));
    expect(at.calls).toHaveLength(1);
    expect(at.reports.at(-1)).toMatchObject({ outcome: "expired", key: "k", text: "x" });
    expect(at.memory.store.outgoing.list(1)).toMatchObject([{ state: "expired" }]);
  });

  it("carries the rest of a long answer over to the next message, each part once", async () => {
    const at = connected((request, n) => {
      if ("msg_id" in (request.body as object)) return n === 2 ? refused(40034128) : {};
      return refused(40034105);
    });
    const text = Array.from({ length: 3 }, (_, n) => `${n}${"字".repeat(900)}`).join("\n\n");
    const first = await at.deliver({ scene: "group", text, replyTo: at.replyTo(), mayWait: true });
    expect(first.parts.map(({ status }) => status)).toEqual(["sent", "held", "held"]);
    await at.delivery.hear(heard(at, "m9"));
    const shown = at.memory.attempts.filter(({ status }) => status === "sent");
    expect(shown.map(({ key, replyId }) => `${key.slice(-12)} ${replyId}`)).toEqual([
      "key-1#0/3 m1",
      "1/3+newer:m9 m9",
      "2/3+newer:m9 m9",
    ]);
  });

  it("tells a caller without a key which parts arrived, rather than let it send them again", async () => {
    const at = connected((_, n) => (n === 2 ? refused(50055001) : {}));
    const text = Array.from({ length: 3 }, () => "字".repeat(900)).join("\n\n");
    const result = await at.deliver({ scene: "group", text, replyTo: at.replyTo() });
    expect(result.parts.map(({ status }) => status)).toEqual(["sent", "failed", "failed"]);
    expect(result.notes.at(-1)).toMatch(/part 2 of 3 was not sent: .*50055001/);
  });
});

describe("what the platform tells later", () => {
  const underReview = () => ({ status: 202, data: {}, audit: { code: 304023, auditId: "a1" } });

  it.each([
    ["MESSAGE_AUDIT_PASS", "approved", "sent"],
    ["MESSAGE_AUDIT_REJECT", "rejected", "rejected"],
  ] as const)("closes a message under review: %s", async (type, outcome, status) => {
    const at = connected(underReview);
    await at.deliver({ scene: "channel", text: "x", key: "k" });
    const verdict = { audit_id: "a1", channel_id: "place/1", ...(outcome === "approved" ? { message_id: "M" } : {}) };
    await at.delivery.hear(event(at, type, verdict));
    await at.delivery.hear(event(at, type, verdict));
    expect(at.reports).toMatchObject([{ outcome, conversation: "channel:place/1", text: "x" }]);
    expect(at.memory.attempts).toMatchObject([{ status, ...(outcome === "approved" ? { messageId: "M" } : {}) }]);
    const again = await at.deliver({ scene: "channel", text: "x", key: "k" });
    expect(again.parts).toMatchObject([{ status: outcome === "approved" ? "already_sent" : "rejected" }]);
    expect(at.calls).toHaveLength(1);
  });

  it("cancels what has not been sent when the message that it answers is recalled", async () => {
    const at = connected();
    const recall = event(at, "PUBLIC_MESSAGE_DELETE", { message: { id: "m1", channel_id: "place/1" } });
    const text = Array.from({ length: 3 }, () => "字".repeat(900)).join("\n\n");
    const replyTo = at.replyTo();
    const running = connected(() => {
      void running.delivery.hear(recall);
      return {};
    }, at.memory);
    const result = await running.deliver({ scene: "channel", text, replyTo });
    expect(result.parts.map(({ status }) => status)).toEqual(["sent", "cancelled", "cancelled"]);
    expect(running.reports).toMatchObject([{ outcome: "cancelled" }]);
  });

  it("cancels what is held for a recalled message", async () => {
    const at = connected();
    at.session("down");
    const sent = at.deliver({ scene: "channel", text: "x", replyTo: at.replyTo(), mayWait: true, key: "k" });
    await at.clock.advance(15_000);
    await sent;
    await at.delivery.hear(event(at, "PUBLIC_MESSAGE_DELETE", { message: { id: "m1", channel_id: "place/1" } }));
    at.session("live");
    await at.clock.advance(2_000);
    expect(at.calls).toEqual([]);
    expect(at.memory.store.outgoing.list(1)).toMatchObject([
      { state: "cancelled", note: expect.stringContaining("recalled") },
    ]);
  });
});
