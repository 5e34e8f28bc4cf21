import { describe, expect, it } from "vitest";
import { startTestEmulator } from "../kit/emulator.ts";
import { type Loose, RawBot } from "../kit/raw-bot.ts";

/** Alice wrote a message; `frame` streams an answer to it. */
async function start() {
  const emulator = await startTestEmulator();
  const bot = await new RawBot(emulator).login();
  const user = emulator.world.c2c[0]?.id ?? "";
  const { message_id } = emulator.say({ as: "alice", scene: "c2c", id: user, content: "讲个故事" });
  const post = async (body: Record<string, unknown>) =>
    (await bot.call("POST", `/v2/users/${user}/stream_messages`, body)).body as Loose;
  const frame = (index: number, text: string, more: Record<string, unknown> = {}) =>
    post({ input_state: 1, index, content_raw: text, msg_id: message_id, msg_seq: 7, ...more });
  const answers = () => emulator.messages({ scene: "c2c", id: user, after: message_id });
  return { emulator, bot, user, message_id, post, frame, answers };
}

describe("a stream", () => {
  it("is one message that grows, and ends", async () => {
    const { frame, answers } = await start();
    const first = await frame(0, "从前");
    expect(first).toMatchObject({ id: expect.any(String), ext_info: { ref_idx: expect.any(String) } });
    const later = { stream_msg_id: first.id };
    const second = await frame(1, "有座山", later);
    expect(second).toMatchObject({ id: first.id, remain_msg_len: first.remain_msg_len - 3 });
    await frame(2, "从前有座山。", { ...later, input_mode: "replace", input_state: 10 });
    expect(answers()).toMatchObject([{ id: first.id, content: "从前有座山。", mode: "passive", msg_seq: 7 }]);
    expect((await frame(3, "x", later)).err_code).toBe(40034018);
  });

  it("costs one reply, whatever its length", async () => {
    const { bot, user, message_id, frame } = await start();
    const { id } = await frame(0, "a");
    for (let index = 1; index < 8; index++) await frame(index, "a", { stream_msg_id: id });
    const reply = async (msg_seq: number) => {
      const body = { content: "x", msg_id: message_id, msg_seq };
      return (await bot.call("POST", `/v2/users/${user}/messages`, body)).body.err_code;
    };
    expect(await reply(7)).toBe(40054005);
    for (const seq of [8, 9, 10]) expect(await reply(seq)).toBeUndefined();
    expect(await reply(11)).toBe(40034128);
  });

  it("keeps what it has delivered: order, text, kind, number", async () => {
    const { frame, answers } = await start();
    const { id } = await frame(4, "从前", { input_mode: "replace" });
    const later = (index: number, text: string, more = {}) =>
      frame(index, text, { stream_msg_id: id, input_mode: "replace", ...more });
    expect((await later(4, "从前有")).err_code).toBe(40006);
    expect((await later(5, "后来")).err_code).toBe(40007);
    expect((await later(5, "从前有", { content_type: "markdown" })).err_code).toBe(40034016);
    expect((await later(5, "从前有", { msg_seq: 8 })).err_code).toBe(40011000);
    expect((await frame(5, "x", { stream_msg_id: "another" })).err_code).toBe(40011000);
    expect(answers()[0]?.content).toBe("从前");
  });

  it("answers somebody, inside the window of the reply", async () => {
    const { emulator, message_id, post, frame } = await start();
    const body = { input_state: 1, index: 0, content_raw: "a" };
    expect((await post(body)).err_code).toBe(40034024);
    expect((await post({ ...body, msg_id: message_id, event_id: "X:1" })).err_code).toBe(40011000);
    expect((await post({ ...body, is_wakeup: true })).id).toEqual(expect.any(String));
    const { id } = await frame(0, "a");
    emulator.advance(61 * 60_000);
    expect((await frame(1, "b", { stream_msg_id: id })).err_code).toBe(40034005);
  });

  it("refuses frames that are malformed", async () => {
    const { frame, answers } = await start();
    for (const wrong of [{ input_state: 2 }, { index: -1 }, { input_mode: "insert" }, { content_type: "html" }]) {
      expect((await frame(0, "a", wrong)).err_code).toBe(40011000);
    }
    expect((await frame(0, "长".repeat(20_000))).err_code).toBe(40054007);
    expect(answers()).toEqual([]);
  });
});
