import { describe, expect, it } from "vitest";
import type { Json } from "../../src/core/json.ts";
import type { Envelope } from "../../src/protocol/envelope.ts";
import { eventSpec, eventSpecs, eventTypesOf, replyWindowOf } from "../../src/protocol/events.ts";
import { type Incoming, readIncoming } from "../../src/protocol/incoming.ts";
import { intents } from "../../src/protocol/intents.ts";
import { parseJson } from "../../src/protocol/parse-json.ts";
import { conversationOf } from "../../src/protocol/place.ts";
import { scrub } from "../../src/protocol/scrub.ts";
import samples from "../fixtures/events.json" with { type: "json" };

interface Sample {
  type: string;
  variant: string;
  intent_bit: number | null;
  scope: string;
  reply_with: string | null;
  reply_window_s: number | null;
  reply_max: number | null;
  example: { op: number; s?: number; t: string; id?: string; d: Json };
}

const rows = samples as Sample[];
const receivedAt = 1_795_177_870_000;
const me = { botUserId: "7305918264417936052", botMemberOpenids: new Set<string>() };
const image =
  "https://multimedia.nt.qq.com.cn/download?appid=1406&fileid=EhRexampleFileId_0001&rkey=CAQSexampleRkey0001&spec=0";

function receive({ example }: Sample): Envelope {
  const frame = parseJson(JSON.stringify(example)) as unknown as Sample["example"];
  return { source: "gateway", appId: "1", id: frame.id ?? frame.t, type: frame.t, receivedAt, data: scrub(frame.d) };
}

function sample(name: string): Sample {
  const [type, variant = "default"] = name.split("/");
  const found = rows.find((row) => row.type === type && row.variant === variant);
  if (!found) throw new Error(`no sample ${name}`);
  return found;
}

describe("samples of real events", () => {
  it("are 85, of 59 types, all of them in the table", () => {
    expect(rows).toHaveLength(85);
    expect(eventSpecs).toHaveLength(59);
    expect(new Set(rows.map((row) => row.type))).toEqual(new Set(eventSpecs.map((spec) => spec.type)));
  });

  it.each(rows.map((row) => [`${row.type}/${row.variant}`, row] as const))("%s parses", (_, row) => {
    const parsed = eventSpec(row.type)?.schema.safeParse(receive(row).data);
    expect(parsed?.error?.issues).toBeUndefined();
    // Nothing is lost on the way through the schema.
    expect(parsed?.data).toEqual(scrub(row.example.d));
  });

  it.each(rows.map((row) => [`${row.type}/${row.variant}`, row] as const))("%s agrees with the table", (_, row) => {
    const spec = eventSpec(row.type);
    expect(spec?.intentBit).toBe(row.intent_bit);
    if (row.type === "INTERACTION_CREATE") return expect(spec?.replyWith).toBe("event_id");
    expect(spec?.replyWith).toBe(row.reply_with);
    expect(spec?.replyWindowMs).toBe(row.reply_window_s === null ? null : row.reply_window_s * 1000);
    expect(spec?.replyMax).toBe(row.reply_max);
  });

  it("hold no auth_token after receipt", () => {
    for (const row of rows) expect(JSON.stringify(receive(row))).not.toMatch(/auth_token|vexampleAuthToken/);
  });

  it("are read as messages or clicks, or not at all, by their type", () => {
    const read = rows.filter((row) => readIncoming(receive(row), me) !== null);
    expect(new Set(read.map((row) => row.type))).toEqual(
      new Set([
        "C2C_MESSAGE_CREATE",
        "GROUP_AT_MESSAGE_CREATE",
        "GROUP_MESSAGE_CREATE",
        "AT_MESSAGE_CREATE",
        "MESSAGE_CREATE",
        "DIRECT_MESSAGE_CREATE",
        "INTERACTION_CREATE",
      ]),
    );
    expect(read).toHaveLength(26);
  });

  it("name their conversation wherever there is one", () => {
    for (const row of rows) {
      const hasPlace = conversationOf(receive(row)) !== null;
      if (row.reply_with === "msg_id" || row.scope === "c2c" || row.scope === "group")
        expect(hasPlace, row.type).toBe(true);
    }
  });
});

const c2c = { scene: "c2c", id: "E81B4D6F02A94C7395D0B7F1A3C8624E" };
const group = { scene: "group", id: "7A1C3E5B9D2F4860A7C4E1B8D5F20936" };
const channel = { scene: "channel", id: "6473829" };

const expected: Record<string, Record<string, unknown>> = {
  "C2C_MESSAGE_CREATE/default": {
    conversation: c2c,
    text: "帮我查一下明天的天气 [微笑]",
    addressed: true,
    timestampMs: 1_795_177_867_000,
    refId: "REFIDX_Jk3v9QmZx7Rt2WbN5yHcLg==",
  },
  "C2C_MESSAGE_CREATE/image": {
    text: "",
    attachments: [expect.objectContaining({ kind: "image", url: image, width: 1920, height: 1080, size: 256_000 })],
  },
  "C2C_MESSAGE_CREATE/voice": {
    attachments: [
      expect.objectContaining({
        kind: "voice",
        asr: "明天早上八点提醒我开会",
        wavUrl: "https://grouptalk.c2c.qq.com/example/9b2e71c4f0a84d53.wav",
      }),
    ],
  },
  "C2C_MESSAGE_CREATE/file": { attachments: [expect.objectContaining({ kind: "file", name: "周报.pdf" })] },
  "C2C_MESSAGE_CREATE/video": { attachments: [expect.objectContaining({ kind: "video" })] },
  "C2C_MESSAGE_CREATE/quote": {
    form: "quote",
    text: "这个建议很好,谢谢",
    quote: { refId: "REFIDX_p8TsVd1fXo4KeUqZ0nMrBw==", text: "每天读半小时书" },
  },
  "C2C_MESSAGE_CREATE/quote_image": {
    quote: expect.objectContaining({ text: "[图片]", attachments: [expect.objectContaining({ url: image })] }),
  },
  "C2C_MESSAGE_CREATE/card": { form: "card", text: "[卡片消息] 小程序\n摘要: 每日打卡" },
  "C2C_MESSAGE_CREATE/forward": { form: "record", text: expect.stringMatching(/^\[小林和小周的聊天记录\]/) },
  "GROUP_AT_MESSAGE_CREATE/default": {
    conversation: group,
    text: "/天气 深圳",
    addressed: true,
    mentions: { me: true, others: [], everyone: false },
    sender: expect.objectContaining({ id: "3F9E0C7A5B1D4826E8F2A6C4907B1D53", name: "小林", role: "member" }),
  },
  "GROUP_AT_MESSAGE_CREATE/quote_nested": {
    text: "",
    form: "quote",
    quote: expect.objectContaining({ refId: "TMP_f25a8c04-9d17-4b6e-a3c9-71e0d84b6f2a" }),
  },
  "GROUP_MESSAGE_CREATE/default": { conversation: group, text: "大家早上好", addressed: false },
  "GROUP_MESSAGE_CREATE/mention_me": {
    text: "状态",
    addressed: true,
    ownMemberOpenid: "5D20B7E94F1A4C638E7D91A0C2B6F384",
  },
  "GROUP_MESSAGE_CREATE/mention_other": {
    text: "@小周 你来看看",
    addressed: false,
    mentions: { me: false, others: [{ id: "C05D7E21B94A4F3688A1D2E7F6035B9C", name: "小周" }], everyone: false },
  },
  "GROUP_MESSAGE_CREATE/mention_all": {
    text: "@全体成员 开会了",
    addressed: false,
    mentions: { me: false, others: [], everyone: true },
  },
  "GROUP_MESSAGE_CREATE/quote_auto_mention": {
    text: "总结一下",
    addressed: false,
    mentions: { me: false, others: [], everyone: false },
    quote: { refId: "REFIDX_Ya6GhCj2LiSx9EtRw7PvDk==", text: "会议纪要…", authorName: "小周" },
  },
  "GROUP_MESSAGE_CREATE/from_bot": {
    addressed: false,
    sender: expect.objectContaining({ isBot: true, isSelf: false }),
  },
  "AT_MESSAGE_CREATE/default": {
    conversation: channel,
    guildId: "5823917460352891147",
    text: "今天有什么活动?",
    addressed: true,
    mentions: { me: true, others: [], everyone: false },
    sender: expect.objectContaining({ id: "16207593418820467351", roles: ["1", "11"] }),
  },
  "AT_MESSAGE_CREATE/image_and_reference": {
    text: "看图 <3 [得意]",
    attachments: [expect.objectContaining({ url: "https://gchat.qpic.cn/qmeetpic/0/0-0-A1B2C3D4E5F6/0" })],
    quote: { refId: "088066630d23820a7bcf9e027f9139a16f74086d252db747b206" },
  },
  "MESSAGE_CREATE/default": { conversation: channel, text: "晚上谁开黑?", addressed: false },
  "DIRECT_MESSAGE_CREATE/default": {
    conversation: { scene: "dms", id: "3390572846110927" },
    sourceGuildId: "5823917460352891147",
    text: "在吗",
    addressed: true,
  },
  "INTERACTION_CREATE/default": {
    kind: "interaction",
    conversation: c2c,
    interactionId: "4c1d9a52-7e0b-4f36-9a81-d3b7e605c2f8",
    button: { id: "allow-once", data: "confirm:once" },
    replyTo: { eventId: "INTERACTION_CREATE:9ab3c7d1-7e0b-4f36-9a81-d3b7e605c2f8", receivedAt },
  },
  "INTERACTION_CREATE/button_group": {
    conversation: group,
    sender: expect.objectContaining({ id: "3F9E0C7A5B1D4826E8F2A6C4907B1D53" }),
  },
  "INTERACTION_CREATE/button_guild": {
    conversation: channel,
    guildId: "5823917460352891147",
    sender: expect.objectContaining({ id: "16207593418820467351" }),
    messageId: "083ff21971fc1f5c9e7992fe5756fca2e25145b9c90ca058b206",
  },
  "INTERACTION_CREATE/menu": { form: "menu", button: { featureId: "101" } },
};

describe("the bot's view of a sample", () => {
  it.each(Object.entries(expected))("%s", (name, facts) => {
    const row = sample(name);
    const read = readIncoming(receive(row), me);
    expect(read).toMatchObject(facts as Partial<Incoming>);
    expect(read?.eventId).toBe(row.example.id);
    if (read?.kind === "message") expect(read.replyTo).toEqual({ msgId: read.messageId, receivedAt });
  });
});

describe("the event table", () => {
  it("gives every intent its events", () => {
    for (const intent of intents) expect(eventTypesOf(intent.bit).length, intent.name).toBeGreaterThan(0);
    expect(eventTypesOf(25)).toContain("GROUP_MESSAGE_CREATE");
  });

  it("tells the window of a click by the scene it came from", () => {
    expect(replyWindowOf("INTERACTION_CREATE", "c2c")).toBe(3_600_000);
    expect(replyWindowOf("INTERACTION_CREATE", "group")).toBe(300_000);
    expect(replyWindowOf("GROUP_DEL_ROBOT", "group")).toBeNull();
    expect(replyWindowOf("SOMETHING_NEW", "group")).toBeNull();
  });

  it("takes payloads that lost every optional field, or hold null in it", () => {
    const bare = { id: "m", content: null, mentions: null, attachments: null, author: null, message_scene: null };
    for (const type of ["C2C_MESSAGE_CREATE", "GROUP_MESSAGE_CREATE", "AT_MESSAGE_CREATE", "DIRECT_MESSAGE_CREATE"]) {
      expect(eventSpec(type)?.schema.safeParse(bare).success).toBe(true);
      expect(eventSpec(type)?.schema.safeParse({ id: "m" }).success).toBe(true);
    }
  });

  it("keeps bare forum ids whole", () => {
    const frame = '{"guild_id":5823917460352891147,"author_id":16207593418820467351,"thread_info":{"thread_id":"B_1"}}';
    const parsed = eventSpec("FORUM_THREAD_CREATE")?.schema.safeParse(parseJson(frame));
    expect(parsed?.data).toMatchObject({ guild_id: "5823917460352891147", author_id: "16207593418820467351" });
  });
});
