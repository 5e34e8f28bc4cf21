import { describe, expect, it } from "vitest";
import { openStage, said } from "../../kit/bot-stage.ts";
import { settle } from "../../kit/fake-clock.ts";
import { ScriptedModel } from "../../kit/scripted-model.ts";

const second = 1_000;

/** A bot that thinks until it is told to speak, and when it showed that it types. */
async function thinking() {
  const answer = Promise.withResolvers<string>();
  const stage = await openStage(new ScriptedModel(() => answer.promise), {
    budget: { maxTurns: 2, maxTokens: 10_000, maxSeconds: 600 },
  });
  return {
    stage,
    speak: () => answer.resolve("the answer"),
    notices: () => stage.rest.map(({ template, body }) => [template, body]),
  };
}

describe("the typing state", () => {
  it("is shown in a private chat after two seconds, once more later, and ends with the answer", async () => {
    const { stage, speak, notices } = await thinking();
    const message = said.c2c("think hard");
    const finished = stage.hear(message);
    await stage.clock.advance(1.9 * second);
    expect(notices()).toEqual([]);
    await stage.clock.advance(second);
    const body = { msg_type: 6, input_notify: { input_type: 1, input_second: 60 } };
    const notice = [
      "/v2/users/{user_openid}/messages",
      { ...body, msg_id: (message.data as unknown as { id: string }).id },
    ];
    expect(notices()).toEqual([notice]);
    await stage.clock.advance(300 * second);
    expect(notices()).toEqual([notice, notice]);
    speak();
    await finished;
    expect(stage.chat.map(({ text }) => text)).toEqual(["the answer"]);
  });

  it.each([
    ["in a group", () => said.groupAt("hi"), "passive"],
    ["where the last reply is all that is left", () => said.c2c("hi"), "active"],
  ] as const)("is not shown %s", async (_, message, replyMode) => {
    const { stage, speak, notices } = await thinking();
    stage.replyMode = replyMode;
    const finished = stage.hear(message());
    await stage.clock.advance(100 * second);
    speak();
    await finished;
    expect(notices()).toEqual([]);
  });

  it("is no reason to wait or to fail: a quick answer comes without it, and no timer stays", async () => {
    const stage = await openStage(new ScriptedModel("quick"));
    await stage.hear(said.c2c("hi"));
    await settle();
    expect([stage.rest, stage.clock.pending]).toEqual([[], 0]);
  });
});
