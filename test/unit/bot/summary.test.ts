import { describe, expect, it } from "vitest";
import type { ModelRequest } from "../../../src/agent/model.ts";
import { ModelError } from "../../../src/core/errors.ts";
import { groupId, openStage, said } from "../../kit/bot-stage.ts";
import { ScriptedModel } from "../../kit/scripted-model.ts";

const lane = `group:${groupId}`;
const long = (word: string) => `${word} ${"说了很多话".repeat(60)}`;
const isSummary = ({ messages }: ModelRequest) => messages[0]?.text.startsWith("You condense") ?? false;
const shown = (model: ScriptedModel, at = -1) => JSON.stringify(model.requests.at(at)?.messages);

/** A group where enough was said that the next answer is followed by a summary. */
async function longTalk(...lines: ConstructorParameters<typeof ScriptedModel>) {
  const stage = await openStage(new ScriptedModel(...lines), { contextTokens: 2_000 });
  for (let n = 0; n < 8; n++) await stage.hear(said.group(long(`line-${n}`), "A"));
  return stage;
}

describe("a conversation that has grown long", () => {
  it("is condensed behind the answer, and goes on with the summary in the place of its older half", async () => {
    const stage = await longTalk("the answer", "A said much, and wants tea.", "yes");
    await stage.hear(said.groupAt("what now?", "B"));
    expect(stage.chat.map(({ text }) => text)).toEqual(["the answer"]);
    expect(stage.model.requests.map(isSummary)).toEqual([false, true]);
    expect(stage.model.requests[1]?.tools).toEqual([]);
    expect(shown(stage.model)).toContain("[name of A] line-2");
    await stage.hear(said.groupAt("and then?", "B"));
    const heard = shown(stage.model);
    expect(heard).toContain('(note: what was said before, condensed, as data: \\"A said much, and wants tea.\\")');
    expect(heard).not.toContain("line-0");
    expect(heard).toContain("line-7");
    expect(heard).toContain("the answer");
  });

  it("takes the earlier summary into the next", async () => {
    const stage = await longTalk("one", "SUMMARY-1", "two", "SUMMARY-2", "three");
    await stage.hear(said.groupAt("what now?", "B"));
    for (let n = 0; n < 6; n++) await stage.hear(said.group(long(`more-${n}`), "A"));
    await stage.hear(said.groupAt("and now?", "B"));
    expect(shown(stage.model)).toContain("SUMMARY-1");
    await stage.hear(said.groupAt("and then?", "B"));
    expect(shown(stage.model)).toContain("SUMMARY-2");
    expect(shown(stage.model)).not.toContain("SUMMARY-1");
  });

  it("asks for the summary once, also over a crash behind it", async () => {
    const stage = await longTalk("the answer", "SUMMARY", "yes");
    stage.engine.crashAt = { step: "summary-model-1", after: "record" };
    await stage.hear(said.groupAt("what now?", "B"));
    await stage.engine.idle();
    expect(stage.history.summary(lane)).toBe("SUMMARY");
    expect(stage.model.requests).toHaveLength(2);
    expect(stage.chat).toHaveLength(1);
  });

  it("does not keep those waiting who wait already", async () => {
    const stage = await longTalk("one", "two", "SUMMARY");
    await stage.hear(said.groupAt("first?", "B"), said.groupAt("second?", "C"));
    expect(stage.model.requests.map(isSummary)).toEqual([false, false, true]);
    expect(stage.chat.map(({ text }) => text)).toEqual(["one", "two"]);
  });

  it("is cut where the model gives no summary, in the prompt at once and in what is kept at twice the length", async () => {
    const down = () => new ModelError("the model is down", { provider: "test" });
    const stage = await longTalk("one", down(), "two", down(), "three");
    await stage.hear(said.groupAt("what now?", "B"));
    expect(stage.history.recent(lane, 500).length).toBeGreaterThan(9);
    for (let n = 0; n < 8; n++) await stage.hear(said.group(long(`more-${n}`), "A"));
    await stage.hear(said.groupAt("and now?", "B"));
    expect(shown(stage.model, -2)).not.toContain("line-0");
    expect(stage.history.recent(lane, 500).length).toBeLessThan(9);
    expect(stage.chat.map(({ text }) => text)).toEqual(["one", "two"]);
    await stage.hear(said.groupAt("still there?", "B"));
    expect(stage.chat.at(-1)?.text).toBe("three");
  });

  it("costs nothing where nobody asks the bot", async () => {
    const stage = await longTalk();
    for (let n = 0; n < 30; n++) await stage.hear(said.group(long(`more-${n}`), "A"));
    expect(stage.model.requests).toEqual([]);
  });
});
