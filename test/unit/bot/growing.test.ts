import { describe, expect, it } from "vitest";
import { ModelError } from "../../../src/core/errors.ts";
import { openStage, said } from "../../kit/bot-stage.ts";
import { settle } from "../../kit/fake-clock.ts";
import { calling, callOf, ScriptedModel } from "../../kit/scripted-model.ts";

async function stageWith(model: ScriptedModel, stream: "auto" | "off" = "auto") {
  const stage = await openStage(model, { stream });
  stage.drafts = true;
  return stage;
}

const failure = () => new ModelError("no", { provider: "p", retryable: false });

describe("an answer while the model writes it", () => {
  it("is the reply when all of it was shown: kept in the history, known by its quote, sent no second time", async () => {
    const stage = await stageWith(
      new ScriptedModel((_request, _signal, onText) => {
        onText?.("shown wo");
        return "shown words";
      }),
    );
    const message = said.c2c("hi");
    await stage.hear(message);
    expect(stage.drafted).toEqual(["grow shown wo", "finish shown words", "end cut"]);
    expect(stage.chat).toEqual([]);
    const last = [...stage.history.lines.values()].flat().at(-1);
    expect([last?.role, last?.text]).toEqual(["assistant", "shown words"]);
    expect(last?.key).toContain(`SHOWN-${message.id}/reply`);
  });

  it("is a message of its own when a tool call follows, ended before the call", async () => {
    const stage = await stageWith(
      new ScriptedModel((_request, _signal, onText) => {
        onText?.("let me look");
        return { text: "let me look", ...calling(callOf("send_message", { content: "from the tool" })) };
      }, "the answer"),
    );
    await stage.hear(said.c2c("hi"));
    expect(stage.drafted).toEqual(["grow let me look", "end whole", "finish the answer", "end cut"]);
    expect(stage.chat.map(({ text }) => text)).toEqual(["from the tool", "the answer"]);
  });

  it("that breaks off in the middle gives way to words of regret", async () => {
    const broken = new ScriptedModel((_request, _signal, onText) => {
      onText?.("half an ans");
      throw failure();
    });
    const stage = await stageWith(broken);
    await stage.hear(said.c2c("hi"));
    expect(stage.drafted.slice(1)).toEqual([expect.stringMatching(/^finish .+/), "end cut"]);
    expect(stage.chat).toHaveLength(1);
  });

  it("is cut off when the turn is aborted in the middle", async () => {
    const stage = await stageWith(
      new ScriptedModel((_request, signal, onText) => {
        onText?.("half an ans");
        return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      }),
    );
    const heard = stage.hear(said.c2c("hi"));
    await settle();
    await stage.bot.stop(0);
    await heard;
    expect(stage.drafted).toEqual(["grow half an ans", "end cut"]);
  });

  it("calls nobody together for a stranger", async () => {
    const stage = await stageWith(
      new ScriptedModel((_request, _signal, onText) => {
        onText?.("hello @everyone here");
        return "hello";
      }),
    );
    await stage.hear(said.c2c("hi", "STRANGER"));
    expect(stage.drafted[0]).toBe("grow hello everyone here");
  });

  it("ends the typing state, which would cost a reply and say nothing more", async () => {
    const answer = Promise.withResolvers<string>();
    const stage = await stageWith(
      new ScriptedModel((_request, _signal, onText) => {
        onText?.("shown");
        return answer.promise;
      }),
    );
    const finished = stage.hear(said.c2c("hi"));
    await settle();
    await stage.clock.advance(50_000);
    expect(stage.rest).toEqual([]);
    answer.resolve("shown words");
    await finished;
  });

  it("is not shown when that is switched off", async () => {
    const stage = await stageWith(new ScriptedModel("the answer"), "off");
    await stage.hear(said.c2c("hi"));
    expect([stage.drafted, stage.chat.length]).toEqual([[], 1]);
  });
});
