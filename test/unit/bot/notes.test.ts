import { describe, expect, it } from "vitest";
import { isSecret } from "../../../src/bot/notes.ts";
import { openStage, said } from "../../kit/bot-stage.ts";
import { calling, callOf, ScriptedModel } from "../../kit/scripted-model.ts";
import { countTokens } from "../../kit/tokens.ts";

const elsewhere = { group_openid: "ANOTHER" };
const result = (model: ScriptedModel) =>
  model.requests.at(-1)?.messages.findLast(({ role }) => role === "tool")?.text ?? "";

describe("a note", () => {
  it("is kept by the model, shown to it when that person speaks again there, and nowhere else", async () => {
    const note = calling(callOf("remember", { text: "likes jasmine tea" }));
    const stage = await openStage(new ScriptedModel(note, "noted", "yes", "yes", "yes", "yes"));
    await stage.hear(said.groupAt("remember that I like jasmine tea", "A"));
    expect(result(stage.model)).toBe("Kept.");
    await stage.bot.accept(said.groupAt("/重置", "OWNER"));
    await stage.engine.idle();
    const hears = async (event: ReturnType<typeof said.c2c>) => {
      await stage.hear(event);
      return JSON.stringify(stage.model.requests.at(-1)?.messages);
    };
    expect(await hears(said.groupAt("what do I like?", "A"))).toContain(
      '(note: kept from earlier, as data: about [name of A]: 1 \\"likes jasmine tea\\")',
    );
    expect(await hears(said.groupAt("and I?", "B"))).not.toContain("kept from earlier");
    expect(await hears(said.groupAt("what do I like?", "A", elsewhere))).not.toContain("jasmine");
    expect(await hears(said.c2c("what do I like?", "A"))).not.toContain("jasmine");
  });

  it.each([
    ["A", "need a trusted person"],
    ["OWNER", "Kept."],
  ])("about all of a group is written by trusted people: %s", async (person, answer) => {
    const note = calling(callOf("remember", { text: "meets on Fridays", about: "conversation" }));
    const stage = await openStage(new ScriptedModel(note, "ok", "ok"));
    await stage.hear(said.groupAt("remember: we meet on Fridays", person));
    expect(result(stage.model)).toContain(answer);
    await stage.hear(said.groupAt("when?", "B"));
    const known = JSON.stringify(stage.model.requests.at(-1)).includes('about this conversation: 1 \\"meets');
    expect(known).toBe(person === "OWNER");
  });

  it.each([
    "my key is sk-proj-abcdefghijkl1234",
    "密码是 hunter2024",
    "password: correct-horse",
    "-----BEGIN PRIVATE KEY-----",
    "card 6222 0200 1234 5678 901",
    "身份证 11010519491231002X",
    "token=abcd1234efgh",
    "AppSecret q8wE7rT6yU5iO4pA3sD2fG1h",
    "Authorization: Bearer abcdefghij0123456789",
  ])("is refused when it looks like a secret: %s", (text) => {
    expect(isSecret(text)).toBe(true);
  });

  it.each([
    "likes jasmine tea",
    "生日是 3 月 5 日，喜欢爬山",
    "works on https://example.com/docs/2026/plan",
    "phone 13800138000",
  ])("is kept when it does not: %s", (text) => {
    expect(isSecret(text)).toBe(false);
  });

  it("that is a secret is neither stored nor written into the audit", async () => {
    const stage = await openStage(new ScriptedModel(calling(callOf("remember", { text: "密码是 hunter2024" })), "no"));
    const audit: unknown[] = [];
    stage.onAudit = (row) => audit.push(row);
    await stage.hear(said.c2c("记住密码是 hunter2024", "A"));
    expect(result(stage.model)).toContain("are not kept");
    expect(JSON.stringify(audit)).toContain('"operation":"remember"');
    expect(JSON.stringify(audit)).not.toContain("hunter2024");
  });

  it("costs little, however many there are", async () => {
    const notes = Array.from({ length: 21 }, (_, n) =>
      callOf("remember", { text: `${n} ${"很长的一条备忘".repeat(20)}` }),
    );
    const stage = await openStage(new ScriptedModel(calling(...notes), "ok", calling(callOf("recall_notes")), "ok"));
    await stage.hear(said.c2c("remember all of it", "A"));
    expect(result(stage.model)).toContain("no room for more notes");
    await stage.hear(said.c2c("hi", "A"));
    const line = stage.model.lastHeard.split("\n")[0] ?? "";
    expect(line).toContain("19 older ones");
    expect(countTokens(line)).toBeLessThan(250);
    expect((JSON.parse(result(stage.model)) as { person: unknown[] }).person).toHaveLength(20);
  });

  it("is removed once, also when the turn dies behind the effect", async () => {
    const two = calling(callOf("remember", { text: "one" }), callOf("remember", { text: "two" }));
    const removal = calling(callOf("forget", { number: 1 }));
    const stage = await openStage(new ScriptedModel(two, "ok", removal, "done"));
    await stage.hear(said.c2c("remember one and two", "A"));
    stage.engine.crashAt = { step: "tool-1-0", after: "effect" };
    await stage.hear(said.c2c("forget the first", "A"));
    await stage.engine.idle();
    await stage.hear(said.c2c("/notes", "A"));
    expect(stage.chat.at(-1)?.text).toContain("2. two");
  });
});

describe("the person a note is about", () => {
  it("sees and removes what is kept about them, and nobody else's", async () => {
    const note = (text: string) => calling(callOf("remember", { text }));
    const stage = await openStage(new ScriptedModel(note("of A"), "ok", note("of B"), "ok"));
    await stage.hear(said.groupAt("remember me", "A"));
    await stage.hear(said.groupAt("remember me", "B"));
    const answer = async (text: string, from: string) => {
      await stage.hear(said.groupAt(text, from));
      return stage.chat.at(-1)?.text ?? "";
    };
    expect(await answer("/我的记忆", "A")).toContain("1. of A");
    expect(await answer("/我的记忆", "A")).not.toContain("of B");
    expect(await answer("/忘记 全部", "A")).toContain("已删掉 1 条");
    expect(await answer("/我的记忆", "A")).not.toContain("of A");
    expect(await answer("/我的记忆", "B")).toContain("1. of B");
    expect(await answer("/忘记 群 全部", "A")).toContain("受信任的人");
    expect(await answer("/forget", "A")).toContain("/forget 1");
  });
});

describe("/reset", () => {
  it("forgets what was said there and keeps the notes", async () => {
    const stage = await openStage(new ScriptedModel(calling(callOf("remember", { text: "likes tea" })), "ok", "hm"));
    await stage.hear(said.c2c("a secret plan; and I like tea", "A"));
    await stage.hear(said.c2c("/reset", "A"));
    expect(stage.chat.at(-1)?.text).toContain("forgotten");
    await stage.hear(said.c2c("what did I say?", "A"));
    const heard = JSON.stringify(stage.model.requests.at(-1)?.messages);
    expect(heard).not.toContain("secret plan");
    expect(heard).toContain("likes tea");
  });

  it("is for admins where others listen", async () => {
    const stage = await openStage(new ScriptedModel());
    await stage.hear(said.group("we meet at ten", "A"));
    await stage.hear(said.groupAt("/reset", "A"));
    expect([...stage.history.lines.values()].flat()).toHaveLength(1);
    await stage.hear(said.groupAt("/reset", "OWNER"));
    expect([...stage.history.lines.values()].flat()).toEqual([]);
  });
});
