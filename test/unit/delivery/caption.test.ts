import { describe, expect, it } from "vitest";
import { ApiError } from "../../../src/core/errors.ts";
import { settle } from "../../kit/fake-clock.ts";
import { desk, Memory } from "./desk.ts";

const imageUrl = "https://q.qq.com/a.png";
const openid = "0123456789ABCDEF0123456789ABCDEF";

describe("a picture with a caption", () => {
  it("is one message in groups, after the upload", async () => {
    const { deliver, bodies, replyTo } = desk();
    const result = await deliver({ scene: "group", imageUrl, text: "看这里", replyTo: replyTo() });
    expect(bodies()).toEqual([
      { file_type: 1, url: imageUrl, srv_send_msg: false },
      { msg_type: 7, media: { file_info: "info-1" }, content: "看这里", msg_id: "m1", msg_seq: 1 },
    ]);
    expect(result.parts).toHaveLength(1);
  });

  it("is one message in guilds", async () => {
    const { deliver, bodies } = desk();
    await deliver({ scene: "channel", imageUrl, text: "look", quote: "m0" });
    expect(bodies()).toEqual([
      { image: imageUrl, content: "look", message_reference: { message_id: "m0", ignore_get_message_error: true } },
    ]);
  });

  it("goes with an upload as well, in plain words", async () => {
    const { deliver, bodies } = desk();
    await deliver({ scene: "c2c", fileInfo: "INFO", text: "**粗**" });
    await deliver({ scene: "c2c", fileInfo: "INFO", text: "**as it is**", format: "text" });
    expect(bodies().map((body) => body.content)).toEqual(["粗", "**as it is**"]);
  });
});

const refused = (qqCode: number) =>
  new ApiError("no", { service: "bot", method: "POST", path: "/", status: 400, qqCode });

describe("what the platform does not take", () => {
  it.each([
    ["a picture with words", { text: "看这里" }, `看这里\n${imageUrl}`],
    ["a picture alone", {}, imageUrl],
  ])(
    "%s, at the upload: its words and address go out with its number, and the reason is told",
    async (_, more, content) => {
      const { deliver, bodies, memory, replyTo } = desk((_request, count) => (count === 1 ? refused(850026) : {}));
      const result = await deliver({ scene: "group", imageUrl, ...more, replyTo: replyTo() });
      expect(bodies().slice(1)).toEqual([{ msg_type: 0, content, msg_id: "m1", msg_seq: 1 }]);
      expect(result).toMatchObject({ parts: [{ status: "sent", mode: "passive" }] });
      expect(result.notes).toEqual([expect.stringMatching(/without the picture or file: download.*850026/)]);
      expect(memory.store.sends.used("group:place/1", "m1")).toBe(1);
    },
  );

  it("a voice or file with words: they go out with a number of their own, and cost one reply", async () => {
    const { deliver, bodies, memory, replyTo } = desk((_request, count) => (count === 1 ? refused(850019) : {}));
    const result = await deliver({ scene: "c2c", fileInfo: "VOICE", text: "你好", replyTo: replyTo() });
    expect(bodies()).toEqual([
      { msg_type: 7, media: { file_info: "VOICE" }, content: "你好", msg_id: "m1", msg_seq: 1 },
      { msg_type: 0, content: "你好", msg_id: "m1", msg_seq: 2 },
    ]);
    expect(result.notes).toEqual([expect.stringContaining("file format not supported (850019)")]);
    expect(memory.store.sends.used("c2c:place/1", "m1")).toBe(1);
  });

  it("a guild's picture: the address is written so that it is no link, where links are refused too", async () => {
    const { deliver, bodies } = desk((_request, count) => [refused(304010), refused(304003)][count - 1] ?? {});
    await deliver({ scene: "channel", imageUrl: "https://img.example.com/a", text: "look" });
    expect(bodies()[1]).toEqual({ content: "look\nhttps://img.example.com/a" });
    expect(bodies()).toHaveLength(3);
    expect(String(bodies()[2]?.content)).not.toContain("example.com");
  });

  it("after a crash the words are said on with the same number, not the file again", async () => {
    const memory = new Memory();
    const message = { scene: "c2c", fileInfo: "VOICE", text: "你好", key: "k" } as const;
    const first = desk((_request, count) => (count === 1 ? refused(850019) : "crash"), memory);
    void first.deliver({ ...message, replyTo: first.replyTo() }).catch(() => undefined);
    await settle();
    expect(first.calls).toHaveLength(2);
    const next = desk(undefined, memory);
    await next.deliver({ ...message, replyTo: next.replyTo() });
    expect(next.bodies()).toEqual([{ msg_type: 0, content: "你好", msg_id: "m1", msg_seq: 2 }]);
  });

  it.each([
    ["a file without words", { fileInfo: "F" }, 850019],
    ["a file_info that is over, which the caller can upload anew", { fileInfo: "F", text: "x" }, 304080],
    ["words that are refused as well", { fileInfo: "F", text: "x" }, 850031],
  ])("%s: fails", async (_, message, code) => {
    const { deliver } = desk((_request, count) => refused(count === 1 ? code : 850031));
    await expect(deliver({ scene: "c2c", ...message })).rejects.toMatchObject({ name: "ApiError" });
  });
});

describe("a mention by id", () => {
  it("makes a group message markdown, where it is sure to be shown", async () => {
    const { deliver, bodies } = desk();
    await deliver({ scene: "group", text: `<@${openid}> 请看` });
    expect(bodies()).toEqual([{ msg_type: 2, markdown: { content: `<qqbot-at-user id="${openid}" /> 请看` } }]);
  });

  it("keeps its tag in plain guild text", async () => {
    const { deliver, bodies } = desk();
    await deliver({ scene: "channel", text: `**hi** <qqbot-at-user id="${openid}" />` });
    expect(bodies()).toEqual([{ content: `hi <@${openid}>` }]);
  });
});
