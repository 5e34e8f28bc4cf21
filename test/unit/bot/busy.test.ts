import { describe, expect, it } from "vitest";
import { openStage, said } from "../../kit/bot-stage.ts";
import { ScriptedModel } from "../../kit/scripted-model.ts";

describe("messages that arrive while the bot is busy", () => {
  it("each get their own turn, in order, with the policy queue", async () => {
    const stage = await openStage(new ScriptedModel("1", "2", "3"), { manners: { busy: "queue" } });
    await stage.hear(said.groupAt("a", "A"), said.groupAt("b", "B"), said.groupAt("c", "A"));
    expect(stage.chat.map(({ text }) => text)).toEqual(["1", "2", "3"]);
  });

  it("of the same speaker are answered together with the policy merge, as a reply to the newest", async () => {
    const stage = await openStage(new ScriptedModel("to A", "to B"), { manners: { busy: "merge" } });
    const newest = said.groupAt("and third", "A");
    await stage.hear(said.groupAt("first", "A"), said.groupAt("second", "B"), newest);
    expect(stage.chat.map(({ text }) => text)).toEqual(["to A", "to B"]);
    expect(stage.chat[0]?.replyTo?.msgId).toBe((newest.data as { id: string }).id);
    const asked = stage.model.requests[0]?.messages.at(-1)?.text ?? "";
    expect(asked).toMatch(/^\[name of A\] first\n\[name of A\] and third\n/);
    expect(asked).not.toContain("second");
  });

  it("give way to the newest with the policy latest, and the model is told", async () => {
    const stage = await openStage(new ScriptedModel("to B"), { manners: { busy: "latest" } });
    await stage.hear(said.groupAt("old", "A"), said.groupAt("older", "A"), said.groupAt("newest", "B"));
    expect(stage.chat.map(({ text }) => text)).toEqual(["to B"]);
    expect(stage.model.lastHeard).toMatch(/old[\s\S]*older[\s\S]*\[name of B\] newest[\s\S]*3 messages/);
    expect(stage.engine.unfinished).toBe(0);
  });

  it("leave clicks and mere chatter their own way", async () => {
    const stage = await openStage(new ScriptedModel("words", "click"), { manners: { busy: "latest" } });
    await stage.hear(said.c2c("hi"), said.click("yes"));
    expect(stage.chat.map(({ text }) => text)).toEqual(["words", "click"]);
  });

  it("are not lost when the process dies after they were taken in", async () => {
    const stage = await openStage(new ScriptedModel(), { manners: { busy: "merge" } });
    stage.engine.crashAt = { step: "gather", after: "record" };
    await stage.hear(said.c2c("first"), said.c2c("second"));
    await stage.restart(new ScriptedModel("both"));
    expect(stage.model.lastHeard).toMatch(/first\nsecond/);
    expect(stage.chat).toHaveLength(1);
    expect(stage.engine.unfinished).toBe(0);
  });
});

describe("a person who writes too much", () => {
  const limits = { perPersonPerMinute: 2, perGroupPerMinute: 3 };

  it("is told once and then passed over", async () => {
    const stage = await openStage(new ScriptedModel("1", "2"), { limits });
    await stage.hear(...["a", "b", "c", "d", "e"].map((text) => said.c2c(text)));
    expect(stage.chat.map(({ text }) => text)).toEqual(["1", "2", expect.stringContaining("minute")]);
    expect(stage.engine.unfinished).toBe(0);
  });

  it("does not use up another person's share, but a group has its own", async () => {
    const stage = await openStage(new ScriptedModel("1", "2", "3"), { limits });
    await stage.hear(...["A", "B", "C", "D"].map((from) => said.groupAt("嗨", from)));
    expect(stage.chat.map(({ text }) => text)).toEqual(["1", "2", "3", expect.stringContaining("一分钟")]);
  });

  it("is answered again when the minute is over", async () => {
    const stage = await openStage(new ScriptedModel("1", "2", "3"), { limits });
    const later = { ...said.c2c("later"), receivedAt: 1_790_000_000_000 + 3_600_000 };
    await stage.hear(said.c2c("a"), said.c2c("b"), said.c2c("c"), later);
    expect(stage.chat.at(-1)?.text).toBe("3");
  });

  it("gets the same verdict when its turn is repeated after a crash", async () => {
    const stage = await openStage(new ScriptedModel("1"), { limits: { perPersonPerMinute: 1, perGroupPerMinute: 9 } });
    stage.engine.crashAt = { step: "reply", after: "record" };
    await stage.hear(said.c2c("a"));
    await stage.engine.idle();
    expect(stage.chat.map(({ text }) => text)).toEqual(["1"]);
  });
});
