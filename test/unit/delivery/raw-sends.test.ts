import { describe, expect, it, vi } from "vitest";
import { ApiError, NetworkError } from "../../../src/core/errors.ts";
import { createSettlingGate } from "../../../src/delivery/send-gate.ts";
import { settle } from "../../kit/fake-clock.ts";
import { desk, Memory } from "./desk.ts";

const template = "/v2/groups/{group_openid}/messages";
const post = (body: object, more: object = {}) =>
  ({ service: "bot", method: "POST", template, path: "/v2/groups/place%2F1/messages", body, ...more }) as const;
const group = "group:place/1";

describe("calls that speak past the outbox", () => {
  it("take the next number of the same count, whoever spoke before", async () => {
    const at = desk();
    await at.deliver({ scene: "group", text: "one", replyTo: at.replyTo() });
    await at.delivery.rest.request(post({ msg_type: 0, content: "two", msg_id: "m1" }));
    await at.delivery.rest.request(post({ msg_type: 0, content: "three", msg_id: "m1", msg_seq: 77 }));
    await at.deliver({ scene: "group", text: "four", replyTo: at.replyTo() });
    expect(at.bodies().map(({ msg_seq: seq }) => seq)).toEqual([1, 2, 77, 4]);
    expect(at.memory.store.sends.used(group, "m1")).toBe(4);
    const texts = at.memory.store.outgoing.list(9).map(({ text }) => text);
    expect(texts).toEqual(["four", "three", "two", "one"]);
  });

  it("count typing, active messages and the start of a stream, and a stream once", async () => {
    const at = desk();
    const stream = "/v2/users/{user_openid}/stream_messages";
    const c2c = { template: stream, path: "/v2/users/U/stream_messages" };
    await at.delivery.rest.request(post({ msg_type: 6, msg_id: "m1", input_notify: {} }));
    await at.delivery.rest.request(post({ msg_type: 0, content: "active" }));
    await at.delivery.rest.request(post({ content_raw: "a", msg_id: "m2", input_state: 1, index: 0 }, c2c));
    await at.delivery.rest.request(post({ content_raw: "b", msg_id: "m2", stream_msg_id: "s", index: 1 }, c2c));
    const { sends } = at.memory.store;
    expect([sends.used(group, "m1"), sends.used("c2c:U", "m2")]).toEqual([1, 1]);
    expect(sends.activeTimes({ conversation: group }, 0)).toHaveLength(1);
    expect(at.bodies()[2]).not.toHaveProperty("msg_seq");
  });

  it("count an upload that is sent at once, and no other", async () => {
    const at = desk((_, count) => ({ data: { file_info: `f${count}`, id: `m${count}` } }));
    const files = { template: "/v2/groups/{group_openid}/files", path: "/v2/groups/place%2F1/files" };
    await at.delivery.rest.request(post({ file_type: 2, url: "https://q.qq.com/a.mp4", srv_send_msg: false }, files));
    expect(at.memory.attempts).toEqual([]);
    await at.delivery.rest.request(post({ file_type: 2, url: "https://q.qq.com/a.mp4", srv_send_msg: true }, files));
    expect(at.memory.attempts).toMatchObject([{ status: "sent", messageId: "m2" }]);
    expect(at.memory.store.sends.activeTimes({ conversation: group }, 0)).toHaveLength(1);
    expect(at.bodies()[1]).not.toHaveProperty("msg_seq");
  });

  it.each([
    ["refused", new ApiError("no", { ...facts(), status: 400, qqCode: 40034128 }), "failed", 0],
    ["failing inside the platform", new ApiError("no", { ...facts(), status: 500 }), "unknown", 1],
    ["unanswered", new NetworkError("lost", { phase: "response", attempts: 1 }), "unknown", 1],
    ["unsent", new NetworkError("down", { phase: "connect", attempts: 1 }), "failed", 0],
  ])("that are %s cost what they may have cost", async (_, error, status, used) => {
    const at = desk(() => error);
    await expect(at.delivery.rest.request(post({ msg_type: 0, content: "x", msg_id: "m1" }))).rejects.toBe(error);
    expect(at.memory.attempts).toMatchObject([{ status }]);
    expect(at.memory.store.sends.used(group, "m1")).toBe(used);
  });

  it("fail alone when nothing can be written, and are sent when only the answer cannot", async () => {
    const full = new Error("the disk is full");
    const memory = new Memory();
    const at = desk(undefined, memory);
    const plan = vi.spyOn(memory.store.outgoing, "plan").mockRejectedValue(full);
    const reserve = vi.spyOn(memory.store.sends, "reserve").mockRejectedValue(full);
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    await expect(at.delivery.rest.request(post({ msg_type: 0, content: "x" }))).rejects.toBe(full);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", unhandled);
    expect([unhandled.mock.calls, at.calls]).toEqual([[], []]);
    plan.mockRestore();
    reserve.mockRestore();
    vi.spyOn(memory.store.sends, "settle").mockRejectedValue(full);
    expect(await at.delivery.rest.request(post({ msg_type: 0, content: "x" }))).toMatchObject({ status: 200 });
  });

  it("wait for the session like everything else, and leave other calls alone", async () => {
    const memory = new Memory();
    const gate = createSettlingGate({ clock: memory.clock, settleMs: 2_000 });
    const at = desk(undefined, memory, { gate });
    gate.follow("down");
    const sent = at.delivery.rest.request(post({ msg_type: 0, content: "x" }));
    await at.delivery.rest.request({ service: "bot", method: "GET", template: "/users/@me", path: "/users/@me" });
    await settle();
    expect(at.calls.map(({ method }) => method)).toEqual(["GET"]);
    gate.follow("live");
    await at.clock.advance(2_000);
    await sent;
    expect(at.calls).toHaveLength(2);
  });
});

function facts() {
  return { service: "bot", method: "POST", path: template };
}
