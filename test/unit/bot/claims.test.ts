import { describe, expect, it } from "vitest";
import { createRoster } from "../../../src/bot/rights.ts";
import { groupId, openStage, type Stage, said } from "../../kit/bot-stage.ts";
import { ScriptedModel } from "../../kit/scripted-model.ts";
import { scratchStore } from "../store/scratch.ts";

async function open(change: Parameters<typeof openStage>[1] = {}) {
  const { owners } = scratchStore();
  const claimed = () => owners.list().map(({ person }) => person);
  const stage = await openStage(new ScriptedModel(), {
    owners,
    roster: createRoster({ owners: [], claimed }),
    ...change,
  });
  return { stage, owners, claimed };
}

const lastWords = (stage: Stage) => stage.chat.at(-1)?.text;

describe("a claim", () => {
  it.each([
    ["c2c:A", (words: string) => said.c2c(words, "A")],
    ["group:A", (words: string) => said.groupAt(words, "A")],
    ["user:A", (words: string) => said.channelAt(words, "A")],
  ])("makes %s an owner where they speak, and nowhere else", async (person, say) => {
    const { stage, owners, claimed } = await open();
    const { code } = owners.openClaim();
    await stage.hear(say(`/claim ${code.toLowerCase()}`));
    expect(lastWords(stage)).toMatch(/主人|owner/);
    expect(claimed()).toEqual([person]);
    await stage.hear(say("/sid"));
    expect(lastWords(stage)).toContain("（owner）");
    for (const elsewhere of [said.c2c, said.groupAt, said.channelAt]) {
      await stage.hear(elsewhere("/sid", "A"));
      const own = stage.chat.at(-1)?.text ?? "";
      expect(own.includes("（owner）")).toBe(own.includes(person));
    }
  });

  it("leaves the code neither in the events, nor in the history, nor with the model, nor in a trace or log", async () => {
    const { stage, owners } = await open();
    const { code } = owners.openClaim();
    await stage.hear(said.groupAt(`/claim ${code}`, "A"), said.group(`I say ${code} aloud`, "B"));
    stage.model = new ScriptedModel("hm");
    await stage.restart(stage.model);
    await stage.hear(said.groupAt(`what is ${code}?`, "B"));
    const seen = [stage.engine, stage.history.lines, stage.inbox, stage.traces, stage.errors, stage.model.requests];
    const text = seen.map((what) => JSON.stringify(what instanceof Map ? [...what] : what)).join("");
    expect(text).toContain("what is claim-");
    expect(text.toUpperCase()).not.toContain(code.slice(4));
    expect(
      stage.history
        .recent(`group:${groupId}`, 9)
        .map(({ text }) => text)
        .join(),
    ).not.toContain("/claim");
  });

  it("fails with another code, and after three guesses a minute whatever the code is", async () => {
    const { stage, owners, claimed } = await open();
    const { code } = owners.openClaim();
    for (const guess of ["OWN-AAAAA-AAAAA", "x", ""]) await stage.hear(said.c2c(`/claim ${guess}`, "A"));
    await stage.hear(said.c2c(`/claim ${code}`, "A"));
    expect(claimed()).toEqual([]);
    await stage.hear(said.c2c(`/claim ${code}`, "B"));
    expect(claimed()).toEqual(["c2c:B"]);
    await stage.hear(said.c2c(`/claim ${code}`, "C"));
    expect(claimed()).toEqual(["c2c:B"]);
  });

  it("is no word of a quote, a card or a click", async () => {
    const { stage, owners, claimed } = await open();
    const { code } = owners.openClaim();
    const card = said.c2c(`/claim ${code}`, "A", { message_type: 3 });
    stage.model = new ScriptedModel("a card", "a click");
    await stage.restart(stage.model);
    await stage.hear(card, said.click(`/claim ${code}`, "A"));
    expect(claimed()).toEqual([]);
  });

  it("is granted once over a crash, and told", async () => {
    const { stage, owners, claimed } = await open();
    const { code } = owners.openClaim();
    stage.engine.crashAt = { step: "command", after: "effect" };
    await stage.hear(said.c2c(`/claim ${code}`, "A"));
    await stage.restart(new ScriptedModel());
    expect(claimed()).toEqual(["c2c:A"]);
    expect(lastWords(stage)).toMatch(/主人|owner/);
  });
});
