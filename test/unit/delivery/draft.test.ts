import { describe, expect, it } from "vitest";
import { ApiError, NetworkError } from "../../../src/core/errors.ts";
import type { Draft } from "../../../src/delivery/message.ts";
import { settle } from "../../kit/fake-clock.ts";
import { desk, Memory } from "./desk.ts";

type At = ReturnType<typeof desk>;

function draftOf(at: At, key = "e1/reply"): Draft {
  const draft = at.delivery.draft({ scene: "c2c", id: "U", key, replyTo: at.replyTo() });
  if (!draft) throw new Error("private chats have drafts");
  return draft;
}

/** The model writes this much, and half a second goes by. */
async function writes(at: At, draft: Draft, text: string) {
  draft.grow(text);
  await at.clock.advance(500);
}

const frames = (at: At) =>
  at
    .bodies()
    .map((body) => [
      body.index,
      body.input_state,
      body.content_raw,
      body.msg_seq,
      body.stream_msg_id ?? "",
      body.msg_id,
    ]);
const refusal = (qqCode: number, status = 400) =>
  new ApiError("no", { service: "bot", method: "POST", path: "/", status, qqCode });
const lost = () => new NetworkError("lost", { phase: "response", attempts: 1 });
const used = (at: At) => at.memory.store.sends.used("c2c:U", "m1");

describe("an answer while it is written", () => {
  it("grows in frames of one number, half a second apart, and ends: one reply", async () => {
    const at = desk();
    const draft = draftOf(at);
    draft.grow("从前有");
    draft.grow("从前有座山，");
    await at.clock.advance(499);
    expect(at.calls).toEqual([]);
    await at.clock.advance(1);
    await writes(at, draft, "从前有座山，山里有座庙");
    expect(await draft.finish("从前有座山，山里有座庙。")).toEqual({ rest: "", refs: ["sent-1"] });
    expect(frames(at)).toEqual([
      [0, 1, "从前有座山，", 1, "", "m1"],
      [1, 1, "从前有座山，山里有座庙", 1, "sent-1", "m1"],
      [2, 10, "从前有座山，山里有座庙。", 1, "sent-1", "m1"],
    ]);
    expect(at.bodies()[0]).toMatchObject({ input_mode: "replace", content_type: "markdown" });
    expect(used(at)).toBe(1);
    expect(at.memory.store.streams.open()).toEqual([]);
    expect(at.clock.pending).toBe(0);
  });

  it("that is broken off ends where it was, visibly, and is no part of what comes instead", async () => {
    const at = desk();
    const draft = draftOf(at);
    await writes(at, draft, "one two three");
    await draft.end("cut");
    expect(frames(at)).toEqual([
      [0, 1, "one two", 1, "", "m1"],
      [1, 10, "one two …", 1, "sent-1", "m1"],
    ]);
    expect(await draft.finish("one two is another answer")).toEqual({ rest: "one two is another answer", refs: [] });
    await draft.end("cut");
    expect(at.calls).toHaveLength(2);
  });

  it("before a tool call becomes a message of its own, with all its words", async () => {
    const at = desk();
    const draft = draftOf(at);
    await writes(at, draft, "Let me look that");
    draft.grow("Let me look that up.");
    await draft.end("whole");
    await writes(at, draft, "It is sunny today");
    expect(await draft.finish("It is sunny today.")).toEqual({ rest: "", refs: ["sent-3"] });
    expect(frames(at).map(([, state, text, seq]) => [state, text, seq])).toEqual([
      [1, "Let me look", 1],
      [10, "Let me look that up.", 1],
      [1, "It is sunny", 2],
      [10, "It is sunny today.", 2],
    ]);
  });

  it("is left to the outbox when it is short, and where there is no other kind of message", async () => {
    const at = desk();
    const draft = draftOf(at);
    draft.grow("short");
    expect(await draft.finish("short.")).toEqual({ rest: "short.", refs: [] });
    await at.clock.advance(5_000);
    expect(at.calls).toEqual([]);
    expect(at.delivery.draft({ scene: "group", id: "G", key: "k", replyTo: at.replyTo() })).toBeUndefined();
  });

  it("that a repeated call of the model writes again goes on where it is the same", async () => {
    const at = desk();
    const draft = draftOf(at);
    await writes(at, draft, "one two three");
    await writes(at, draft, "one");
    await writes(at, draft, "one two three four five");
    expect((await draft.finish("one two three four five")).rest).toBe("");
    expect(new Set(frames(at).map(([, , , seq]) => seq))).toEqual(new Set([1]));
  });

  it("does not grow where markdown is refused", async () => {
    const at = desk();
    await at.memory.store.refusals.remember("c2c", "markdown", { until: at.clock.now() + 60_000 });
    const draft = draftOf(at);
    await writes(at, draft, "one two three");
    expect(await draft.finish("one two three")).toEqual({ rest: "one two three", refs: [] });
    expect(at.calls).toEqual([]);
  });

  it("leaves the last reply alone", async () => {
    const at = desk();
    for (let n = 0; n < 3; n++) await at.deliver({ scene: "c2c", id: "U", text: `${n}`, replyTo: at.replyTo() });
    const draft = draftOf(at);
    await writes(at, draft, "one two three");
    expect(await draft.finish("one two three")).toEqual({ rest: "one two three", refs: [] });
    expect(at.calls).toHaveLength(3);
  });
});

describe("a picture in the middle of an answer", () => {
  const beats = (at: At) =>
    at.calls.map(({ template, body }) => {
      const told = body as Record<string, unknown>;
      const { index, input_state: state, content_raw: shown, stream_msg_id: stream, msg_seq: seq } = told;
      const what = template.split("/").at(-1);
      if (what === "files") return [what, told.file_type, told.srv_send_msg];
      return what === "messages" ? [what, told.msg_type, seq, told.media] : [what, index, state, shown, seq, stream];
    });

  it("ends what grew, is uploaded and sent with the next number, and what follows grows anew: all in order", async () => {
    const at = desk();
    const draft = draftOf(at);
    const [before, after] = ["先看这张图，", "这是一只猫。"];
    await writes(at, draft, before);
    await draft.end("whole");
    const picture = { scene: "c2c", id: "U", imageUrl: "https://q.qq.com/a.png", replyTo: at.replyTo() } as const;
    await at.deliver({ ...picture, key: "e1/tool-1", keepsLast: true });
    await writes(at, draft, after);
    expect(await draft.finish(`${after}很可爱`)).toEqual({ rest: "", refs: ["sent-5"] });
    expect(beats(at)).toEqual([
      ["stream_messages", 0, 1, before, 1, undefined],
      ["stream_messages", 1, 10, before, 1, "sent-1"],
      ["files", 1, false],
      ["messages", 7, 2, { file_info: "info-3" }],
      ["stream_messages", 0, 1, after, 3, undefined],
      ["stream_messages", 1, 10, `${after}很可爱`, 3, "sent-5"],
    ]);
    expect(used(at)).toBe(3);
    expect(at.memory.statuses).toEqual([
      "e1/reply/stream-1#0/1 1 sent",
      "e1/tool-1#0/1 2 sent",
      "e1/reply/stream-2#0/1 3 sent",
    ]);
    expect(at.memory.store.streams.open()).toEqual([]);
  });

  it("leaves the last reply to the closing words, which then do not grow", async () => {
    const at = desk();
    const reply = { scene: "c2c", id: "U", replyTo: at.replyTo() } as const;
    const draft = draftOf(at);
    await writes(at, draft, "先看图，");
    await draft.end("whole");
    for (const n of [1, 2])
      await at.deliver({ ...reply, imageUrl: `https://q.qq.com/${n}.png`, key: `e1/tool-${n}`, keepsLast: true });
    await writes(at, draft, "这是猫。");
    expect(await draft.finish("这是猫。")).toEqual({ rest: "这是猫。", refs: [] });
    expect(used(at)).toBe(3);
    const last = await at.deliver({ ...reply, text: "这是猫。", key: "e1/reply" });
    expect(last.parts).toMatchObject([{ mode: "passive", msgSeq: 4 }]);
  });
});

describe("frames that fail", () => {
  it.each([
    ["refused", refusal(40034012), 0, "failed"],
    ["lost", lost(), 1, "unknown"],
    ["unsent", new NetworkError("down", { phase: "connect", attempts: 1 }), 0, "failed"],
  ])("at the beginning, %s: the outbox says all of it, once", async (_, error, cost, status) => {
    const at = desk((_request, count) => (count === 1 ? error : {}));
    const draft = draftOf(at);
    await writes(at, draft, "one two three");
    await writes(at, draft, "one two three four five");
    expect(await draft.finish("one two three four five")).toEqual({ rest: "one two three four five", refs: [] });
    expect(at.calls).toHaveLength(1);
    expect([used(at), at.memory.attempts[0]?.status]).toEqual([cost, status]);
  });

  it("for want of a right are not tried with the next answers, and again after hours", async () => {
    const at = desk((_request, count) => (count === 1 ? refusal(11253, 403) : {}));
    for (const key of ["e1/reply", "e2/reply"]) await writes(at, draftOf(at, key), "one two three");
    expect(at.calls).toHaveLength(1);
    await at.clock.advance(7 * 3_600_000);
    await writes(at, draftOf(at, "e3/reply"), "one two three");
    expect(at.calls).toHaveLength(2);
  });

  it.each([
    ["lost", lost()],
    ["too fast", refusal(50002)],
    ["broken", refusal(50001, 500)],
  ])("in the middle, %s: the next one says it all", async (_, error) => {
    const at = desk((_request, count) => (count === 2 ? error : {}));
    const draft = draftOf(at);
    for (const text of ["一", "一二", "一二三"]) await writes(at, draft, text);
    expect((await draft.finish("一二三四")).rest).toBe("");
    expect(frames(at).map(([index, , text]) => [index, text])).toEqual([
      [0, "一"],
      [1, "一二"],
      [2, "一二三"],
      [3, "一二三四"],
    ]);
  });

  it("because of their words: it ends with what was taken, and the outbox says the rest", async () => {
    const at = desk(({ body }) => (JSON.stringify(body).includes("bad") ? refusal(40054010) : {}));
    const draft = draftOf(at);
    await writes(at, draft, "good words, bad.example and");
    const first = await draft.finish("good words, bad.example and more");
    expect(first.rest).toBe("good words, bad.example and more");
    const other = draftOf(at, "e2/reply");
    await writes(at, other, "good words, 好");
    await writes(at, other, "good words, 好 bad.example and");
    const second = await other.finish("good words, 好 bad.example and more");
    expect(second.rest.trim()).toBe("bad.example and more");
    expect(frames(at).at(-1)?.slice(1, 3)).toEqual([10, "good words, 好"]);
  });

  it("at the end are tried again with a new number, and an end that came is an end", async () => {
    const at = desk((_request, count) => [undefined, lost(), lost(), refusal(40034018)][count - 1] ?? {});
    const draft = draftOf(at);
    await writes(at, draft, "一");
    const finished = draft.finish("一二");
    await at.clock.advance(5_000);
    expect(await finished).toEqual({ rest: "", refs: ["sent-1"] });
    expect(frames(at).map(([index, state]) => [index, state])).toEqual([
      [0, 1],
      [1, 10],
      [2, 10],
      [3, 10],
    ]);
  });

  it("for ever: the answer is not held up, and what was not taken is said otherwise", async () => {
    const at = desk((_request, count) => (count === 1 ? {} : lost()));
    const draft = draftOf(at);
    await writes(at, draft, "一");
    const finished = draft.finish("一二");
    await at.clock.advance(60_000);
    expect(await finished).toEqual({ rest: "二", refs: ["sent-1"] });
  });
});

describe("the end of a process", () => {
  it("does not wait long for a platform that is silent; the next process closes what it left", async () => {
    const memory = new Memory();
    const at = desk((_request, count) => (count === 1 ? {} : "crash"), memory);
    const draft = draftOf(at);
    await writes(at, draft, "一二");
    const ended = draft.end("cut");
    await at.clock.advance(15_000);
    await ended;
    expect(at.calls).toHaveLength(3);
    const next = desk(undefined, memory);
    await next.delivery.resume([]);
    await settle();
    expect(frames(next).map(([index, state]) => [index, state])).toEqual([[3, 10]]);
    expect(memory.store.streams.open()).toEqual([]);
  });

  it("or a full disk leaves no answer doubled", async () => {
    const memory = new Memory();
    const { store } = memory;
    let isFull = false;
    const streams = {
      ...store.streams,
      write: async (row: never) => (isFull ? Promise.reject(new Error("full")) : store.streams.write(row)),
    };
    const at = desk(undefined, memory, { memory: () => ({ ...store, streams }) });
    const draft = draftOf(at);
    await writes(at, draft, "一二");
    isFull = true;
    expect((await draft.finish("一二三")).rest).toBe("");
    expect(frames(at).at(-1)?.slice(0, 3)).toEqual([1, 10, "一二三"]);
  });
});

describe("a process that ends while a message grows", () => {
  it("leaves it to the next one, which closes it and says the whole answer", async () => {
    const memory = new Memory();
    const first = desk((_request, count) => (count === 2 ? "crash" : {}), memory);
    const draft = draftOf(first);
    await writes(first, draft, "一");
    await writes(first, draft, "一二");
    const next = desk(undefined, memory);
    await next.delivery.resume([]);
    await settle();
    expect(frames(next)).toEqual([[2, 10, "一二 …", 1, "sent-1", "m1"]]);
    expect(await draftOf(next).finish("一二三")).toEqual({ rest: "一二三", refs: [] });
    expect(memory.store.streams.open()).toEqual([]);
  });

  it.each([
    ["before anybody resumed", false],
    ["after it was resumed", true],
  ])("with its last frame on the way: the answer is there, once, %s", async (_, isResumed) => {
    const memory = new Memory();
    const first = desk((_request, count) => (count === 2 ? "crash" : {}), memory);
    const draft = draftOf(first);
    await writes(first, draft, "一");
    void draft.finish("一二三");
    await settle();
    const next = desk(() => refusal(40034018), memory);
    if (isResumed) await next.delivery.resume([]);
    await settle();
    expect(await draftOf(next).finish("一二三")).toEqual({ rest: "", refs: ["sent-1"] });
    expect(next.calls).toHaveLength(1);
  });

  it("before it knew the stream's name: its cost stays counted, the answer is whole", async () => {
    const memory = new Memory();
    const first = desk(() => "crash", memory);
    await writes(first, draftOf(first), "一");
    const next = desk(undefined, memory);
    await next.delivery.resume([]);
    await settle();
    expect(next.calls).toEqual([]);
    expect(await draftOf(next).finish("一二")).toEqual({ rest: "一二", refs: [] });
    expect(memory.statuses).toEqual(["e1/reply/stream-1#0/1 1 unknown"]);
  });
});
