import { describe, expect, it } from "vitest";
import { desk } from "./desk.ts";

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
