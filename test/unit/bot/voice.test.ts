import { describe, expect, it } from "vitest";
import { channelId, groupId, openStage, type Stage, said } from "../../kit/bot-stage.ts";
import { calling, callOf, ScriptedModel } from "../../kit/scripted-model.ts";

const texts = (stage: Stage) => stage.chat.map(({ text }) => text);
const first = { aiLabel: "first" } as const;
const dayMs = 24 * 3_600_000;

describe("the mark of what a model wrote", () => {
  it("stands on a conversation's first reply of the day, and never in the history", async () => {
    const stage = await openStage(new ScriptedModel("one", "two", "three", "# four"), { manners: first });
    await stage.hear(said.groupAt("a", "A"), said.groupAt("b", "A"));
    await stage.hear(said.channelAt("c", "A"));
    // It is eight in the evening in China.
    await stage.clock.advance(dayMs / 2);
    await stage.hear(said.groupAt("d", "A"));
    expect(stage.chat.map(({ id, text }) => [id, text])).toEqual([
      [groupId, "〔AI 生成〕one"],
      [groupId, "two"],
      [channelId, "〔AI 生成〕three"],
      [groupId, "〔AI 生成〕\n# four"],
    ]);
    expect(JSON.stringify([...stage.history.lines])).not.toContain("AI 生成");
  });

  it("stands on every reply, or on none", async () => {
    const always = await openStage(new ScriptedModel("one", "two"), { manners: { aiLabel: "always" } });
    await always.hear(said.c2c("a"), said.c2c("b"));
    expect(texts(always)).toEqual(["〔AI 生成〕one", "〔AI 生成〕two"]);
    const off = await openStage(new ScriptedModel("one"), { manners: { aiLabel: "off" } });
    await off.hear(said.c2c("a"));
    expect(texts(off)).toEqual(["one"]);
  });

  it("is on the words of send_message where they come first, here and elsewhere", async () => {
    const elsewhere = callOf("send_message", { scene: "channel", id: "6473830", content: "there" });
    const lines = [calling(callOf("send_message", { content: "wait" }), elsewhere), "done"];
    const stage = await openStage(new ScriptedModel(...lines), { manners: first });
    await stage.hear(said.c2c("do it"));
    expect(texts(stage)).toEqual(["〔AI 生成〕wait", "〔AI 生成〕there", "done"]);
  });

  it("is there from the first sign of a growing answer on, and on no second message of the turn", async () => {
    const growing = new ScriptedModel(
      (_, __, onText) => {
        onText?.("let");
        onText?.("let me see");
        return { text: "let me see", ...calling(callOf("get_bot_profile")) };
      },
      (_, __, onText) => {
        onText?.("shown a");
        return "shown all";
      },
    );
    const stage = await openStage(growing, { manners: first });
    stage.drafts = true;
    await stage.hear(said.c2c("look"));
    expect(stage.drafted).toEqual([
      "grow 〔AI 生成〕let",
      "grow 〔AI 生成〕let me see",
      "end whole",
      "grow shown a",
      "finish shown all",
      "end cut",
    ]);
  });

  it.each(["effect", "record"] as const)(
    "is the same when the process dies after the %s of the reply",
    async (after) => {
      const stage = await openStage(new ScriptedModel("one", "two"), { manners: first });
      stage.engine.crashAt = { step: "reply", after };
      await stage.hear(said.c2c("a"));
      await stage.hear(said.c2c("b"));
      expect(texts(stage)).toEqual(["〔AI 生成〕one", "two"]);
      expect(new Set(stage.deliveries.map(({ text }) => text)).size).toBe(2);
    },
  );

  it("is not on what the program says by itself", async () => {
    const stage = await openStage(new ScriptedModel(), { manners: { ...first, perPersonPerMinute: 1 } });
    await stage.hear(said.c2c("/help"), said.c2c("hello"));
    expect(texts(stage).join()).not.toContain("AI 生成");
  });
});

describe("the word filter", () => {
  let words: readonly string[] = [];
  const filtered = (model: ScriptedModel) => openStage(model, { filteredWords: () => words });

  it("leaves what holds a listed word unanswered and unknown, in text and quotes, until the list changes", async () => {
    words = ["坏词"];
    const stage = await filtered(new ScriptedModel("ok"));
    const quote = { message_type: 103, msg_elements: [{ msg_idx: "X", content: "坏词" }] };
    await stage.hear(
      said.groupAt("说坏 词", "A"),
      said.groupAt("说坏\u200b词", "A"),
      said.groupAt("这个呢", "A", quote),
    );
    expect(stage.model.requests).toHaveLength(1);
    words = [];
    await stage.restart(new ScriptedModel("fine"));
    await stage.hear(said.groupAt("说坏词", "A"));
    expect(texts(stage)).toEqual(["ok", "fine"]);
    expect(JSON.stringify([...stage.history.lines])).not.toContain("这个呢");
  });

  it("masks what the model says: in its reply, its tools, its growing answer and its history", async () => {
    words = ["坏词"];
    const growing = new ScriptedModel(calling(callOf("send_message", { content: "一个坏词" })), (_, __, onText) => {
      for (const text of ["坏", "坏词", "坏词了"]) onText?.(text);
      return "坏词了";
    });
    const stage = await filtered(growing);
    stage.drafts = true;
    await stage.hear(said.c2c("说"));
    expect(texts(stage)).toEqual(["一个＊＊", "＊＊了"]);
    expect(stage.drafted).toEqual(["end whole", "grow ", "grow ＊＊", "grow ＊＊了", "finish ＊＊了", "end cut"]);
    expect(stage.history.lines.get("c2c:OWNER")?.map(({ text }) => text)).toEqual(["说", "一个＊＊", "＊＊了"]);
  });
});

describe("moderation", () => {
  const judging = (flagged: RegExp) => {
    const asked: string[] = [];
    const flags = async (text: string) => {
      asked.push(text);
      return flagged.test(text);
    };
    return { asked, flags };
  };

  it("lets neither a flagged question to the model nor a flagged answer to the people", async () => {
    const { asked, flags } = judging(/poison/);
    const moderation = { flags, failing: "block" } as const;
    const stage = await openStage(new ScriptedModel("take poison", "take tea"), { moderation });
    stage.drafts = true;
    await stage.hear(said.c2c("poison?"), said.c2c("I am ill"), said.c2c("I am well"));
    expect(texts(stage)).toEqual([
      "Sorry, that is nothing I can talk about.",
      "Sorry, my answer did not pass moderation, so I keep it to myself.",
      "take tea",
    ]);
    expect(asked).toEqual(["poison?", "I am ill", "take poison", "I am well", "take tea"]);
    expect(stage.drafted).toEqual([]);
    expect(JSON.stringify([...stage.history.lines])).not.toContain("poison");
  });

  it("is asked about what a tool says, and tells the model", async () => {
    const { flags } = judging(/poison/);
    const model = new ScriptedModel(calling(callOf("send_message", { content: "poison" })), "no");
    const stage = await openStage(model, { moderation: { flags, failing: "block" } });
    await stage.hear(said.c2c("hello"));
    expect(texts(stage)).toEqual(["no"]);
    expect(JSON.stringify(model.requests[1]?.messages.at(-1))).toContain("moderation refused");
  });

  it.each([
    ["block", "Sorry, that is nothing I can talk about."],
    ["pass", "hi"],
  ] as const)("without a verdict counts as told: %s", async (failing, reply) => {
    const flags = (_: string, signal: AbortSignal) =>
      new Promise<boolean>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const stage = await openStage(new ScriptedModel("hi"), { moderation: { flags, failing } });
    const heard = stage.hear(said.c2c("hello"));
    await stage.clock.advance(10_000);
    await stage.clock.advance(10_000);
    await heard;
    expect(texts(stage)).toEqual([reply]);
  });
});
