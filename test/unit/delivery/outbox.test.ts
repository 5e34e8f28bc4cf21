import { describe, expect, it } from "vitest";
import { ApiError, InputError, NetworkError, RateLimitError } from "../../../src/core/errors.ts";
import { settle } from "../../kit/fake-clock.ts";
import { desk, Memory } from "./desk.ts";

const facts = { service: "bot", method: "POST", path: "/v2/groups/{group_openid}/messages", status: 400 };
const refused = (qqCode: number, more: object = {}) => new ApiError(`refused ${qqCode}`, { ...facts, qqCode, ...more });
const lost = () => new NetworkError("no answer", { phase: "response", attempts: 1 });
const long = (paragraphs: number) => Array.from({ length: paragraphs }, () => "字".repeat(900)).join("\n\n");

describe("replies", () => {
  it("carries msg_id and a rising msg_seq that starts again with every inbound message", async () => {
    const { deliver, bodies, replyTo, calls } = desk();
    await deliver({ scene: "group", text: "one", replyTo: replyTo() });
    await deliver({ scene: "group", text: "two", replyTo: replyTo() });
    await deliver({ scene: "group", text: "three", replyTo: replyTo("m2") });
    expect(bodies()).toEqual([
      { msg_type: 0, content: "one", msg_id: "m1", msg_seq: 1 },
      { msg_type: 0, content: "two", msg_id: "m1", msg_seq: 2 },
      { msg_type: 0, content: "three", msg_id: "m2", msg_seq: 1 },
    ]);
    expect(calls[0]).toMatchObject({
      template: "/v2/groups/{group_openid}/messages",
      path: "/v2/groups/place%2F1/messages",
      repeatable: true,
    });
  });

  it("replies to an event with event_id instead", async () => {
    const { deliver, bodies, clock } = desk();
    await deliver({ scene: "c2c", text: "hi", replyTo: { eventId: "FRIEND_ADD:1", receivedAt: clock.now() } });
    expect(bodies()[0]).toMatchObject({ event_id: "FRIEND_ADD:1", msg_seq: 1 });
    expect(bodies()[0]).not.toHaveProperty("msg_id");
  });

  it("has no msg_seq in guilds and is not repeatable there", async () => {
    const { deliver, calls, replyTo } = desk();
    const result = await deliver({ scene: "channel", text: "hi", replyTo: replyTo() });
    await deliver({ scene: "dms", text: "hi", replyTo: replyTo() });
    expect(calls.map(({ path, body, repeatable }) => ({ path, body, repeatable }))).toEqual([
      { path: "/channels/place%2F1/messages", body: { content: "hi", msg_id: "m1" }, repeatable: false },
      { path: "/dms/place%2F1/messages", body: { content: "hi", msg_id: "m1" }, repeatable: false },
    ]);
    expect(result.parts).toEqual([
      { mode: "passive", status: "sent", messageId: "sent-1", sentAt: expect.any(Number) },
    ]);
  });

  it.each([
    ["c2c", 4],
    ["group", 5],
  ] as const)("plans the replies that %s has, %i, then speaks actively and says so", async (scene, max) => {
    const { deliver, bodies, replyTo } = desk();
    const target = replyTo();
    const results = [];
    for (let n = 0; n <= max; n++) results.push(await deliver({ scene, text: `${n}`, replyTo: target }));
    expect(results.map((result) => result.parts[0]?.mode)).toEqual([...Array(max).fill("passive"), "active"]);
    expect(bodies().at(-1)).toEqual({ msg_type: 0, content: `${max}` });
    expect(results.at(-1)?.notes).toEqual([expect.stringContaining(`all ${max} replies`)]);
  });

  it("tries a reply up to the longest documented window, measured from receipt", async () => {
    const { deliver, clock, replyTo } = desk();
    const target = replyTo();
    await clock.advance(5 * 60_000 + 1);
    const modes = async (scene: "c2c" | "group" | "dms") =>
      (await deliver({ scene, text: "x", replyTo: target })).parts.map((part) => part.mode);
    expect(await modes("c2c")).toEqual(["passive"]);
    expect(await modes("group")).toEqual(["active"]);
    expect(await modes("dms")).toEqual(["active"]);
    await clock.advance(56 * 60_000);
    expect(await modes("c2c")).toEqual(["active"]);
  });

  it.each([40034005, 304103, 40034128, 304027, 22009, 40034024])(
    "speaks actively, with a note, after refusal %i",
    async (code) => {
      const { deliver, bodies, replyTo, memory } = desk((_, count) => (count === 1 ? refused(code) : {}));
      const result = await deliver({ scene: "group", text: "late", replyTo: replyTo(), key: "k" });
      expect(bodies()[1]).toEqual({ msg_type: 0, content: "late" });
      expect(result).toMatchObject({
        parts: [{ mode: "active", status: "sent" }],
        notes: [expect.stringMatching(`${code}`)],
      });
      expect(memory.statuses).toEqual(["k#0/1 1 failed", "k#0/1+active 0 sent"]);
    },
  );

  it("reports the refusal of the active message too", async () => {
    const { deliver, replyTo } = desk((_, count) => refused(count === 1 ? 40034128 : 40034105));
    await expect(deliver({ scene: "group", text: "x", replyTo: replyTo() })).rejects.toMatchObject({
      qqCode: 40034105,
    });
  });
});

describe("the platform's duplicate check", () => {
  it("reads a duplicate as delivered when an earlier attempt of the same call was in doubt", async () => {
    const { deliver, calls, replyTo } = desk(() => refused(40054005, { retried: true }));
    const result = await deliver({ scene: "group", text: "x", replyTo: replyTo() });
    expect(result.parts).toMatchObject([{ status: "already_sent", msgSeq: 1 }]);
    expect(calls).toHaveLength(1);
  });

  it("takes the next number, once, when a first try finds its number taken", async () => {
    const { deliver, bodies, replyTo } = desk((_, count) => (count === 1 ? refused(40054005) : {}));
    const result = await deliver({ scene: "group", text: "x", replyTo: replyTo() });
    expect(bodies().map((body) => body.msg_seq)).toEqual([1, 2]);
    expect(result.parts).toMatchObject([{ status: "sent", msgSeq: 2 }]);
    const stubborn = desk(() => refused(40054005));
    await expect(stubborn.deliver({ scene: "c2c", text: "x", replyTo: stubborn.replyTo() })).rejects.toThrow(
      "40054005",
    );
    expect(stubborn.calls).toHaveLength(2);
  });
});

describe("the same key again", () => {
  it("does not touch the wire once it was sent", async () => {
    const { deliver, calls, replyTo } = desk();
    const message = { scene: "group", text: "x", replyTo: replyTo(), key: "k" } as const;
    await deliver(message);
    const again = await deliver(message);
    expect(calls).toHaveLength(1);
    expect(again.parts).toMatchObject([{ status: "already_sent", messageId: "sent-1", msgSeq: 1 }]);
  });

  it("goes out with the same msg_seq after a crash, and reads the refusal as delivered", async () => {
    const memory = new Memory();
    const before = desk(() => "crash", memory);
    const message = { scene: "c2c", text: "x", replyTo: before.replyTo(), key: "k" } as const;
    void before.deliver(message);
    await settle();
    const after = desk(() => refused(40054005), memory);
    const result = await after.deliver(message);
    expect(after.bodies()).toEqual([{ msg_type: 0, content: "x", msg_id: "m1", msg_seq: 1 }]);
    expect(result.parts).toMatchObject([{ status: "already_sent", msgSeq: 1 }]);
  });

  it.each([
    ["a guild message", { scene: "channel", replyTo: { msgId: "m1", receivedAt: Date.UTC(2026, 10, 20, 12) } }],
    ["an active message", { scene: "group" }],
  ] as const)("reports %s of unknown fate instead of sending it twice", async (_, place) => {
    const memory = new Memory();
    const message = { ...place, text: "x", key: "k" };
    void desk(() => "crash", memory).deliver(message);
    await settle();
    const after = desk(() => ({}), memory);
    const result = await after.deliver(message);
    expect(after.calls).toEqual([]);
    expect(result).toMatchObject({
      parts: [{ status: "unknown" }],
      notes: [expect.stringContaining("not sent again")],
    });
    expect((await after.deliver(message)).parts).toMatchObject([{ status: "unknown" }]);
  });

  it("does not turn a reply in doubt into an active message when its window has closed meanwhile", async () => {
    const memory = new Memory();
    const before = desk(() => "crash", memory);
    const message = { scene: "group", text: "x", replyTo: before.replyTo(), key: "k" } as const;
    void before.deliver(message);
    await settle();
    const after = desk(() => refused(40034005), memory);
    await after.clock.advance(10 * 60_000);
    expect((await after.deliver(message)).parts).toMatchObject([{ status: "unknown", mode: "passive" }]);
    expect(after.calls).toHaveLength(1);
  });

  it("keeps the parts as they were cut, although replies have been spent since", async () => {
    const memory = new Memory();
    const before = desk((_, count) => (count === 3 ? "crash" : {}), memory);
    const message = { scene: "c2c", text: long(3), replyTo: before.replyTo(), key: "k" } as const;
    void before.deliver(message);
    await settle();
    const after = desk(() => ({}), memory);
    const result = await after.deliver(message);
    expect(result.parts.map((part) => [part.status, part.msgSeq])).toEqual([
      ["already_sent", 1],
      ["already_sent", 2],
      ["sent", 3],
    ]);
    expect(after.bodies()).toMatchObject([{ content: `${"字".repeat(900)}\n\n(3/3)`, msg_seq: 3 }]);
  });

  it("goes straight to the form that a refusal had led to", async () => {
    const memory = new Memory();
    const before = desk((_, count) => (count === 1 ? refused(40034012) : {}), memory);
    const message = { scene: "group", text: "**x**", replyTo: before.replyTo(), key: "k" } as const;
    await before.deliver(message);
    const after = desk(() => ({}), memory);
    expect((await after.deliver(message)).parts).toMatchObject([{ status: "already_sent", msgSeq: 2 }]);
    expect(after.calls).toEqual([]);
  });

  it("is sent again with its number after a known failure", async () => {
    const { deliver, bodies, replyTo } = desk((_, count) => (count === 1 ? refused(50055001) : {}));
    const message = { scene: "group", text: "x", replyTo: replyTo(), key: "k" } as const;
    await expect(deliver(message)).rejects.toThrow("50055001");
    expect((await deliver(message)).parts).toMatchObject([{ status: "sent", msgSeq: 1 }]);
    expect(bodies().map((body) => body.msg_seq)).toEqual([1, 1]);
  });

  it("is not doubled when the process dies while it sends again after a known failure", async () => {
    const memory = new Memory();
    const before = desk((_, count) => (count === 1 ? refused(50055001) : "crash"), memory);
    const message = { scene: "group", text: "x", replyTo: before.replyTo(), key: "k" } as const;
    await expect(before.deliver(message)).rejects.toThrow("50055001");
    void before.deliver(message);
    await settle();
    const after = desk((_, count) => (count === 1 ? refused(40054005) : {}), memory);
    expect((await after.deliver(message)).parts).toMatchObject([{ status: "already_sent", msgSeq: 1 }]);
    expect(after.calls).toHaveLength(1);
  });

  it("is not doubled when a guild message was sent again after a failure and the process died", async () => {
    const memory = new Memory();
    const before = desk((_, count) => (count === 1 ? refused(50055001) : "crash"), memory);
    const message = { scene: "channel", text: "x", key: "k" } as const;
    await expect(before.deliver(message)).rejects.toThrow("50055001");
    void before.deliver(message);
    await settle();
    const after = desk(() => ({}), memory);
    expect((await after.deliver(message)).parts).toMatchObject([{ status: "unknown" }]);
    expect(after.calls).toEqual([]);
  });

  it.each([
    ["the network is down", new NetworkError("refused", { phase: "connect", attempts: 4 })],
    ["the rate is used up", new RateLimitError("slow", { ...facts, status: 429, retryAfterMs: 1, bucket: "b" })],
  ])("stays in doubt when %s at the second try", async (_, error) => {
    const { deliver, calls, replyTo } = desk((_request, count) => [lost(), error, refused(40054005)][count - 1] ?? {});
    const message = { scene: "group", text: "x", replyTo: replyTo(), key: "k" } as const;
    await expect(deliver(message)).rejects.toThrow("no answer");
    await expect(deliver(message)).rejects.toBe(error);
    expect((await deliver(message)).parts).toMatchObject([{ status: "already_sent", msgSeq: 1 }]);
    expect(calls).toHaveLength(3);
  });
});

describe("an unknown outcome", () => {
  it("is an error for a reply with msg_seq, which stays reserved for the same key", async () => {
    const { deliver, replyTo, memory } = desk((_, count) => (count === 1 ? lost() : {}));
    const message = { scene: "group", text: "x", replyTo: replyTo(), key: "k" } as const;
    await expect(deliver(message)).rejects.toBeInstanceOf(NetworkError);
    expect(memory.statuses).toEqual(["k#0/1 1 reserved"]);
    expect((await deliver(message)).parts).toMatchObject([{ status: "sent", msgSeq: 1 }]);
  });

  it.each([
    ["lost connection", lost()],
    ["a failing gateway", new ApiError("HTTP 502", { ...facts, status: 502 })],
    ["a fault with a number", new ApiError("internal error", { ...facts, status: 500, qqCode: 50001 })],
  ])("is told for a guild message after %s", async (_, error) => {
    const { deliver, replyTo } = desk(() => error);
    const result = await deliver({ scene: "dms", text: "x", replyTo: replyTo() });
    expect(result).toMatchObject({ parts: [{ status: "unknown" }], notes: [expect.stringContaining("not known")] });
  });

  it("is none when nothing was sent: the error is passed on and the key may go again", async () => {
    const { deliver, calls } = desk((_, count) =>
      count === 1 ? new NetworkError("refused", { phase: "connect", attempts: 4 }) : {},
    );
    const message = { scene: "channel", text: "x", key: "k" } as const;
    await expect(deliver(message)).rejects.toThrow("refused");
    expect((await deliver(message)).parts).toMatchObject([{ status: "sent" }]);
    expect(calls).toHaveLength(2);
  });

  it("passes a rate limit on without another try", async () => {
    const limit = new RateLimitError("slow", { ...facts, qqCode: 40034100, retryAfterMs: 1, bucket: "b" });
    const { deliver, calls } = desk(() => limit);
    await expect(deliver({ scene: "group", text: "x" })).rejects.toBe(limit);
    expect(calls).toHaveLength(1);
  });

  it("stays open when the caller gives up midway", async () => {
    const abort = new AbortController();
    const { deliver, memory } = desk(() => {
      abort.abort();
      return abort.signal.reason as Error;
    });
    await expect(deliver({ scene: "group", text: "x", key: "k" }, abort.signal)).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(memory.statuses).toEqual(["k#0/1+active 0 reserved"]);
  });
});

describe("forms", () => {
  const keyboard = {
    content: {
      rows: [
        {
          buttons: [
            { render_data: { label: "同意" }, action: { type: 1, data: "y" } },
            { render_data: { label: "文档" }, action: { type: 0, data: "https://q.qq.com" } },
          ],
        },
      ],
    },
  };

  it("uses markdown in c2c and groups where the text does, with content left out", async () => {
    const { deliver, bodies } = desk();
    await deliver({ scene: "c2c", text: "**bold**" });
    await deliver({ scene: "c2c", text: "2*3*4 = 24" });
    await deliver({ scene: "c2c", text: "**as it is**", format: "text" });
    expect(bodies()).toEqual([
      { msg_type: 2, markdown: { content: "**bold**" } },
      { msg_type: 0, content: "2*3*4 = 24" },
      { msg_type: 0, content: "**as it is**" },
    ]);
  });

  it("shows plain words in guilds unless markdown is asked for", async () => {
    const { deliver, bodies } = desk();
    await deliver({ scene: "channel", text: "## 标题\n\n**粗** [链接](https://q.qq.com)" });
    await deliver({ scene: "channel", text: "**x**", format: "markdown" });
    expect(bodies()).toEqual([{ content: "标题\n\n粗 链接 (https://q.qq.com)" }, { markdown: { content: "**x**" } }]);
  });

  it.each([40034012, 40034011, 304036, 304037, 304041, 305007, 50055, 50056])(
    "falls back to text with numbered lines and a new number after refusal %i",
    async (code) => {
      const { deliver, bodies, replyTo } = desk((_, count) => (count === 1 ? refused(code) : {}));
      const result = await deliver({ scene: "group", text: "**选**", keyboard, replyTo: replyTo() });
      expect(bodies()).toEqual([
        { msg_type: 2, markdown: { content: "**选**" }, keyboard, msg_id: "m1", msg_seq: 1 },
        { msg_type: 0, content: "选\n\n1. 同意\n2. 文档: https://q.qq.com", msg_id: "m1", msg_seq: 2 },
      ]);
      expect(result.notes).toEqual([expect.stringMatching(`sent as text: .*${code}`)]);
    },
  );

  it("falls back once only", async () => {
    const { deliver, calls } = desk(() => refused(40034104));
    await expect(deliver({ scene: "group", text: "**a.com**" })).rejects.toMatchObject({ qqCode: 40034104 });
    expect(calls).toHaveLength(2);
  });

  it("can lose markdown first and the window then", async () => {
    const { deliver, bodies, replyTo } = desk((_, count) => [refused(40034012), refused(40034128)][count - 1] ?? {});
    const result = await deliver({ scene: "group", text: "**x**", replyTo: replyTo() });
    expect(bodies().at(-1)).toEqual({ msg_type: 0, content: "x" });
    expect(result.notes).toHaveLength(2);
  });

  it("uploads an image address first in groups, without spending a reply on it", async () => {
    const { deliver, calls, replyTo } = desk();
    await deliver({ scene: "group", imageUrl: "https://q.qq.com/a.png", replyTo: replyTo() });
    expect(calls.map(({ template, body, repeatable }) => ({ template, body, repeatable }))).toEqual([
      {
        template: "/v2/groups/{group_openid}/files",
        body: { file_type: 1, url: "https://q.qq.com/a.png", srv_send_msg: false },
        repeatable: true,
      },
      {
        template: "/v2/groups/{group_openid}/messages",
        body: { msg_type: 7, media: { file_info: "info-1" }, msg_id: "m1", msg_seq: 1 },
        repeatable: true,
      },
    ]);
  });

  it("never takes a lost upload for a lost message, and uploads once for two tries", async () => {
    const { deliver } = desk(() => lost());
    await expect(deliver({ scene: "c2c", imageUrl: "https://q.qq.com/a.png" })).rejects.toBeInstanceOf(NetworkError);
    const late = desk((_, count) => (count === 2 ? refused(40034128) : {}));
    const result = await late.deliver({ scene: "c2c", imageUrl: "https://q.qq.com/a.png", replyTo: late.replyTo() });
    expect(result.parts).toMatchObject([{ mode: "active", status: "sent" }]);
    expect(late.calls.filter((call) => call.template.endsWith("/files"))).toHaveLength(1);
  });

  it("gives guilds the image address, and sends uploaded media as it is", async () => {
    const { deliver, bodies } = desk();
    await deliver({ scene: "dms", imageUrl: "http://q.qq.com/a.png" });
    await deliver({ scene: "c2c", fileInfo: "INFO" });
    expect(bodies()).toEqual([{ image: "http://q.qq.com/a.png" }, { msg_type: 7, media: { file_info: "INFO" } }]);
  });

  it("quotes in text, and says when markdown costs the quote", async () => {
    const { deliver, bodies } = desk();
    await deliver({ scene: "group", text: "x", quote: "REFIDX_1" });
    await deliver({ scene: "channel", text: "x", quote: "m9" });
    const result = await deliver({ scene: "group", text: "**x**", quote: "REFIDX_1" });
    expect(bodies()[0]).toMatchObject({ message_reference: { message_id: "REFIDX_1" } });
    expect(bodies()[1]).toMatchObject({ message_reference: { message_id: "m9", ignore_get_message_error: true } });
    expect(bodies()[2]).not.toHaveProperty("message_reference");
    expect(result.notes).toEqual([expect.stringContaining("quote")]);
  });

  it("reports a message under review as such, for good", async () => {
    const { deliver, calls } = desk(() => ({ status: 202, data: {}, audit: { code: 304023, auditId: "a1" } }));
    const message = { scene: "channel", text: "x", key: "k" } as const;
    const result = await deliver(message);
    expect(result).toMatchObject({
      parts: [{ status: "pending_review", auditId: "a1" }],
      notes: [expect.stringContaining("review")],
    });
    expect((await deliver(message)).parts).toMatchObject([{ status: "pending_review" }]);
    expect(calls).toHaveLength(1);
  });

  it("keeps the quote index that the platform gives", async () => {
    const { deliver, memory } = desk(() => ({ data: { id: "m", ext_info: { ref_idx: "REFIDX_2" } } }));
    const result = await deliver({ scene: "c2c", text: "x", key: "k" });
    expect(result.parts).toMatchObject([{ messageId: "m", refIdx: "REFIDX_2" }]);
    expect(memory.attempts).toMatchObject([{ key: "k#0/1+active", refIdx: "REFIDX_2" }]);
  });
});

describe("long texts", () => {
  it("joins parts rather than spend more replies than are left", async () => {
    const { deliver, bodies, replyTo } = desk();
    await deliver({ scene: "c2c", text: "a", replyTo: replyTo() });
    await deliver({ scene: "c2c", text: "b", replyTo: replyTo() });
    const result = await deliver({ scene: "c2c", text: long(5), replyTo: replyTo() });
    expect(result.parts.map((part) => [part.mode, part.msgSeq])).toEqual([
      ["passive", 3],
      ["passive", 4],
    ]);
    const said = bodies()
      .slice(2)
      .map((body) => body.content as string);
    expect(said.join("").replace(/\s/g, "")).toBe("字".repeat(4500));
  });

  it("puts the buttons under the last part and the quote into the first", async () => {
    const keyboard = { id: "tpl" };
    const { deliver, bodies } = desk();
    await deliver({ scene: "group", text: long(2), keyboard });
    expect(bodies().map((body) => body.keyboard)).toEqual([undefined, keyboard]);
  });

  it("spends one active guild message, of which there are few a day", async () => {
    const { deliver, calls } = desk();
    await deliver({ scene: "dms", text: long(3) });
    expect(calls).toHaveLength(1);
  });
});

describe("bad messages", () => {
  const row = (count: number) => ({ buttons: Array.from({ length: count }, () => ({})) });
  it.each([
    ["content", { text: " \n " }],
    ["content", {}],
    ["content", { text: "x".repeat(15_001) }],
    ["file_info", { fileInfo: "f", imageUrl: "https://q.qq.com/a.png" }],
    ["content", { text: "字".repeat(1001), imageUrl: "https://q.qq.com/a.png" }],
    ["format", { text: "**x**", fileInfo: "f", format: "markdown" }],
    ["keyboard", { text: "x", fileInfo: "f", keyboard: { id: "1" } }],
    ["image_url", { imageUrl: "http://localhost/a.png" }],
    ["image_url", { imageUrl: "file:///etc/passwd" }],
    ["file_info", { scene: "channel", fileInfo: "x" }],
    ["keyboard", { text: "x", keyboard: { content: { rows: [row(6)] } } }],
    ["keyboard", { text: "x", keyboard: { content: { rows: Array.from({ length: 6 }, () => row(1)) } } }],
    ["keyboard", { text: "x", keyboard: {} }],
    ["keyboard", { fileInfo: "x", keyboard: { id: "1" } }],
    ["msg_id", { text: "x", replyTo: { msgId: "1", eventId: "2", receivedAt: 0 } }],
  ] as const)("names %s and touches neither ledger nor wire: %o", async (field, message) => {
    const { deliver, calls, memory } = desk();
    const error = await deliver({ scene: "group", ...(message as object) }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).field).toBe(field);
    expect([calls, memory.statuses]).toEqual([[], []]);
  });
});
