import { describe, expect, it } from "vitest";
import { ApiError, NetworkError } from "../../../src/core/errors.ts";
import type { Envelope } from "../../../src/protocol/envelope.ts";
import { settle } from "../../kit/fake-clock.ts";
import { desk, Memory } from "./desk.ts";

const day = 24 * 3_600_000;
const quotaFull = 40034100;
const facts = { service: "bot", method: "POST", path: "/v2/users/{user_openid}/messages", status: 400 };
const refused = (qqCode: number) => new ApiError(`refused ${qqCode}`, { ...facts, qqCode });

/** A private chat in which the person wrote just now, and a platform that takes no plain active messages. */
async function quiet(code = quotaFull, memory = new Memory(), onWakeUp: () => object | Error | "crash" = () => ({})) {
  const at = desk(
    ({ body }) => ((body as { is_wakeup?: boolean }).is_wakeup ? onWakeUp() : refused(code)) as Error,
    memory,
  );
  return Object.assign(at, {
    hears: (id: string) => hear(memory, id),
    say: (text: string, more: object = {}) => at.deliver({ scene: "c2c", text, mayWait: true, key: text, ...more }),
    wakeUps: () => at.bodies().filter((body) => body.is_wakeup === true),
  });
}

let count = 0;

function event(memory: Memory, type: string, data: Envelope["data"]): Envelope {
  return { source: "gateway", appId: "1", id: `${type}:${++count}`, type, receivedAt: memory.clock.now(), data };
}

async function hear(memory: Memory, openid: string): Promise<void> {
  const heard = event(memory, "C2C_MESSAGE_CREATE", {
    id: `m${count}`,
    content: "hi",
    author: { user_openid: openid },
  });
  const { id, type, receivedAt } = heard;
  await memory.store.inbox.accept({ id, dedupeKeys: [id], lane: null, type, receivedAt, payload: heard });
}

describe("where no active message is possible, a private chat", () => {
  it("is woken up once in each period after the person's last message, and not after the last", async () => {
    const at = await quiet();
    await at.hears("place/1");
    let now = 0;
    for (const days of [0, 0.9, 1, 2.9, 3, 6.9, 7, 14, 29.9, 30]) {
      await at.clock.advance(days * day - now);
      now = days * day;
      const { parts } = await at.say(`day ${days}`);
      expect(parts[0], `day ${days}`).toMatchObject(
        [0, 1, 3, 7].includes(days) ? { mode: "wakeup", status: "sent" } : { status: "held" },
      );
    }
    expect(at.wakeUps()).toEqual([0, 1, 3, 7].map((n) => ({ msg_type: 0, content: `day ${n}`, is_wakeup: true })));
    await at.hears("place/1");
    expect((await at.say("again")).parts).toMatchObject([{ mode: "wakeup", status: "sent" }]);
  });

  it("is told so in the notes, and counts what was sent past the outbox", async () => {
    const at = await quiet();
    await at.hears("place/1");
    const body = { msg_type: 0, content: "raw", is_wakeup: true };
    const path = { template: "/v2/users/{user_openid}/messages", path: "/v2/users/place%2F1/messages" };
    await at.delivery.rest.request({ service: "bot", method: "POST", ...path, body });
    expect((await at.say("x")).parts).toMatchObject([{ status: "held" }]);
    await at.clock.advance(day);
    expect(await at.say("y")).toMatchObject({
      parts: [{ mode: "wakeup" }],
      notes: [expect.stringContaining("wake-up message")],
    });
  });

  it("gets none while nothing of that person is kept, nor does a group", async () => {
    const at = await quiet();
    await at.hears("somebody else");
    expect((await at.say("x")).parts).toMatchObject([{ status: "held" }]);
    expect((await at.say("y", { scene: "group" })).parts).toMatchObject([{ status: "held" }]);
    expect(at.wakeUps()).toEqual([]);
  });

  it.each([40034105, 40054013])("gets none where the person wants no active messages (%i)", async (code) => {
    const at = await quiet(code);
    await at.hears("place/1");
    expect((await at.say("x")).parts).toMatchObject([{ status: "held" }]);
    expect((await at.say("y")).parts).toMatchObject([{ status: "held" }]);
    await expect(at.say("z", { mayWait: false })).rejects.toMatchObject({ qqCode: code });
    expect(at.wakeUps()).toEqual([]);
  });

  it("gets none after the switch-off was heard, whatever is refused later, until it is switched on", async () => {
    const at = await quiet();
    await at.hears("place/1");
    await at.delivery.hear(event(at.memory, "C2C_MSG_REJECT", { openid: "place/1" }));
    await expect(at.say("w", { mayWait: false })).rejects.toMatchObject({ qqCode: quotaFull });
    await at.clock.advance(2 * day);
    expect((await at.say("x")).parts).toMatchObject([{ status: "held" }]);
    expect(at.wakeUps()).toEqual([]);
    await at.memory.store.refusals.forget("c2c:place/1", "active");
    expect((await at.say("y")).parts).toMatchObject([{ mode: "wakeup" }]);
  });

  it.each([40034122, 40034123])("holds the message when the platform refuses that too (%i)", async (code) => {
    const at = await quiet(quotaFull, new Memory(), () => refused(code));
    await at.hears("place/1");
    expect(await at.say("x")).toMatchObject({
      parts: [{ status: "held" }],
      notes: [expect.anything(), expect.stringContaining(`${code}`)],
    });
    await expect(at.say("y", { mayWait: false })).rejects.toMatchObject({ qqCode: code });
  });
});

describe("a wake-up whose outcome is open", () => {
  it("is not sent again, neither after lost answers nor after a crash", async () => {
    const lost = await quiet(
      quotaFull,
      new Memory(),
      () => new NetworkError("no answer", { phase: "response", attempts: 1 }),
    );
    await lost.hears("place/1");
    expect((await lost.say("x")).parts).toMatchObject([{ mode: "wakeup", status: "unknown" }]);
    expect((await lost.say("x")).parts).toMatchObject([{ mode: "wakeup", status: "unknown" }]);
    expect((await lost.say("y")).parts).toMatchObject([{ status: "held" }]);
    expect(lost.wakeUps()).toHaveLength(1);

    const memory = new Memory();
    const dying = await quiet(quotaFull, memory, () => "crash");
    await dying.hears("place/1");
    void dying.say("x");
    await settle();
    const next = await quiet(quotaFull, memory);
    expect((await next.say("x")).parts).toMatchObject([{ mode: "wakeup", status: "unknown" }]);
    expect(next.calls).toEqual([]);
    expect(memory.statuses).toEqual(["x#0/1+active 0 failed", "x#0/1+wakeup 0 unknown"]);
  });
});
