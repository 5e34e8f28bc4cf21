import { describe, expect, it } from "vitest";
import type { BotOptions } from "../../../src/bot/bot.ts";
import { groupId, openStage, type Stage, said } from "../../kit/bot-stage.ts";
import { calling, callOf, ScriptedModel } from "../../kit/scripted-model.ts";

const spends = (text: string, tokens: number) => ({ text, usage: { inputTokens: tokens, outputTokens: 0 } });
const limits = (change: Partial<BotOptions["dailyBudget"]>) => ({
  dailyBudget: { user: {}, group: {}, total: {}, ...change },
});
const texts = ({ chat }: Stage) => chat.map(({ text }) => text);

describe("a daily budget", () => {
  it("of a person is told of once, and the others go on", async () => {
    const stage = await openStage(
      new ScriptedModel(spends("one", 90), spends("two", 20), spends("for B", 1)),
      limits({ user: { tokens: 100 } }),
    );
    for (let n = 0; n < 4; n++) await stage.hear(said.groupAt(`第 ${n} 句`, "A"));
    await stage.hear(said.groupAt("hi", "B"));
    expect(texts(stage)).toEqual(["one", "two", expect.stringContaining("额度用完"), "for B"]);
    const heard = stage.history.lines.get(`group:${groupId}`)?.filter(({ role }) => role === "user") ?? [];
    expect(heard).toHaveLength(5);
    expect(stage.traces.map(({ step }) => step)).toContainEqual({
      kind: "ignored",
      reason: "the budget of the day is used up (user)",
    });
  });

  it("starts anew at midnight in Beijing", async () => {
    const stage = await openStage(new ScriptedModel(spends("one", 100), "two"), limits({ user: { tokens: 100 } }));
    await stage.hear(said.c2c("hi", "A"), said.c2c("hi", "A"));
    await stage.clock.advance(24 * 3_600_000);
    await stage.hear(said.c2c("hi", "A"));
    expect(texts(stage)).toEqual(["one", expect.stringContaining("used up"), "two"]);
  });

  it("does not hold back the owner as a person, but as a part of the whole", async () => {
    const lines = [spends("one", 100), spends("two", 100)];
    const stage = await openStage(
      new ScriptedModel(...lines),
      limits({ user: { tokens: 50 }, total: { tokens: 200 } }),
    );
    await stage.hear(said.c2c("a"), said.c2c("b"), said.c2c("c"));
    expect(texts(stage)).toEqual(["one", "two", expect.stringContaining("My budget")]);
  });

  it("of a group is told there once, whoever asks, and leaves private chats alone", async () => {
    const stage = await openStage(new ScriptedModel(spends("one", 100), "private"), limits({ group: { tokens: 100 } }));
    await stage.hear(said.groupAt("hi", "A"), said.groupAt("hi", "B"), said.groupAt("hi", "C"));
    await stage.hear(said.c2c("hi", "A"));
    expect(texts(stage)).toEqual(["one", expect.stringContaining("This chat's"), "private"]);
  });

  it("of money counts by the price of the model, and its last fifth is the small model's", async () => {
    const model = Object.assign(new ScriptedModel(spends("one", 500_000)), { price: { input: 1.7, output: 0 } });
    const smallModel = Object.assign(new ScriptedModel(spends("small", 1_000_000)), {
      name: "small",
      price: { input: 0.2, output: 0 },
    });
    const stage = await openStage(model, { ...limits({ user: { cost: 1 } }), smallModel });
    for (let n = 0; n < 3; n++) await stage.hear(said.c2c("hi", "A"));
    expect(texts(stage)).toEqual(["one", "small", expect.stringContaining("used up")]);
    expect(smallModel.unsaid).toBe(0);
  });

  it("does not break off the turn that used it up, also after a crash", async () => {
    const call = { ...calling(callOf("get_bot_profile", {}, "x")), usage: { inputTokens: 200, outputTokens: 0 } };
    const stage = await openStage(new ScriptedModel(call), limits({ user: { tokens: 100 } }));
    stage.engine.crashAt = { step: "model-1", after: "record" };
    await stage.hear(said.c2c("hi", "A"));
    // The process that died had written down what the call took.
    await stage.restart(new ScriptedModel("done", "never"));
    expect(texts(stage)).toEqual(["done"]);
    expect(stage.usage.sum("2026-11-20")).toMatchObject({ calls: 2, inputTokens: expect.any(Number) });
  });

  it("counts a call that a crash made happen again once", async () => {
    const stage = await openStage(new ScriptedModel(spends("one", 10)));
    stage.engine.crashAt = { step: "reply", after: "effect" };
    await stage.hear(said.c2c("hi", "A"));
    await stage.restart(new ScriptedModel());
    expect(texts(stage)).toEqual(["one"]);
    expect(stage.usage.sum("2026-11-20")).toMatchObject({ calls: 1, inputTokens: 10 });
  });
});

describe("a model chosen for a conversation", () => {
  it("answers there, and nowhere else; one that is not offered is not asked", async () => {
    const big = Object.assign(new ScriptedModel("from the big one"), { name: "big" });
    const stage = await openStage(new ScriptedModel("usual", "usual again"), { otherModels: [big] });
    await stage.chosen.choose("c2c:A", "model", "big");
    await stage.chosen.choose("c2c:C", "model", "gone");
    await stage.hear(said.c2c("hi", "A"), said.c2c("hi", "B"), said.c2c("hi", "C"));
    expect(texts(stage).toSorted()).toEqual(["from the big one", "usual", "usual again"]);
  });
});

describe("/quota", () => {
  it("tells a person what they used and have left, the group's share too, and the whole to admins alone", async () => {
    const stage = await openStage(
      new ScriptedModel(spends("one", 25)),
      limits({ user: { tokens: 100 }, group: { tokens: 1_000 }, total: { cost: 10 } }),
    );
    await stage.hear(said.groupAt("你好", "A"));
    await stage.hear(said.groupAt("/额度", "A"));
    await stage.hear(said.groupAt("/quota", "OWNER"));
    const [, own, owners] = texts(stage);
    expect(own).toBe("你今天：25/100 tokens，还剩 75%\n这里今天：25/1000 tokens，还剩 97%\n北京时间零点重新计算。");
    expect(owners).toContain("0.00/10");
  });
});

describe("/model", () => {
  const other = () => Object.assign(new ScriptedModel("from the big one"), { name: "big" });

  it("is shown to admins and changed by owners, for this conversation", async () => {
    const stage = await openStage(new ScriptedModel("usual"), { otherModels: [other()] });
    await stage.hear(said.c2c("/模型"), said.c2c("/model nope"), said.c2c("/model BIG"), said.c2c("你好"));
    await stage.hear(said.c2c("/model default"), said.c2c("你好"));
    expect(texts(stage)).toEqual([
      "本会话的模型：scripted\n可选：scripted、big",
      expect.stringMatching(/nope[\s\S]*scripted.*big/),
      expect.stringContaining("big"),
      "from the big one",
      expect.stringContaining("scripted"),
      "usual",
    ]);
  });

  it("is nothing for anybody else", async () => {
    const stage = await openStage(new ScriptedModel(), { otherModels: [other()] });
    await stage.hear(said.c2c("/model big", "A"));
    expect(stage.chosen.of("c2c:A")).toEqual({});
  });
});
