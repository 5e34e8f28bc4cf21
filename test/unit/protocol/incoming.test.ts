import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/core/json.ts";
import { syntheticEventId } from "../../../src/protocol/dedupe.ts";
import type { Envelope } from "../../../src/protocol/envelope.ts";
import { readIncoming } from "../../../src/protocol/incoming.ts";

const me = { botUserId: "7305", botMemberOpenids: new Set<string>() };
const receivedAt = 1_795_177_870_000;

function envelope(type: string, data: Json, id = `${type}:1`): Envelope {
  return { source: "gateway", appId: "1", id, type, receivedAt, data };
}

function groupMessage(facts: Record<string, Json> = {}): Envelope {
  const author = { id: "A", member_openid: "A", username: "小林" };
  return envelope("GROUP_MESSAGE_CREATE", { id: "m1", group_openid: "G", author, content: "hi", ...facts });
}

function channelMessage(type: string, facts: Record<string, Json> = {}): Envelope {
  return envelope(type, { id: "m1", channel_id: "C", guild_id: "5", author: { id: "9" }, content: "hi", ...facts });
}

const mentionOfMe = { scope: "single", id: "B", member_openid: "B", username: "助手", bot: true, is_you: true };

describe("who is meant", () => {
  it("takes the list's word, not the text's", () => {
    expect(readIncoming(groupMessage({ content: "@助手 <@B> 在吗" }), me)).toMatchObject({
      addressed: false,
      mentions: { me: false },
    });
    const named = readIncoming(groupMessage({ content: "在吗", mentions: [mentionOfMe] }), me);
    expect(named).toMatchObject({ addressed: true, mentions: { me: true, others: [] }, ownMemberOpenid: "B" });
  });

  it("does not take a mention of all for a personal one", () => {
    const mentions = [{ scope: "all", username: "全体成员", is_you: true }];
    expect(readIncoming(groupMessage({ mentions }), me)).toMatchObject({
      addressed: false,
      mentions: { me: false, everyone: true },
    });
    expect(readIncoming(channelMessage("MESSAGE_CREATE", { mention_everyone: true }), me)).toMatchObject({
      addressed: false,
      mentions: { everyone: true },
    });
  });

  it("knows a mention of all beside one of the bot", () => {
    const mentions = [{ scope: "all", is_you: true }, mentionOfMe];
    expect(readIncoming(groupMessage({ mentions }), me)?.mentions).toMatchObject({ me: true, everyone: true });
  });

  it("falls back to learnt ids where is_you is missing", () => {
    const { is_you: _, ...bare } = mentionOfMe;
    const learnt = { ...me, botMemberOpenids: new Set(["B"]) };
    expect(readIncoming(groupMessage({ mentions: [bare] }), learnt)?.addressed).toBe(true);
    expect(readIncoming(groupMessage({ mentions: [bare] }), me)?.addressed).toBe(false);
    const denied = [{ ...bare, is_you: false }];
    expect(readIncoming(groupMessage({ mentions: denied }), learnt)?.addressed).toBe(false);
  });

  it("compares ids in guilds, and trusts the @ event before READY told ours", () => {
    const mentions = [{ id: "7305", bot: true, username: "助手" }];
    expect(readIncoming(channelMessage("MESSAGE_CREATE", { mentions }), me)?.addressed).toBe(true);
    expect(readIncoming(channelMessage("MESSAGE_CREATE", { mentions: [{ id: "1", bot: true }] }), me)?.addressed).toBe(
      false,
    );
    const early = readIncoming(channelMessage("AT_MESSAGE_CREATE", { mentions, content: "<@!7305> 在吗" }), {
      botMemberOpenids: new Set(),
    });
    expect(early).toMatchObject({ addressed: true, text: "在吗", mentions: { others: [] } });
  });

  it("writes a mention of somebody else into the text when its tag was stripped", () => {
    const mentions = [mentionOfMe, { scope: "single", member_openid: "Z", username: "小周", is_you: false }];
    expect(readIncoming(groupMessage({ content: " 提醒开会", mentions }), me)?.text).toBe("提醒开会 @小周");
    expect(readIncoming(groupMessage({ content: "@小周 提醒开会", mentions }), me)?.text).toBe("@小周 提醒开会");
  });
});

describe("who speaks", () => {
  it("marks other bots and the bot's own echo", () => {
    const other = groupMessage({ author: { member_openid: "X", bot: true } });
    expect(readIncoming(other, me)?.sender).toMatchObject({ id: "X", isBot: true, isSelf: false });
    const echo = channelMessage("MESSAGE_CREATE", { author: { id: "7305" } });
    expect(readIncoming(echo, me)?.sender).toMatchObject({ isBot: true, isSelf: true });
  });

  it("prefers the scene's openid to author.id, and the nick to the user name", () => {
    const c2c = envelope("C2C_MESSAGE_CREATE", { id: "m", content: "x", author: { id: "other", user_openid: "U" } });
    expect(readIncoming(c2c, me)).toMatchObject({ sender: { id: "U" }, conversation: { scene: "c2c", id: "U" } });
    const guild = channelMessage("MESSAGE_CREATE", {
      author: { id: "9", username: "u" },
      member: { nick: "n", roles: [2] },
    });
    expect(readIncoming(guild, me)?.sender).toMatchObject({ name: "n", roles: ["2"] });
  });
});

describe("quotes", () => {
  const zhou = { scope: "single", member_openid: "Z", username: "小周", is_you: false };
  const quoting = (facts: Record<string, Json>) =>
    groupMessage({
      message_type: 103,
      message_scene: { ext: ["msg_idx=REFIDX_1==", "ref_msg_idx=REFIDX_2=="] },
      mentions: [zhou],
      ...facts,
    });

  it("drop the mention that the client put in front, once", () => {
    const msg_elements = [{ msg_idx: "REFIDX_2==", content: "纪要", author: { username: "小周" } }];
    const read = readIncoming(quoting({ content: " <@Z> 请 <@Z> 看", msg_elements }), me);
    expect(read).toMatchObject({
      text: "请 @小周 看",
      form: "quote",
      refId: "REFIDX_1==",
      quote: { refId: "REFIDX_2==", text: "纪要", authorName: "小周" },
      mentions: { others: [{ id: "Z", name: "小周" }] },
    });
    expect(readIncoming(quoting({ content: "<@Z> 看", msg_elements }), me)?.mentions.others).toEqual([]);
  });

  it("tell the quoted words before the hint about them", () => {
    const parallel_message = { msg_nodes: [{ content: "[图片]" }] };
    expect(readIncoming(quoting({ msg_elements: [{ content: "纪要" }], parallel_message }), me)?.quote?.text).toBe(
      "纪要",
    );
    expect(readIncoming(quoting({ parallel_message }), me)?.quote?.text).toBe("[图片]");
  });

  it("of quotes and of forwarded chats are read as deep as they go, to a depth", () => {
    const nested = (depth: number): Json =>
      depth === 0 ? [{ content: "the end" }] : [{ msg_elements: nested(depth - 1), content: `level ${depth}` }];
    const text = readIncoming(quoting({ msg_elements: nested(9) }), me)?.quote?.text;
    expect(text).toBe("level 9\nlevel 8\nlevel 7\nlevel 6");
    const forwarded = {
      message_type: 102,
      content: " ",
      msg_elements: [{ content: "一" }, 7, { msg_elements: nested(0) }],
    };
    expect(readIncoming(groupMessage(forwarded as Record<string, Json>), me)).toMatchObject({
      form: "record",
      text: "一\nthe end",
    });
  });

  it("keep a mention of somebody other than the quoted author", () => {
    const msg_elements = [{ content: "纪要", author: { member_openid: "Q", username: "小周" } }];
    expect(readIncoming(quoting({ content: "<@Z> 看", msg_elements }), me)?.text).toBe("@小周 看");
  });

  it("survive with nothing but an index", () => {
    const read = readIncoming(
      quoting({ msg_elements: null, message_scene: { ext: ["ref_msg_idx=TMP_x", 7, null] } }),
      me,
    );
    expect(read?.quote).toEqual({ refId: "TMP_x" });
  });

  it("are found by the older spelling of the index", () => {
    const ext = ["msgIdx:REFIDX_1", "refMsgIdx:REFIDX_2"];
    expect(readIncoming(groupMessage({ message_scene: { ext } }), me)).toMatchObject({
      refId: "REFIDX_1",
      quote: { refId: "REFIDX_2" },
    });
  });
});

describe("text that is not the speaker's own", () => {
  it("is left as it came and named", () => {
    const card = groupMessage({ message_type: 3, content: " [卡片消息] <@B> /reset ", mentions: [mentionOfMe] });
    expect(readIncoming(card, me)).toMatchObject({ form: "card", text: "[卡片消息] <@B> /reset" });
    expect(readIncoming(groupMessage({ message_type: 102 }), me)?.form).toBe("record");
  });
});

describe("attachments", () => {
  const kinds = (attachments: Json) =>
    readIncoming(groupMessage({ attachments }), me)?.attachments.map((one) => `${one.kind} ${one.url}`);

  it("get a scheme and a kind", () => {
    expect(
      kinds([
        { content_type: "image/png", url: "gchat.qpic.cn/a/0" },
        { content_type: "voice", filename: "a.amr", url: "//x.qq.com/v" },
        { content_type: "audio/mpeg", filename: "song.mp3", url: "https://x.qq.com/s" },
        { content_type: "audio/amr", url: "https://x.qq.com/s" },
        { content_type: "VIDEO/mp4", url: "http://x.qq.com/m" },
        { content_type: "application/pdf", url: "https://x.qq.com/f" },
        { url: "gchat.qpic.cn/only-url" },
        { filename: "a.mp4" },
      ]),
    ).toEqual([
      "image https://gchat.qpic.cn/a/0",
      "voice https://x.qq.com/v",
      "file https://x.qq.com/s",
      "voice https://x.qq.com/s",
      "video http://x.qq.com/m",
      "file https://x.qq.com/f",
      "image https://gchat.qpic.cn/only-url",
      "video ",
    ]);
  });

  it("survive nonsense", () => {
    expect(kinds("none")).toEqual([]);
    expect(kinds([null, 3, "x"])).toEqual([]);
  });
});

describe("clicks", () => {
  const click = (facts: Record<string, Json>, id?: string) =>
    envelope("INTERACTION_CREATE", { id: "i1", type: 11, ...facts } as Json, id);
  const data = { type: 11, resolved: { button_id: "b", button_data: "yes" } };

  it("reply by the outer id and are acknowledged by the inner one", () => {
    const read = readIncoming(click({ scene: "c2c", user_openid: "U", data }), me);
    expect(read).toMatchObject({
      kind: "interaction",
      interactionId: "i1",
      text: "yes",
      button: { id: "b", data: "yes" },
      replyTo: { eventId: "INTERACTION_CREATE:1", receivedAt },
    });
    expect(read?.replyTo).not.toHaveProperty("msgId");
  });

  it("have no reply id when the outer one is ours", () => {
    const read = readIncoming(click({ scene: "c2c", user_openid: "U", data }, syntheticEventId("X", {})), me);
    expect(read?.replyTo).toEqual({ receivedAt });
  });

  it("find their place by scene, else by chat_type", () => {
    const place = (facts: Record<string, Json>) => readIncoming(click({ ...facts, data }), me)?.conversation;
    const ids = { user_openid: "U", group_openid: "G", channel_id: "C" };
    expect(place({ ...ids, scene: "guild" })).toEqual({ scene: "channel", id: "C" });
    expect(place({ ...ids, chat_type: 1 })).toEqual({ scene: "group", id: "G" });
    expect(place({ ...ids, chat_type: 2 })).toEqual({ scene: "c2c", id: "U" });
    expect(place({ ...ids, scene: "group", chat_type: 2 })).toEqual({ scene: "group", id: "G" });
  });

  it("are nobody's when the platform does not say whose, but still there to be acknowledged", () => {
    expect(readIncoming(click({ scene: "group", group_openid: "G", data }), me)?.sender.id).toBe("");
  });

  it("are types 11 and 12 only", () => {
    for (const type of [13, 14, 18, 2001]) {
      const read = readIncoming(click({ scene: "c2c", user_openid: "U", type, data: { type } }), me);
      expect(read, String(type)).toBeNull();
    }
    expect(
      readIncoming(click({ scene: "c2c", user_openid: "U", type: 12, data: { resolved: { feature_id: 101 } } }), me),
    ).toMatchObject({
      form: "menu",
      text: "101",
    });
  });
});

describe("readIncoming", () => {
  it.each([
    ["", null],
    ["no place", { id: "m", author: { id: "1" } }],
    ["no author", { id: "m", group_openid: "G" }],
    ["no id", { group_openid: "G", author: { id: "1" } }],
    ["a list", []],
  ])("returns null, never throws, for a payload with %s", (_, data) => {
    for (const type of ["GROUP_MESSAGE_CREATE", "AT_MESSAGE_CREATE", "INTERACTION_CREATE", "NEW_EVENT"])
      expect(readIncoming(envelope(type, data as Json), me)).toBeNull();
  });

  it("takes a message whose every other field is null", () => {
    const nulls = {
      content: null,
      mentions: null,
      attachments: null,
      message_scene: null,
      timestamp: null,
      message_type: null,
    };
    expect(readIncoming(groupMessage(nulls), me)).toMatchObject({ text: "", form: "text", timestampMs: receivedAt });
  });

  it("keeps session guild and source guild of a DM apart", () => {
    const dm = envelope("DIRECT_MESSAGE_CREATE", {
      id: "m",
      guild_id: "33",
      src_guild_id: "5",
      channel_id: "8",
      author: { id: "9" },
    });
    expect(readIncoming(dm, me)).toMatchObject({
      conversation: { scene: "dms", id: "33" },
      guildId: "33",
      sourceGuildId: "5",
      addressed: true,
    });
  });
});
