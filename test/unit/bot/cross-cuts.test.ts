import { describe, expect, it, onTestFinished } from "vitest";
import { keepPlans } from "../../../src/bot/schedule.ts";
import { silentLog } from "../../../src/core/log.ts";
import { openStore } from "../../../src/store/store.ts";
import { groupId, openStage, type Stage, said } from "../../kit/bot-stage.ts";
import { settle } from "../../kit/fake-clock.ts";
import { calling, callOf, type Line, ScriptedModel } from "../../kit/scripted-model.ts";

/** What parts of the bot that are right each for itself do together. */

const texts = (stage: Stage) => stage.chat.map(({ text }) => text);
const minute = 60_000;

async function withReminders(model: ScriptedModel, change: Parameters<typeof openStage>[1] = {}) {
  let now = () => 0;
  const clock = { now: () => now(), after: () => () => {}, sleep: () => Promise.resolve() };
  const store = openStore({ path: ":memory:", appId: "1", clock, log: silentLog });
  onTestFinished(() => store.close());
  const stage = await openStage(model, { reminders: { store: store.reminders, appId: "1" }, ...change });
  now = () => stage.clock.now();
  return { stage, reminders: store.reminders };
}

/** While the model thinks of a tool, others speak. */
function interrupting(stage: () => Stage, others: () => ReturnType<typeof said.groupAt>[], line: Line) {
  return async () => {
    for (const other of others()) await stage().bot.accept(other);
    return line as ReturnType<typeof calling>;
  };
}

describe("where the bot is switched off", () => {
  it("in a group only its admins are answered, so that strangers cannot make it speak", async () => {
    const stage = await openStage(new ScriptedModel(), { manners: { mode: "off" } });
    for (const words of ["/help", "/sid", "/status", "/notes"]) await stage.hear(said.groupAt(words, "A"));
    expect(texts(stage)).toEqual([]);
    await stage.hear(said.groupAt("/mode all", "ADMIN"));
    expect(texts(stage)).toEqual(["all · 每条消息都回答"]);
  });

  it("in private chats by its operator, nobody switches it on for themselves, also not in advance", async () => {
    const usual = await openStage(new ScriptedModel());
    await usual.hear(said.c2c("/mode off", "A"));
    await usual.hear(said.c2c("/mode all", "A"));
    expect([texts(usual).at(-1), usual.chosen.of("c2c:A")]).toEqual(["all · 每条消息都回答", {}]);
    const off = await openStage(new ScriptedModel("never"), { rules: { "c2c:*": { mode: "off" } } });
    for (const words of ["/mode all", "你好"]) await off.hear(said.c2c(words, "A"));
    expect(texts(off)).toEqual([]);
  });
});

describe("a group that strangers flood", () => {
  it("still obeys its admins", async () => {
    const limits = { perPersonPerMinute: 5, perGroupPerMinute: 2 };
    const stage = await openStage(new ScriptedModel("1", "2"), { manners: limits });
    await stage.hear(...["A", "B", "C", "D"].map((who) => said.groupAt("你好", who)));
    await stage.hear(said.groupAt("/mode off", "ADMIN"));
    expect(texts(stage).at(-1)).toBe("off · 不说话");
  });
});

describe("the operator's own plans", () => {
  it.each(["allowlist", "pairing", "off"] as const)("are said whoever may talk there (%s)", async (among) => {
    const { stage, reminders } = await withReminders(new ScriptedModel(), { talk: { alone: "open", among } });
    const plan = { cron: "30 20 * * *", to: `group:${groupId}`, text: "早上好" };
    await keepPlans({ plan }, { reminders, timeZone: "Asia/Shanghai", now: stage.clock.now() });
    await stage.clock.advance(31 * minute);
    await stage.engine.idle();
    await settle();
    expect(texts(stage)).toEqual(["早上好"]);
  });
});

describe("a turn that somebody else has joined", () => {
  it.each(["merge", "latest"] as const)("leaves nothing to be done with the right of another (%s)", async (busy) => {
    const act = calling(callOf("set_reminder", { text: "recall the rules", in_minutes: 5, act: true }));
    let stage = undefined as unknown as Stage;
    const first = interrupting(
      () => stage,
      () => [said.groupAt("in 5 minutes, recall the rules", "B")],
      calling(callOf("get_bot_profile")),
    );
    const lines = busy === "merge" ? [first, act, "no"] : [act, "no"];
    const opened = await withReminders(new ScriptedModel(...lines), { manners: { busy } });
    stage = opened.stage;
    await (busy === "merge"
      ? stage.hear(said.groupAt("hello"))
      : stage.hear(said.groupAt("in 5 minutes, recall the rules", "B"), said.groupAt("hello")));
    expect(opened.reminders.list()).toEqual([]);
    expect(texts(stage)[0]).toMatch(/^no/);
  });

  it("does not take in what moderation has not seen", async () => {
    const moderation = { flags: async (text: string) => text.includes("bad"), failing: "block" as const };
    let stage = undefined as unknown as Stage;
    const first = interrupting(
      () => stage,
      () => [said.groupAt("something bad", "B")],
      calling(callOf("get_bot_profile")),
    );
    const model = new ScriptedModel(first, "fine");
    stage = await openStage(model, { moderation, manners: { busy: "merge" } });
    await stage.hear(said.groupAt("hello", "A"));
    expect(JSON.stringify(model.requests)).not.toContain("something bad");
    expect(texts(stage)).toEqual(["fine", "Sorry, that is nothing I can talk about."]);
  });
});

describe("a budget that is used up", () => {
  it("is not spared by joining somebody else's turn", async () => {
    let stage = undefined as unknown as Stage;
    const first = interrupting(
      () => stage,
      () => [said.groupAt("还有我", "B")],
      calling(callOf("get_bot_profile")),
    );
    const model = new ScriptedModel(first, "给 A");
    const dailyBudget = { user: { tokens: 5 }, group: {}, total: {} };
    stage = await openStage(model, { dailyBudget, manners: { busy: "merge" } });
    const row = { key: "k", at: stage.clock.now(), conversation: "c2c:B", person: "B", model: "m", cost: 0 };
    await stage.usage.record({ ...row, inputTokens: 5, outputTokens: 5 });
    await stage.hear(said.groupAt("你好", "A"));
    expect(model.requests).toHaveLength(2);
    expect(texts(stage)).toEqual(["给 A", expect.stringContaining("额度用完了")]);
  });

  it("pays for no transcription either", async () => {
    const asked: unknown[] = [];
    const transcribe = async (voice: unknown) => {
      asked.push(voice);
      return "words";
    };
    const stage = await openStage(new ScriptedModel(), {
      senses: { download: async () => Buffer.from("RIFF....WAVE and more"), transcribe },
      dailyBudget: { user: { tokens: 1 }, group: {}, total: {} },
    });
    const at = stage.clock.now();
    const spent = { inputTokens: 5, outputTokens: 5 };
    await stage.usage.record({ key: "k", at, conversation: "c2c:A", person: "A", model: "m", ...spent, cost: 0 });
    const voice = {
      content_type: "voice",
      filename: "v.amr",
      size: 10,
      url: "https://multimedia.nt.qq.com.cn/v",
      voice_wav_url: "https://multimedia.nt.qq.com.cn/v.wav",
    };
    await stage.hear(said.c2c("听听", "A", { attachments: [voice] }));
    expect(texts(stage)).toEqual([expect.stringContaining("额度用完了")]);
    expect(asked).toEqual([]);
  });
});

describe("what a command says", () => {
  it("repeats no filtered word, and answers mistakes in the asker's language", async () => {
    const { stage } = await withReminders(new ScriptedModel(), { filteredWords: () => ["坏词"] });
    for (const words of ["/提醒 取消 坏词", "/忘记 群 1"]) await stage.hear(said.groupAt(words, "A"));
    expect(texts(stage)).toEqual([
      "这里没有你的这个提醒，/提醒 可以查看编号。",
      "关于本群的记忆只有受信任的人才能删。",
    ]);
  });
});
