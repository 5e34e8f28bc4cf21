import { describe, expect, it } from "vitest";
import type { Envelope } from "../../../src/protocol/envelope.ts";
import { openStage, type Stage, said } from "../../kit/bot-stage.ts";
import { settle } from "../../kit/fake-clock.ts";
import { ScriptedModel } from "../../kit/scripted-model.ts";

const second = 1_000;

/** A model that thinks until it is told to speak. */
function thinking() {
  const answer = Promise.withResolvers<string>();
  return { model: new ScriptedModel(() => answer.promise), speak: (text = "the answer") => answer.resolve(text) };
}

async function ask(stage: Stage, message: Envelope, agoMs = 0): Promise<() => Promise<void>> {
  const heard = stage.hear({ ...message, receivedAt: stage.clock.now() - agoMs });
  await settle();
  return () => heard;
}

const texts = (stage: Stage) => stage.chat.map(({ text }) => text);

describe("a reply window that closes while the model works", () => {
  it.each([
    ["group", () => said.groupAt("查一下天气")],
    ["channel", () => said.channelAt("查一下天气")],
  ] as const)("gets one note in a %s, and the answer follows", async (_, message) => {
    const { model, speak } = thinking();
    const stage = await openStage(model);
    const finished = await ask(stage, message());
    await stage.clock.advance(259 * second);
    expect(texts(stage)).toEqual([]);
    await stage.clock.advance(second);
    expect(stage.chat).toMatchObject([{ text: "还在处理，请稍等，结果出来就发给你。", keepsLast: true }]);
    expect(stage.chat[0]).not.toHaveProperty("mayWait");
    await stage.clock.advance(120 * second);
    speak();
    await finished();
    expect(texts(stage).slice(1)).toEqual(["the answer"]);
  });

  it.each([
    ["where the answer is there in time", "group", 0, 250, "passive"],
    ["in a private chat, whose window is an hour", "c2c", 0, 600, "passive"],
    ["when it is too late for it already", "group", 296, 60, "passive"],
    ["when it would be an active message", "group", 0, 290, "active"],
  ] as const)("gets none %s", async (_, scene, agoSeconds, thinksSeconds, replyMode) => {
    const { model, speak } = thinking();
    const stage = await openStage(model);
    stage.replyMode = replyMode;
    const message = scene === "group" ? said.groupAt("hello") : said.c2c("hello");
    const finished = await ask(stage, message, agoSeconds * second);
    await stage.clock.advance(thinksSeconds * second);
    speak();
    await finished();
    await stage.clock.advance(300 * second);
    expect(texts(stage)).toEqual(["the answer"]);
  });

  it("gets it soon when the turn began late, in the words' language", async () => {
    const { model, speak } = thinking();
    const stage = await openStage(model);
    const finished = await ask(stage, said.groupAt("what is new?"), 270 * second);
    await stage.clock.advance(8 * second);
    expect(texts(stage)).toEqual(["Still working on it; the answer follows as soon as I have it."]);
    speak();
    await finished();
  });

  it("costs the answer nothing when the note fails", async () => {
    const { model, speak } = thinking();
    const stage = await openStage(model);
    const finished = await ask(stage, said.groupAt("hi"));
    stage.deliveryFailures.push(new Error("broken"));
    await stage.clock.advance(270 * second);
    speak();
    await finished();
    expect(texts(stage)).toEqual(["the answer"]);
  });
});
