import { describe, expect, it } from "vitest";
import type { Dials } from "../../src/emulator/dials.ts";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { FakeClock } from "../kit/fake-clock.ts";
import { RawBot } from "../kit/raw-bot.ts";

const minute = 60_000;

/** Time stands still unless a test moves it. */
async function start(dials: Partial<Dials> = {}) {
  const emulator = await startTestEmulator({ clock: new FakeClock(), seed: { ...defaultSeed, dials } });
  const bot = await new RawBot(emulator).login();
  const { world } = emulator;
  const c2c = world.c2c[0]?.id ?? "";
  const group = world.groups[0]?.id ?? "";
  const channels = world.guilds[0]?.channels ?? [];
  const channel = channels.find((candidate) => candidate.type === 0)?.id ?? "";
  const dms = world.dms[0]?.id ?? "";
  const places = { c2c, group, channel, dms };
  const paths = {
    c2c: `/v2/users/${c2c}`,
    group: `/v2/groups/${group}`,
    channel: `/channels/${channel}`,
    dms: `/dms/${dms}`,
  };
  type Scene = keyof typeof places;
  const say = (scene: Scene, content = "你好") =>
    emulator.say({ as: "alice", scene, id: places[scene], content, mention: true }).message_id;
  const send = async (scene: Scene, body: object) => {
    const { status, body: answer } = await bot.call("POST", `${paths[scene]}/messages`, body);
    return { status, answer, code: answer.code as number | undefined };
  };
  const rows = (scene: Scene) => emulator.messages({ scene, id: places[scene] });
  /** Days later, with a token of that day. */
  const later = async (days: number) => {
    emulator.advance(days * 24 * 60 * minute);
    await bot.login();
  };
  return { emulator, bot, places, paths, channels, say, send, rows, later };
}

describe("passive replies", () => {
  it("answer with the id, an RFC 3339 time and the quote index, and show up in the chat", async () => {
    const { say, send, rows } = await start();
    const msgId = say("c2c");
    const { status, answer } = await send("c2c", { msg_type: 0, content: "在", msg_id: msgId, msg_seq: 1 });
    expect(status).toBe(200);
    expect(answer.id).toMatch(/^ROBOT1\.0_.*!$/);
    expect(answer.timestamp).toBe("2026-11-20T20:00:00+08:00");
    expect(answer.ext_info.ref_idx).toMatch(/^REFIDX_/);
    expect(rows("c2c").at(-1)).toMatchObject({
      id: answer.id,
      from: "bot",
      content: "在",
      mode: "passive",
      msg_id: msgId,
      msg_seq: 1,
    });
  });

  it("refuse a repeated msg_seq, and count a missing one as 1", async () => {
    const { say, send, rows } = await start();
    const reply = { content: "在", msg_id: say("c2c") };
    expect((await send("c2c", reply)).status).toBe(200);
    expect(await send("c2c", { ...reply, msg_seq: 1 })).toMatchObject({ status: 400, code: 40054005 });
    expect((await send("c2c", { ...reply, msg_seq: 2 })).status).toBe(200);
    expect(rows("c2c")).toHaveLength(3);
  });

  it("do not use up the msg_seq when the message is refused", async () => {
    const { say, send } = await start();
    const msgId = say("group");
    expect(await send("group", { content: " ", msg_id: msgId, msg_seq: 7 })).toMatchObject({ code: 50006 });
    expect((await send("group", { content: "好", msg_id: msgId, msg_seq: 7 })).status).toBe(200);
  });

  it.each([
    ["c2c", 4],
    ["group", 5],
  ] as const)("in %s end after %i; a repeat of a delivered one is still a duplicate", async (scene, max) => {
    const { say, send } = await start();
    const msgId = say(scene);
    for (let seq = 1; seq <= max; seq++) {
      expect((await send(scene, { content: `${seq}`, msg_id: msgId, msg_seq: seq })).status).toBe(200);
    }
    expect(await send(scene, { content: "again", msg_id: msgId, msg_seq: max + 1 })).toMatchObject({ code: 40034128 });
    expect(await send(scene, { content: "again", msg_id: msgId, msg_seq: max })).toMatchObject({ code: 40054005 });
  });

  it.each([
    ["c2c", 60, 40034005],
    ["group", 5, 40034005],
    ["channel", 5, 304027],
    ["dms", 5, 304027],
  ] as const)("in %s are possible for %i minutes, then %i", async (scene, minutes, code) => {
    const { emulator, bot, say, send } = await start();
    await bot.connect();
    const msgId = say(scene);
    emulator.advance(minutes * minute);
    expect((await send(scene, { content: "在", msg_id: msgId })).status).toBe(200);
    emulator.advance(1);
    expect(await send(scene, { content: "在", msg_id: msgId, msg_seq: 2 })).toMatchObject({ status: 400, code });
  });

  it("name a message of this very conversation that the bot was told of", async () => {
    const { emulator, bot, places, say, send } = await start();
    await bot.connect();
    const foreign = say("c2c");
    expect(await send("group", { content: "在", msg_id: foreign })).toMatchObject({ code: 40034024 });
    expect(await send("channel", { content: "在", msg_id: foreign })).toMatchObject({ code: 304026 });
    const unheard = emulator.say({ as: "bob", scene: "group", id: places.group, content: "闲聊" });
    expect(unheard.event_id).toBeNull();
    expect(await send("group", { content: "在", msg_id: unheard.message_id })).toMatchObject({ code: 40034024 });
    const aside = emulator.say({ as: "bob", scene: "channel", id: places.channel, content: "闲聊" });
    expect(await send("channel", { content: "在", msg_id: aside.message_id })).toMatchObject({ code: 304028 });
    const own = (await send("channel", { content: "大家好" })).answer.id;
    expect(await send("channel", { content: "在", msg_id: own })).toMatchObject({ code: 50045 });
  });

  it("take msg_id or event_id, and only events that can be replied to", async () => {
    const { emulator, places, send } = await start();
    const said = emulator.say({ as: "alice", scene: "c2c", id: places.c2c, content: "你好" });
    const both = { content: "在", msg_id: said.message_id, event_id: said.event_id };
    expect(await send("c2c", both)).toMatchObject({ code: 40011000 });
    expect(await send("c2c", { content: "在", event_id: said.event_id })).toMatchObject({ code: 40034027 });
    const unknown = { content: "在", event_id: "INTERACTION_CREATE:0" };
    expect(await send("c2c", unknown)).toMatchObject({ code: 40034025 });
  });
});

describe("active messages", () => {
  it("to one peer end after 20 a minute and are free again a minute later", async () => {
    const { emulator, send, rows } = await start({ activePerBotPerMinute: 1000 });
    for (let n = 0; n < 20; n++) expect((await send("group", { content: `${n}` })).status).toBe(200);
    expect(await send("group", { content: "more" })).toMatchObject({ code: 40034100 });
    expect((await send("c2c", { content: "others still can" })).status).toBe(200);
    expect(rows("group").every((row) => row.mode === "active")).toBe(true);
    emulator.advance(minute);
    expect((await send("group", { content: "again" })).status).toBe(200);
  });

  it("end for the day, and for the whole bot, at their own limits", async () => {
    const { emulator, send, later } = await start({ activePerPeerPerDay: 3, activePerBotPerMinute: 4 });
    for (let n = 0; n < 3; n++) expect((await send("group", { content: `${n}` })).status).toBe(200);
    emulator.advance(2 * minute);
    expect(await send("group", { content: "x" })).toMatchObject({ code: 40034100 });
    await later(1);
    expect((await send("group", { content: "x" })).status).toBe(200);
  });

  it("are refused where people switched them off; replies still go", async () => {
    // Ids are the same in every emulator of one app and seed.
    const { places } = await start();
    const { say, send } = await start({ activeRefusedBy: [places.c2c] });
    expect(await send("c2c", { content: "在吗" })).toMatchObject({ status: 403, code: 40034105 });
    expect((await send("c2c", { content: "在", msg_id: say("c2c") })).status).toBe(200);
    expect((await send("group", { content: "在吗" })).status).toBe(200);
  });

  it("in a DM session are two a day, in a channel twenty, in two channels of a guild", async () => {
    const { bot, channels, send, later } = await start({ activeChannelsPerDay: 1, channelMessagesPerSecond: 100 });
    await bot.connect();
    for (let n = 0; n < 2; n++) expect((await send("dms", { content: "hi" })).status).toBe(200);
    expect(await send("dms", { content: "hi" })).toMatchObject({ code: 304049 });
    for (let n = 0; n < 20; n++) expect((await send("channel", { content: "hi" })).status).toBe(200);
    expect(await send("channel", { content: "hi" })).toMatchObject({ code: 304045 });
    const notice = channels.find((channel) => channel.sub_type === 1)?.id;
    const elsewhere = () => bot.call("POST", `/channels/${notice}/messages`, { content: "hi" });
    expect((await elsewhere()).body).toMatchObject({ code: 304047 });
    await later(1);
    expect((await elsewhere()).status).toBe(200);
  });

  it("wake a person up once in each period after they spoke, and not before", async () => {
    const { say, send, later } = await start();
    const wake = { content: "好久不见", is_wakeup: true };
    expect(await send("c2c", wake)).toMatchObject({ code: 40034123 });
    const msgId = say("c2c");
    expect((await send("c2c", wake)).status).toBe(200);
    expect(await send("c2c", wake)).toMatchObject({ code: 40034122 });
    await later(2);
    expect((await send("c2c", wake)).status).toBe(200);
    await later(30);
    expect(await send("c2c", wake)).toMatchObject({ code: 40034123 });
    expect(await send("c2c", { ...wake, msg_id: msgId })).toMatchObject({ code: 40011000 });
    expect(await send("group", wake)).toMatchObject({ code: 40011000 });
  });
});

const button = (id: string) => ({ id, render_data: { label: id, style: 1 }, action: { type: 2, data: id } });
const keyboard = (rows: number, perRow: number) => ({
  content: {
    rows: Array.from({ length: rows }, () => ({ buttons: Array.from({ length: perRow }, (_, n) => button(`b${n}`)) })),
  },
});

describe("the content of private and group messages", () => {
  it.each([
    ["no text", { msg_type: 0 }, 50006],
    ["blank text", { msg_type: 0, content: "  " }, 50006],
    ["text that is a number", { msg_type: 0, content: 5 }, 40011000],
    ["text that is too long", { msg_type: 0, content: "x".repeat(15_001) }, 40054007],
    ["markdown as text", { msg_type: 0, content: "x", markdown: { content: "x" } }, 22006],
    ["markdown with content", { msg_type: 2, content: "x", markdown: { content: "x" } }, 22006],
    ["markdown without markdown", { msg_type: 2 }, 40034011],
    ["a markdown template", { msg_type: 2, markdown: { custom_template_id: "1" } }, 40034127],
    [
      "a command that groups do not have",
      { msg_type: 2, markdown: { content: '<qqbot-cmd-enter text="a" />' } },
      40034106,
    ],
    ["an ark", { msg_type: 3, ark: { template_id: 23 } }, 304004],
    ["an embed", { msg_type: 4, embed: { title: "x" } }, 340069],
    ["a made-up file_info", { msg_type: 7, media: { file_info: "x" } }, 304080],
    ["a typing state in a group", { msg_type: 6, input_notify: { input_type: 1, input_second: 5 } }, 340069],
    ["six rows of buttons", { msg_type: 2, markdown: { content: "x" }, keyboard: keyboard(6, 1) }, 40034029],
    ["six buttons in a row", { msg_type: 2, markdown: { content: "x" }, keyboard: keyboard(1, 6) }, 40034029],
    ["a keyboard without rows", { msg_type: 2, markdown: { content: "x" }, keyboard: {} }, 304040],
    ["msg_seq 0", { content: "x", msg_seq: 0 }, 40011000],
    ["msg_seq over 32 bits", { content: "x", msg_seq: 2 ** 32 }, 40011000],
    ["msg_seq as text", { content: "x", msg_seq: "1" }, 40011000],
  ])("refuses %s", async (_name, body, code) => {
    const { say, send, rows } = await start();
    const before = say("group");
    expect(await send("group", { msg_id: before, ...body })).toMatchObject({ status: 400, code });
    expect(rows("group")).toHaveLength(1);
  });

  it("takes an ark, and nothing beside it, once the bot is on the white list", async () => {
    const { say, send, rows } = await start({ hasArk: true });
    const body = { msg_type: 3, ark: { template_id: 37, kv: [{ key: "#PROMPT#", value: "x" }] }, msg_id: say("group") };
    expect(await send("group", { ...body, content: "x" })).toMatchObject({ code: 304061 });
    expect((await send("group", body)).status).toBe(200);
    expect(rows("group").at(-1)).toMatchObject({ kind: "ark" });
  });

  it("shows a picture and its caption as one message", async () => {
    const { bot, paths, say, send, rows } = await start();
    const url = "https://example.com/cat.png";
    const { body } = await bot.call("POST", `${paths.group}/files`, { file_type: 1, url, srv_send_msg: false });
    const media = { file_info: body.file_info };
    await send("group", { msg_type: 7, media, content: "一只猫", msg_id: say("group") });
    expect(rows("group").at(-1)).toMatchObject({ kind: "media", content: "一只猫", image_url: url });
  });

  it("takes markdown with a 5 by 5 keyboard", async () => {
    const { say, send, rows } = await start();
    const body = { msg_type: 2, markdown: { content: "# 标题" }, keyboard: keyboard(5, 5), msg_id: say("c2c") };
    expect((await send("c2c", body)).status).toBe(200);
    expect(rows("c2c").at(-1)).toMatchObject({ kind: "markdown", markdown: "# 标题", keyboard: keyboard(5, 5) });
  });

  it("shows a typing state, which takes a msg_seq but no reply", async () => {
    const { say, send, rows } = await start();
    const msgId = say("c2c");
    const typing = { msg_type: 6, input_notify: { input_type: 1, input_second: 30 }, msg_id: msgId };
    expect((await send("c2c", { ...typing, msg_seq: 1 })).status).toBe(200);
    expect(rows("c2c").at(-1)?.id, "a typing state is no message").toBe(msgId);
    expect(await send("c2c", { content: "在", msg_id: msgId, msg_seq: 1 })).toMatchObject({ code: 40054005 });
    for (let seq = 2; seq <= 5; seq++) {
      expect((await send("c2c", { content: "在", msg_id: msgId, msg_seq: seq })).status).toBe(200);
    }
    expect(await send("c2c", { ...typing, input_notify: { input_type: 3 }, msg_seq: 9 })).toMatchObject({
      code: 50059,
    });
  });

  it("quotes by the index that the event or the send answer gave, and by nothing else", async () => {
    const { bot, say, send, rows } = await start();
    const socket = await bot.connect();
    const msgId = say("c2c", "原文");
    const event = await socket.next((frame) => frame.t === "C2C_MESSAGE_CREATE");
    const index = event.d.message_scene.ext[0].replace("msg_idx=", "");
    await send("c2c", { content: "引用", msg_id: msgId, msg_seq: 1, message_reference: { message_id: index } });
    expect(rows("c2c").at(-1)?.quote).toEqual({ id: msgId, from: "alice", content: "原文" });
    await send("c2c", { content: "不是", msg_id: msgId, msg_seq: 2, message_reference: { message_id: msgId } });
    expect(rows("c2c").at(-1)?.quote).toBeUndefined();
  });
});

describe("media", () => {
  const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex").toString("base64");

  it("uploads by URL and by bytes, sends in the same scene only, until its time is over", async () => {
    const { emulator, bot, paths, say, send, rows } = await start();
    const url = "https://example.com/cat.png";
    const upload = await bot.call("POST", `${paths.group}/files`, { file_type: 1, url, srv_send_msg: false });
    expect(upload.body).toMatchObject({ file_uuid: expect.any(String), file_info: expect.any(String), ttl: 300 });
    const media = { file_info: upload.body.file_info };
    const inGroup = { msg_type: 7, media, msg_id: say("group") };
    expect((await send("group", inGroup)).status).toBe(200);
    expect(rows("group").at(-1)).toMatchObject({ kind: "media", image_url: url });
    expect(await send("c2c", { msg_type: 7, media, msg_id: say("c2c") })).toMatchObject({ code: 304080 });
    emulator.advance(299_999);
    expect((await send("group", { ...inGroup, msg_seq: 2 })).status).toBe(200);
    emulator.advance(1);
    expect(await send("group", { ...inGroup, msg_seq: 3 })).toMatchObject({ code: 304080 });

    const bytes = await bot.call("POST", `${paths.c2c}/files`, { file_type: 1, file_data: png });
    await send("c2c", { msg_type: 7, media: { file_info: bytes.body.file_info }, msg_id: say("c2c") });
    const shown = await fetch(emulator.url + rows("c2c").at(-1)?.image_url);
    expect(shown.headers.get("content-type")).toBe("image/png");
    expect(Buffer.from(await shown.arrayBuffer()).toString("base64")).toBe(png);
  });

  it("sends at once with srv_send_msg, as an active message", async () => {
    const { bot, paths, rows } = await start();
    const upload = { file_type: 1, url: "https://example.com/cat.png", srv_send_msg: true };
    const { body } = await bot.call("POST", `${paths.c2c}/files`, upload);
    expect(rows("c2c").at(-1)).toMatchObject({ id: body.id, kind: "media", mode: "active" });
  });

  it.each([
    ["no file_type", { url: "https://example.com/a" }, 850019],
    ["an unknown file_type", { file_type: 9, url: "https://example.com/a" }, 850019],
    ["neither URL nor bytes", { file_type: 1 }, 850026],
    ["a file: URL", { file_type: 1, url: "file:///etc/hostname" }, 850026],
    ["bytes that are no image", { file_type: 1, file_data: Buffer.from("hello").toString("base64") }, 850019],
    ["bytes that are no base64", { file_type: 4, file_data: "%%%" }, 850019],
  ])("refuses %s", async (_name, body, code) => {
    const { bot, paths } = await start();
    expect((await bot.call("POST", `${paths.group}/files`, body)).body).toMatchObject({ err_code: code });
  });
});

describe("guild messages", () => {
  it("need a bot that is connected to the gateway", async () => {
    const { bot, send } = await start();
    expect(await send("channel", { content: "hi" })).toMatchObject({ code: 304018 });
    expect(await send("dms", { content: "hi" })).toMatchObject({ code: 304018 });
    await bot.connect();
    expect((await send("channel", { content: "hi" })).status).toBe(200);
  });

  it("answer with the message object, in which text is escaped", async () => {
    const { bot, channels, send, say, rows } = await start();
    await bot.connect();
    const { answer } = await send("channel", { content: "1 &lt; 2 & 3", msg_id: say("channel") });
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]+$/),
      channel_id: channels.find((channel) => channel.type === 0)?.id,
      content: "1 &lt; 2 &amp; 3",
      author: { bot: true },
      seq_in_channel: "2",
    });
    expect(rows("channel").at(-1)?.content).toBe("1 < 2 & 3");
  });

  it.each([
    ["nothing", {}, 50006],
    ["markdown without the invitation", { markdown: { content: "# x" } }, 304036],
    ["an ark", { ark: { template_id: 23 } }, 304004],
    ["a keyboard without markdown", { content: "x", keyboard: keyboard(1, 1) }, 50037],
    ["an image that is no URL", { image: "cat.png" }, 304010],
    ["a quote of nothing", { content: "x", message_reference: { message_id: "08ff" } }, 50039],
  ])("refuse %s", async (_name, body, code) => {
    const { bot, send } = await start();
    await bot.connect();
    expect(await send("channel", body)).toMatchObject({ code });
  });

  it("take markdown once the right is there, but not beside text", async () => {
    const { bot, send, rows } = await start({ hasGuildMarkdown: true });
    await bot.connect();
    expect((await send("channel", { markdown: { content: "# x" }, keyboard: keyboard(1, 1) })).status).toBe(200);
    expect(rows("channel").at(-1)?.kind).toBe("markdown");
    expect(await send("channel", { content: "x", markdown: { content: "# x" } })).toMatchObject({ code: 50037 });
    const both = { markdown: { content: "# x", custom_template_id: "1" } };
    expect(await send("channel", both)).toMatchObject({ code: 50057 });
  });

  it("are five a second in one channel", async () => {
    const { emulator, bot, say, send } = await start();
    await bot.connect();
    const msgId = say("channel");
    for (let n = 0; n < 5; n++) expect((await send("channel", { content: "x", msg_id: msgId })).status).toBe(200);
    expect(await send("channel", { content: "x", msg_id: msgId })).toMatchObject({ status: 429, code: 20028 });
    emulator.advance(1000);
    expect((await send("channel", { content: "x", msg_id: msgId })).status).toBe(200);
  });

  it("take an image as a form, with object fields as JSON text", async () => {
    const { bot, paths, say, rows } = await start();
    await bot.connect();
    const quoted = say("channel");
    const form = new FormData();
    form.set("content", "看图");
    form.set("msg_id", quoted);
    form.set("message_reference", JSON.stringify({ message_id: quoted }));
    form.set("file_image", new Blob([Buffer.from("GIF89a")]), "a.gif");
    expect((await bot.call("POST", `${paths.channel}/messages`, form)).status).toBe(200);
    expect(rows("channel").at(-1)).toMatchObject({ kind: "media", content: "看图", quote: { id: quoted } });
  });

  it("cannot go to voice channels, unknown channels or sessions", async () => {
    const { bot, channels } = await start();
    await bot.connect();
    const voice = channels.find((channel) => channel.type === 2)?.id;
    const post = async (path: string) => (await bot.call("POST", path, { content: "x" })).body.code;
    expect(await post(`/channels/${voice}/messages`)).toBe(304046);
    expect(await post("/channels/1/messages")).toBe(10003);
    expect(await post("/dms/1/messages")).toBe(304032);
  });
});

describe("recall", () => {
  it.each([
    ["c2c", 40064004],
    ["group", 40064004],
    ["channel", 306005],
    ["dms", 306005],
  ] as const)("in %s takes back the bot's own message within two minutes, once", async (scene, late) => {
    const { emulator, bot, paths, say, send, rows } = await start();
    await bot.connect();
    const msgId = say(scene);
    const first = (await send(scene, { content: "一", msg_id: msgId, msg_seq: 1 })).answer.id;
    const second = (await send(scene, { content: "二", msg_id: msgId, msg_seq: 2 })).answer.id;
    const recall = (id: string) =>
      bot.call("DELETE", `${paths[scene]}/messages/${encodeURIComponent(id)}?hidetip=true`);
    emulator.advance(2 * minute);
    expect((await recall(first)).status).toBe(200);
    expect((await recall(first)).status).toBe(400);
    expect(rows(scene).find((row) => row.id === first)?.recalled).toBe(true);
    emulator.advance(1);
    expect((await recall(second)).body.code).toBe(late);
  });

  it("of others' messages works for a guild's admin bot, not against the owner, and not in groups", async () => {
    const { emulator, bot, paths, places, say } = await start();
    const mine = emulator.say({ as: "bob", scene: "channel", id: places.channel, content: "广告" });
    expect((await bot.call("DELETE", `${paths.channel}/messages/${mine.message_id}`)).status).toBe(200);
    expect((await bot.call("DELETE", `${paths.channel}/messages/${say("channel")}`)).body.code).toBe(306004);
    const inGroup = encodeURIComponent(say("group"));
    expect((await bot.call("DELETE", `${paths.group}/messages/${inGroup}`)).body.err_code).toBe(40062003);
  });
});

describe("reading and reacting in channels", () => {
  it("pages through messages around, before and after one", async () => {
    const { emulator, bot, paths, places } = await start();
    const ids = Array.from({ length: 30 }, (_, n) =>
      emulator.say({ as: "bob", scene: "channel", id: places.channel, content: `${n}` }),
    ).map((said) => said.message_id);
    const list = async (query: string) =>
      (await bot.call("GET", `${paths.channel}/messages?${query}`)).body.map((message: { content: string }) =>
        Number(message.content),
      );
    expect(await list(`after=${ids[3]}&limit=2`)).toEqual([4, 5]);
    expect(await list(`before=${ids[3]}&limit=2`)).toEqual([1, 2]);
    expect(await list(`around=${ids[10]}&limit=3`)).toEqual([9, 10, 11]);
    expect(await list("limit=100")).toHaveLength(20);
    const one = await bot.call("GET", `${paths.channel}/messages/${ids[5]}`);
    expect(one.body.message).toMatchObject({ id: ids[5], content: "5" });
  });

  it("sets, lists and takes away reactions", async () => {
    const { emulator, bot, paths, places, rows } = await start();
    const { message_id: id } = emulator.say({ as: "bob", scene: "channel", id: places.channel, content: "好" });
    const path = `${paths.channel}/messages/${id}/reactions/1/76`;
    expect((await bot.call("PUT", path)).status).toBe(204);
    expect((await bot.call("PUT", path)).body.code).toBe(620003);
    expect(rows("channel").at(-1)?.reactions).toEqual([{ type: 1, id: "76", from: ["bot"] }]);
    expect((await bot.call("GET", path)).body).toMatchObject({ users: [{ username: "示例助手" }], is_end: true });
    expect((await bot.call("DELETE", path)).status).toBe(204);
    expect((await bot.call("DELETE", path)).body.code).toBe(620004);
    expect((await bot.call("PUT", `${paths.channel}/messages/${id}/reactions/3/76`)).body.code).toBe(620001);
  });
});
