import { describe, expect, it } from "vitest";
import type { ConversationSettings } from "../../../src/bot/conversation-settings.ts";
import { isQuiet } from "../../../src/bot/judge.ts";
import { ModelError } from "../../../src/core/errors.ts";
import type { Json } from "../../../src/core/json.ts";
import { dayOf } from "../../../src/protocol/timestamps.ts";
import { channelId, groupId, openStage, type Stage, said } from "../../kit/bot-stage.ts";
import { settle } from "../../kit/fake-clock.ts";
import { ScriptedModel } from "../../kit/scripted-model.ts";

const lane = `group:${groupId}`;
const reasons = (stage: Stage) => stage.traces.flatMap(({ step }) => (step.kind === "ignored" ? [step.reason] : []));
const texts = (stage: Stage) => stage.chat.map(({ text }) => text);
const mentionOf = (member_openid: string, username: string) => ({
  mentions: [{ member_openid, username, is_you: false }],
});
const open = (manners: Partial<ConversationSettings>, ...lines: ConstructorParameters<typeof ScriptedModel>) =>
  openStage(new ScriptedModel(...lines), { manners });

/** `seconds` after the platform's moment in which the kit's messages were said. */
const later = (seconds: number): Record<string, Json> => ({
  timestamp: new Date(Date.parse("2026-11-20T20:31:07+08:00") + seconds * 1_000).toISOString(),
});

describe("whether the bot is meant", () => {
  it("is told by the list of mentions, not by a name typed by hand", async () => {
    const stage = await open({}, "yes");
    await stage.hear(said.group("@bot are you there?", "A"));
    expect(texts(stage)).toEqual([]);
    const mention = { mentions: [{ member_openid: "BOT", username: "bot", is_you: true }] };
    await stage.hear(said.group("<@BOT> are you there?", "A", mention));
    expect(texts(stage)).toEqual(["yes"]);
    expect(stage.model.lastHeard).toContain("[name of A] are you there?");
  });

  it.each(["mention", "keyword", "judged", "all"] as const)(
    "is not, in the mode %s, where only somebody else is named or quoted; it stays context",
    async (mode) => {
      const stage = await open({ mode, wakeWords: ["几点"] });
      const quote = { message_type: 103, msg_elements: [{ msg_idx: "REFIDX_X", content: "开会" }] };
      await stage.hear(said.group("<@B> 几点？", "A", mentionOf("B", "小王")), said.group("几点？", "A", quote));
      expect([stage.deliveries, stage.history.lines.get(lane)?.length]).toEqual([[], 2]);
    },
  );

  it("is, where it is named beside somebody else", async () => {
    const stage = await open({}, "yes");
    await stage.hear(said.groupAt("ask <@B> too", "A", mentionOf("B", "小王")));
    expect(texts(stage)).toEqual(["yes"]);
  });
});

describe("the mode", () => {
  it("keyword wakes at a word, however it is written, but not in a card that was passed on", async () => {
    const stage = await open({ mode: "keyword", wakeWords: ["小助手", "Bot"] }, "1", "2", "3");
    await stage.hear(said.group("小\u200b助手，几点了", "A"), said.group("hey ＢＯＴ", "B"), said.group("几点了", "C"));
    await stage.hear(said.group("小助手", "A", { message_type: 3 }), said.groupAt("named", "A"));
    expect(texts(stage)).toEqual(["1", "2", "3"]);
  });

  it("all answers everybody, in the order in which they spoke", async () => {
    const stage = await open({ mode: "all" }, "1", "2");
    await stage.hear(said.group("a", "A"), said.group("b", "B"));
    expect(texts(stage)).toEqual(["1", "2"]);
  });

  it("all answers a message once, though its mention comes as an event of its own", async () => {
    const stage = await open({ mode: "all" }, "1");
    await stage.hear(said.group("a", "A", { id: "TWIN" }), said.groupAt("a", "A", { id: "TWIN" }));
    expect(texts(stage)).toEqual(["1"]);
  });

  it("off hears nothing, not even its name, and keeps nothing; a click is acknowledged", async () => {
    const stage = await open({ mode: "off" });
    await stage.hear(said.groupAt("hello", "A"), said.c2c("hi"), said.click("yes"));
    expect([stage.deliveries, stage.history.lines.size, stage.inbox.length]).toEqual([[], 0, 3]);
    expect(reasons(stage)).toEqual(Array(3).fill("the bot is switched off here"));
    await settle();
    expect(stage.rest.map(({ method }) => method)).toEqual(["PUT"]);
  });

  it("of a conversation is its own, and a choice made there beats the rule at once", async () => {
    const rules = { [lane]: { mode: "all" } } as const;
    const stage = await openStage(new ScriptedModel("1", "2"), { rules });
    await stage.hear(said.group("a", "A"));
    await stage.chosen.choose(lane, "mode", "mention");
    await stage.hear(said.group("b", "A"), said.channelAt("c", "A"));
    expect(stage.chat.map(({ id, text }) => [id, text])).toEqual([
      [groupId, "1"],
      [channelId, "2"],
    ]);
  });
});

describe("the mode judged", () => {
  const judged = { mode: "judged", judgeChance: 0.5, judgeCooldownSeconds: 120 } as const;

  it("without a model joins in at a question, by chance, and says why in the trace", async () => {
    const draws = [0.7, 0.3];
    const stage = await openStage(new ScriptedModel("at ten"), { manners: judged, random: () => draws.shift() ?? 1 });
    await stage.hear(said.group("good morning", "A"), said.group("几点开会？", "A"), said.group("谁知道几点开会", "B"));
    expect(texts(stage)).toEqual(["at ten"]);
    expect(reasons(stage)).toEqual(["not joining in: nothing to say to it", "not joining in: chance"]);
    expect(stage.traces.map(({ step }) => step)).toContainEqual({
      ...{ kind: "decided", what: "joins in: a question to nobody" },
    });
    expect(stage.model.lastHeard).toContain("nobody asked you");
  });

  it("always considers a line in which its name was typed", async () => {
    const stage = await openStage(new ScriptedModel("here"), {
      ...{ manners: judged, random: () => 0.99, self: () => ({ botName: "小Ｑ" }) },
    });
    await stage.hear(said.group("小q 在不在", "A"));
    expect(texts(stage)).toEqual(["here"]);
  });

  it("keeps out for a while after its own words, and is back then", async () => {
    const stage = await open({ ...judged, judgeChance: 1 }, "1", "2");
    await stage.hear(said.group("几点？", "A"), said.group("在哪里？", "A"));
    expect([texts(stage), reasons(stage)]).toEqual([["1"], ["not joining in: it spoke just now"]]);
    await stage.clock.advance(120_000);
    await stage.hear(said.group("什么？", "A"));
    expect(texts(stage)).toEqual(["1", "2"]);
  });

  it.each([
    ["23:00-07:00", "22:59", false],
    ["23:00-07:00", "23:00", true],
    ["23:00-07:00", "06:59", true],
    ["23:00-07:00", "07:00", false],
    ["12:00-14:00", "13:00", true],
    ["12:00-14:00", "14:00", false],
    [undefined, "03:00", false],
  ])("with the quiet hours %s is at %s in China quiet: %s", (hours, time, expected) => {
    expect(isQuiet(hours, Date.parse(`2026-11-20T${time}:00+08:00`))).toBe(expected);
  });

  it("in quiet hours still answers who names it", async () => {
    const stage = await open({ ...judged, quietHours: "00:00-23:59" }, "yes");
    await stage.hear(said.group("几点？", "A"), said.groupAt("几点？", "A"));
    expect([texts(stage), reasons(stage)]).toEqual([["yes"], ["not joining in: quiet hours"]]);
  });

  it("with a model asks it once, also over a crash, and shows it the chat as data", async () => {
    const judgeModel = new ScriptedModel("No: they talk to each other", "yes: an open question");
    const manners = { ...judged, judgeChance: 1 };
    const stage = await openStage(new ScriptedModel("at ten"), { manners, judgeModel });
    await stage.hear(said.group("哈哈", "A"), said.group("就是这样啊", "A"));
    stage.engine.crashAt = { step: "judge", after: "record" };
    await stage.hear(said.group("有人知道几点吗", "B"));
    await stage.engine.idle();
    expect(texts(stage)).toEqual(["at ten"]);
    expect(reasons(stage)).toEqual([
      "not joining in: nothing to say to it",
      "not joining in: the judge: No: they talk to each other",
    ]);
    expect(judgeModel.requests).toHaveLength(2);
    expect(judgeModel.requests[1]?.messages.slice(1).map(({ text }) => text)).toEqual([
      "[name of A] 哈哈\n[name of A] 就是这样啊",
      "[name of B] 有人知道几点吗",
    ]);
  });

  it.each([new ModelError("down", { provider: "test", retryable: false }), "I cannot decide", "忽略规则", "不是"])(
    "stays silent when the judge says %s",
    async (line) => {
      const stage = await openStage(new ScriptedModel(), { manners: judged, judgeModel: new ScriptedModel(line) });
      await stage.hear(said.group("有人知道几点吗", "B"));
      expect([stage.deliveries, stage.engine.failures]).toEqual([[], []]);
    },
  );

  it("counts what the judge cost, and asks none when the budget of the day is used up", async () => {
    const judgeModel = new ScriptedModel({ text: "no: chat", usage: { inputTokens: 90, outputTokens: 5 } });
    const dailyBudget = { user: {}, group: { tokens: 90 }, total: {} };
    const stage = await openStage(new ScriptedModel(), {
      manners: { ...judged, judgeChance: 1 },
      judgeModel,
      dailyBudget,
    });
    await stage.hear(said.group("有人知道几点吗", "B"), said.group("有人知道在哪里吗", "C"));
    expect(stage.usage.sum(dayOf(stage.clock.now()))).toMatchObject({ inputTokens: 90, outputTokens: 5 });
    expect(reasons(stage)[1]).toBe("not joining in: the budget of the day is used up");
  });

  it("does not wait long for the judge", async () => {
    const judgeModel = new ScriptedModel(
      (_, signal) =>
        new Promise((_, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason));
        }),
    );
    const stage = await openStage(new ScriptedModel(), { manners: judged, judgeModel });
    const heard = stage.hear(said.group("有人知道几点吗", "B"));
    await stage.clock.advance(10_000);
    await heard;
    expect(reasons(stage)).toEqual(["not joining in: the judge did not answer"]);
  });
});

describe("a mention without a word", () => {
  it("waits for what that person says next, and for nobody else", async () => {
    const stage = await open({}, "sunny");
    await stage.hear(said.groupAt("", "A"), said.group("lunch?", "B"), said.group("the weather?", "A", later(30)));
    await stage.hear(said.group("thanks", "A", later(40)));
    expect(texts(stage)).toEqual(["sunny"]);
    expect(reasons(stage)[0]).toBe("named without a word: waits for what follows");
  });

  it("takes a picture for words, and is over after a minute", async () => {
    const stage = await open({}, "nice");
    const picture = { attachments: [{ content_type: "image/png", url: "https://example.com/a.png" }] };
    await stage.hear(said.groupAt("", "A"), said.group("", "A", { ...picture, ...later(60) }));
    await stage.hear(said.groupAt("", "A", later(100)), said.group("hello?", "A", later(161)));
    expect(texts(stage)).toEqual(["nice"]);
  });

  it("is remembered over a restart, and when the turn that answers is repeated", async () => {
    const stage = await open({});
    await stage.hear(said.groupAt("", "A"));
    await stage.restart(new ScriptedModel("sunny"));
    stage.engine.crashAt = { step: "reply", after: "effect" };
    await stage.hear(said.group("the weather?", "A", later(5)));
    await stage.engine.idle();
    expect(texts(stage)).toEqual(["sunny"]);
  });

  it("that quotes something is a question about it", async () => {
    const stage = await open({}, "it says hello");
    await stage.hear(said.groupAt("", "A", { message_type: 103, msg_elements: [{ msg_idx: "X", content: "hello" }] }));
    expect(texts(stage)).toEqual(["it says hello"]);
  });
});
