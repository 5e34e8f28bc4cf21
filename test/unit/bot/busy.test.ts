import { describe, expect, it } from "vitest";
import type { BusyPolicy } from "../../../src/bot/busy.ts";
import type { Envelope } from "../../../src/protocol/envelope.ts";
import { groupId, openStage, type Stage, said } from "../../kit/bot-stage.ts";
import { calling, callOf, type Line, ScriptedModel } from "../../kit/scripted-model.ts";

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
    expect(stage.chat.map(({ text }) => text)).toEqual([
      "to B\n\n(I was busy: 2 earlier message(s) got no answer of their own)",
    ]);
    expect(stage.history.lines.get(`group:${groupId}`)?.at(-1)?.text).toBe("to B");
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

describe("what is said while the tools of a turn work", () => {
  /** The owner asks for something; while the model thinks of a tool, the others speak. */
  async function interrupted(busy: BusyPolicy, others: Envelope[], ...lines: Line[]) {
    const first = async () => {
      for (const other of others) await stage.bot.accept(other);
      return calling(callOf("get_bot_profile"));
    };
    const stage = await openStage(new ScriptedModel(first, ...lines), { manners: { busy } });
    return stage;
  }
  const texts = (stage: Stage) => stage.chat.map(({ text }) => text);
  const toolsOf = (stage: Stage) => stage.model.requests.map(({ tools }) => tools.map(({ name }) => name));

  it("joins the turn with the policy merge, under its speaker's tag, and is answered with it", async () => {
    const others = [said.group("chatter", "C"), said.groupAt("and me?", "B"), said.groupAt("make it short")];
    const stage = await interrupted("merge", others, "to all of you");
    await stage.hear(said.groupAt("look it up"));
    expect(texts(stage)).toEqual(["to all of you"]);
    expect(stage.model.requests[1]?.messages.map(({ role }) => role)).toEqual([
      ...["system", "user", "assistant", "tool", "user"],
    ]);
    expect(stage.model.lastHeard).toBe(
      "[name of B] and me?\n[name of OWNER] make it short\n" +
        '(note: these 2 messages came while you worked; your reply is for all of it. From here on this turn has the right "public": some tools are gone.)',
    );
    const kept = stage.history.lines.get(`group:${groupId}`)?.map(({ text }) => text);
    expect(kept?.toSorted()).toEqual(["and me?", "chatter", "look it up", "make it short", "to all of you"]);
    expect(stage.engine.unfinished).toBe(0);
  });

  it("takes the owner's tools from a turn that somebody else has joined, whatever the model wants", async () => {
    const recall = calling(callOf("recall_message", { message_id: "M" }));
    const stage = await interrupted("merge", [said.groupAt("recall it!", "B")], recall, "I may not");
    await stage.hear(said.groupAt("hello"));
    expect(toolsOf(stage).map((names) => names.includes("recall_message"))).toEqual([true, false, false]);
    expect(stage.rest.filter(({ method }) => method === "DELETE")).toEqual([]);
    expect(texts(stage)).toEqual(["I may not"]);
  });

  it("leaves the owner's tools where only the owner spoke again", async () => {
    const stage = await interrupted("merge", [said.groupAt("quick")], "done");
    await stage.hear(said.groupAt("hello"));
    expect(toolsOf(stage)[1]).toEqual(toolsOf(stage)[0]);
    expect(stage.model.lastHeard).not.toContain("right");
  });

  it("is heard once when the process dies after it was taken in", async () => {
    const stage = await interrupted("merge", [said.groupAt("and me?", "B")]);
    stage.engine.crashAt = { step: "heard-1", after: "record" };
    await stage.hear(said.groupAt("look it up"));
    await stage.restart(new ScriptedModel("to both"));
    expect(stage.model.lastHeard).toMatch(/^\[name of B\] and me\?\n/);
    expect([texts(stage), stage.engine.unfinished]).toEqual([["to both"], 0]);
  });

  it.each(["queue", "latest"] as const)("waits for its own turn with the policy %s", async (busy) => {
    const stage = await interrupted(busy, [said.groupAt("and me?", "B")], "to A", "to B");
    await stage.hear(said.groupAt("look it up", "A"));
    expect(texts(stage)).toEqual(["to A", "to B"]);
  });
});

describe("a person who writes too much", () => {
  const limits = { perPersonPerMinute: 2, perGroupPerMinute: 3 };

  it("is told once and then passed over", async () => {
    const stage = await openStage(new ScriptedModel("1", "2"), { manners: limits });
    await stage.hear(...["a", "b", "c", "d", "e"].map((text) => said.c2c(text)));
    expect(stage.chat.map(({ text }) => text)).toEqual(["1", "2", expect.stringContaining("minute")]);
    expect(stage.engine.unfinished).toBe(0);
  });

  it("does not use up another person's share, but a group has its own", async () => {
    const stage = await openStage(new ScriptedModel("1", "2", "3"), { manners: limits });
    await stage.hear(...["A", "B", "C", "D"].map((from) => said.groupAt("嗨", from)));
    expect(stage.chat.map(({ text }) => text)).toEqual(["1", "2", "3", expect.stringContaining("一分钟")]);
  });

  it("is answered again when the minute is over", async () => {
    const stage = await openStage(new ScriptedModel("1", "2", "3"), { manners: limits });
    const later = { ...said.c2c("later"), receivedAt: 1_790_000_000_000 + 3_600_000 };
    await stage.hear(said.c2c("a"), said.c2c("b"), said.c2c("c"), later);
    expect(stage.chat.at(-1)?.text).toBe("3");
  });

  it("gets the same verdict when its turn is repeated after a crash", async () => {
    const stage = await openStage(new ScriptedModel("1"), { manners: { perPersonPerMinute: 1 } });
    stage.engine.crashAt = { step: "reply", after: "record" };
    await stage.hear(said.c2c("a"));
    await stage.engine.idle();
    expect(stage.chat.map(({ text }) => text)).toEqual(["1"]);
  });
});
