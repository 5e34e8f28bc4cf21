import { describe, expect, it, onTestFinished } from "vitest";
import { keepPlans } from "../../../src/bot/schedule.ts";
import { ApiError } from "../../../src/core/errors.ts";
import { silentLog } from "../../../src/core/log.ts";
import type { Reminder, Reminders } from "../../../src/store/reminders.ts";
import { openStore } from "../../../src/store/store.ts";
import { groupId, openStage, type Stage, said } from "../../kit/bot-stage.ts";
import { settle } from "../../kit/fake-clock.ts";
import { calling, callOf, ScriptedModel } from "../../kit/scripted-model.ts";

const minute = 60_000;
const hour = 60 * minute;

/** The clock of the stage says 2026-11-20 20:00 in Shanghai. */
async function open(model: ScriptedModel, change: Parameters<typeof openStage>[1] = {}) {
  let now = () => 0;
  const clock = { now: () => now(), after: () => () => {}, sleep: () => Promise.resolve() };
  const store = openStore({ path: ":memory:", appId: "1", clock, log: silentLog });
  onTestFinished(() => store.close());
  const reminders = { store: store.reminders, appId: "1" };
  const stage = await openStage(model, { reminders, ...change });
  now = () => stage.clock.now();
  return { stage, store: store.reminders };
}

async function pass(stage: Stage, ms: number): Promise<void> {
  await stage.clock.advance(ms);
  await stage.engine.idle();
  await settle();
}

const resultOf = (model: ScriptedModel) =>
  model.requests.flatMap(({ messages }) => messages).findLast(({ role }) => role === "tool")?.text ?? "";
const texts = (stage: Stage) => stage.chat.map(({ text }) => text);
const set = (input: object) => calling(callOf("set_reminder", input));

describe("a reminder", () => {
  it("is sent at its time, once, as a message of the bot's own", async () => {
    const model = new ScriptedModel(set({ text: "开会", in_minutes: 30 }), "好的");
    const { stage, store } = await open(model);
    await stage.hear(said.c2c("半小时后提醒我开会", "A"));
    expect(resultOf(model)).toBe(
      "Set: r1: 2026-11-20 20:30 (Friday) Asia/Shanghai: 开会. It is now 2026-11-20 20:00 (Friday).",
    );
    await pass(stage, 30 * minute - 1);
    expect(texts(stage)).toEqual(["好的"]);
    await pass(stage, 1);
    expect(texts(stage)).toEqual(["好的", "⏰ 提醒：开会"]);
    expect(stage.chat.at(-1)).toMatchObject({
      scene: "c2c",
      id: "A",
      mayWait: true,
      key: expect.stringMatching(/^reminder:r1:/),
    });
    expect(stage.chat.at(-1)?.replyTo).toBeUndefined();
    await pass(stage, 24 * hour);
    expect(texts(stage)).toHaveLength(2);
    expect(store.list()).toEqual([]);
    expect(stage.history.lines.get("c2c:A")?.at(-1)).toMatchObject({ role: "assistant", text: "⏰ 提醒：开会" });
  });

  it("is set in the time zone of the settings, which is the one that the model is told", async () => {
    const model = new ScriptedModel(set({ text: "stand up", at: "2026-11-20 07:30" }), "ok");
    const { stage, store } = await open(model, { timeZone: "America/New_York" });
    await stage.hear(said.c2c("remind me at half past seven", "A"));
    expect(model.requests[0]?.messages[0]?.text).toContain("time: 2026-11-20 07:00 (Friday), America/New_York");
    expect(store.list()).toMatchObject([{ dueAt: Date.UTC(2026, 10, 20, 12, 30) }]);
  });

  it("in a group names who asked for it", async () => {
    const model = new ScriptedModel(set({ text: "drink water", at: "2026-11-20 21:00" }), "ok");
    const { stage } = await open(model);
    await stage.hear(said.groupAt("remind me", "A"));
    await pass(stage, hour);
    expect(stage.chat.at(-1)).toMatchObject({ scene: "group", id: groupId, text: "<@A> ⏰ Reminder: drink water" });
  });

  it("that comes again comes until it is cancelled", async () => {
    const model = new ScriptedModel(set({ text: "站会", cron: "0 9 * * *" }), "好");
    const { stage, store } = await open(model);
    await stage.hear(said.c2c("每天九点提醒", "A"));
    await pass(stage, 13 * hour);
    await pass(stage, 24 * hour);
    expect(texts(stage)).toEqual(["好", "⏰ 提醒：站会", "⏰ 提醒：站会"]);
    await stage.hear(said.c2c("/提醒", "A"));
    expect(texts(stage).at(-1)).toContain('r1: 2026-11-23 09:00 (Monday) Asia/Shanghai, again by "0 9 * * *": 站会');
    await stage.hear(said.c2c("/提醒 取消 r1", "A"));
    expect([texts(stage).at(-1), store.list()]).toEqual(["已取消：站会", []]);
  });

  it("that needs thinking is a turn of its own, with the right that its person has by then", async () => {
    const people = new Map([["A", "owner" as const]]);
    const model = new ScriptedModel(
      set({ text: "看看频道有没有新消息", in_minutes: 5, act: true }),
      "好",
      "没有新消息",
    );
    const rightOf = ({ sender }: { sender: { id: string } }) => people.get(sender.id) ?? "public";
    const roster = { rightOf, leaders: () => [] } as const;
    const { stage } = await open(model, { roster });
    await stage.hear(said.c2c("五分钟后看看", "A"));
    people.delete("A");
    await pass(stage, 5 * minute);
    expect(texts(stage)).toEqual(["好", "没有新消息"]);
    expect(model.lastHeard).toContain("it is time for what this person asked you earlier");
    expect(model.lastHeard).toContain("看看频道有没有新消息");
    expect(stage.callers.at(-1)?.label).toBe("model:public:c2c:A");
    expect(model.requests[2]?.messages[0]?.text).toContain("speaker_right: public");
  });

  it("whose message the platform refuses is known to the model, and to the operator", async () => {
    const model = new ScriptedModel(set({ text: "开会", in_minutes: 1 }), "好", "没发出去");
    const { stage } = await open(model);
    await stage.hear(said.c2c("提醒我", "A"));
    const facts = { service: "bot", method: "POST", path: "/v2/users/{openid}/messages", status: 400, qqCode: 22009 };
    stage.deliveryFailures.push(new ApiError("over the quota of active messages", facts));
    await pass(stage, minute);
    expect(stage.errors).toEqual([expect.stringContaining("over the quota")]);
    await stage.hear(said.c2c("提醒呢?", "A"));
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain("could not be sent");
  });
});

describe("over a restart", () => {
  const due: Omit<Reminder, "id"> = {
    ...{ conversation: "c2c:A", person: "A", text: "吃药", thinks: false, timeZone: "Asia/Shanghai" },
    dueAt: Date.UTC(2026, 10, 20, 12, 0, 0),
  };

  it("one that was missed is said late, with its time; after six hours it is only told of", async () => {
    const model = new ScriptedModel("错过了");
    const { stage, store } = await open(model);
    await stage.bot.stop(0);
    await store.add(due);
    await store.add({ ...due, conversation: "c2c:B", dueAt: due.dueAt - 5 * hour });
    await stage.clock.advance(2 * hour);
    await stage.restart(model);
    await settle();
    await stage.engine.idle();
    expect(texts(stage)).toEqual(["⏰ 提醒：吃药（本该在 2026-11-20 20:00 (Friday) 说的）"]);
    expect(stage.history.lines.get("c2c:B")?.[0]).toMatchObject({
      role: "note",
      text: expect.stringContaining("was missed"),
    });
    expect(store.list()).toEqual([]);
  });

  it("that comes between the event and its record, it is still said once", async () => {
    const model = new ScriptedModel();
    const { stage, store } = await open(model);
    const reminder = await store.add(due);
    await stage.bot.stop(0);
    await stage.restart(model);
    await settle();
    await stage.engine.idle();
    // As if the process had died before it was taken off the list.
    await store.add(reminder);
    await stage.bot.stop(0);
    await stage.restart(model);
    await settle();
    await stage.engine.idle();
    expect(texts(stage)).toEqual(["⏰ 提醒：吃药"]);
    expect(store.list()).toEqual([]);
  });

  it("the call that set it makes no second one", async () => {
    const model = new ScriptedModel(set({ text: "开会", cron: "0 21 * * *" }));
    const { stage, store } = await open(model);
    stage.engine.crashAt = { step: "tool-1-0", after: "effect" };
    await stage.hear(said.c2c("提醒我", "A"));
    const again = new ScriptedModel("好");
    await stage.restart(again);
    expect(store.list()).toHaveLength(1);
    expect(resultOf(again)).toContain("Set: r1: 2026-11-20 21:00");
  });
});

describe("what people may set", () => {
  const refused = async (input: object, event = said.c2c("x", "A")) => {
    const model = new ScriptedModel(set(input), "no");
    const { stage, store } = await open(model);
    await stage.hear(event);
    expect(store.list()).toEqual([]);
    return resultOf(model);
  };

  it.each([
    ["nothing", { text: "a" }, "exactly one of"],
    ["two times", { text: "a", in_minutes: 5, at: "2026-12-01 08:00" }, "exactly one of"],
    ["a time that is over", { text: "a", at: "2026-11-20 19:59" }, "that time is over"],
    ["a time beyond a year", { text: "a", at: "2028-01-01 08:00" }, "too far ahead"],
    ["every minute", { text: "a", cron: "* * * * *" }, "more often than once an hour"],
    ["no pattern", { text: "a", cron: "daily" }, "is no cron pattern"],
    ["a novel", { text: "a".repeat(501), in_minutes: 5 }, "text:"],
    ["another place", { text: "a", in_minutes: 5, id: "OTHER" }, "id"],
  ])("is not %s", async (_, input, reason) => {
    expect(await refused(input)).toContain(reason);
  });

  it("in a group is a single time, unless they are trusted", async () => {
    const daily = { text: "a", cron: "0 9 * * *" };
    expect(await refused(daily, said.groupAt("x", "A"))).toContain("only trusted people");
    const model = new ScriptedModel(set(daily), "ok");
    const { stage, store } = await open(model);
    await stage.hear(said.groupAt("x", "OWNER"));
    expect(store.list()).toHaveLength(1);
  });

  it("is ten at a time, and only their own is theirs to see and cancel", async () => {
    const model = new ScriptedModel();
    const { stage, store } = await open(model);
    const facts = { conversation: `group:${groupId}`, thinks: false, timeZone: "Asia/Shanghai" };
    for (let n = 0; n < 10; n++)
      await store.add({ ...facts, person: "A", text: `a${n}`, dueAt: stage.clock.now() + hour + n });
    await store.add({ ...facts, person: "B", text: "of B", dueAt: stage.clock.now() + hour });
    const eleventh = new ScriptedModel(
      set({ text: "eleventh", in_minutes: 5 }),
      calling(callOf("cancel_reminder", { id: "r11" }), callOf("list_reminders")),
      "no",
    );
    await stage.restart(eleventh);
    await stage.hear(said.groupAt("x", "A"));
    const results = eleventh.requests.at(-1)?.messages.flatMap((one) => (one.role === "tool" ? [one.text] : [])) ?? [];
    expect(results[0]).toContain("10 reminders of this person already");
    expect(results[1]).toContain("there is no reminder r11 of this person here");
    expect(results[2]?.split("\n")).toHaveLength(10);
    expect(results[2]).not.toContain("of B");
    expect(store.list()).toHaveLength(11);
  });

  it("cannot be forged by an event", async () => {
    const { stage } = await open(new ScriptedModel());
    const reminder = { id: "r1", conversation: "c2c:OWNER", person: "OWNER", text: "x", thinks: false, dueAt: 0 };
    await stage.hear({ ...said.c2c("x", "A"), type: "REMINDER", data: { reminder } as never });
    expect(stage.chat).toEqual([]);
  });
});

describe("what the operator plans", () => {
  const plans = { morning: { cron: "0 9 * * *", to: "group:G", text: "早上好" } };
  const keep = (stage: Stage, reminders: Reminders, wanted: Parameters<typeof keepPlans>[0]) =>
    keepPlans(wanted, { reminders, timeZone: "Asia/Shanghai", now: stage.clock.now() });

  it("is said as it stands, at its time, and keeps that time over restarts", async () => {
    const { stage, store } = await open(new ScriptedModel());
    await keep(stage, store, plans);
    await stage.bot.stop(0);
    await stage.clock.advance(14 * hour);
    await keep(stage, store, plans);
    await stage.restart(stage.model);
    await settle();
    await stage.engine.idle();
    expect(texts(stage)).toEqual(["早上好（本该在 2026-11-21 09:00 (Saturday) 说的）"]);
    expect(store.list()).toMatchObject([{ id: "plan:morning", dueAt: Date.UTC(2026, 10, 22, 1) }]);
  });

  it("changes with the settings, and is nobody's to cancel in the chat", async () => {
    const { stage, store } = await open(new ScriptedModel());
    await keep(stage, store, { ...plans, other: { cron: "0 8 * * *", to: "c2c:OWNER", prompt: "报天气" } });
    await stage.hear(said.c2c("/提醒 取消 plan:other"));
    expect(store.list()).toHaveLength(2);
    await keep(stage, store, { morning: { ...plans.morning, cron: "0 10 * * *", timeZone: "UTC" } });
    expect(store.list()).toMatchObject([{ cron: "0 10 * * *", dueAt: Date.UTC(2026, 10, 21, 10) }]);
    await expect(keep(stage, store, { bad: { ...plans.morning, cron: "9 o'clock" } })).rejects.toThrow(
      "no cron pattern",
    );
  });

  it("with a prompt is a turn with nobody's right", async () => {
    const model = new ScriptedModel("今天晴");
    const { stage, store } = await open(model);
    await keep(stage, store, { weather: { cron: "0 9 * * *", to: "group:G", prompt: "报天气" } });
    await stage.clock.advance(13 * hour);
    await stage.engine.idle();
    expect(stage.chat).toMatchObject([{ scene: "group", id: "G", text: "今天晴" }]);
    expect(stage.callers.at(-1)?.label).toBe("model:public:group:G");
    expect(model.lastHeard).toContain("your operator");
  });
});
