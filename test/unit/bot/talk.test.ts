import { describe, expect, it } from "vitest";
import type { TalkPolicy } from "../../../src/bot/talk.ts";
import { letInBy } from "../../../src/cli/people.ts";
import { groupId, guildId, openStage, type Stage, said } from "../../kit/bot-stage.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { ScriptedModel } from "../../kit/scripted-model.ts";
import { scratchStore } from "../store/scratch.ts";

const answers = Array.from({ length: 9 }, (_, index) => `answer ${index}`);
const texts = (stage: Stage) => stage.chat.map(({ text }) => text);

async function open(policy: TalkPolicy, change: Parameters<typeof openStage>[1] = {}) {
  const store = scratchStore();
  const talk = { alone: policy, among: policy };
  const stage = await openStage(new ScriptedModel(...answers), { talk, senders: letInBy(store), ...change });
  return { stage, list: store.senders };
}

const scenes = [
  ["c2c:A", (words: string) => said.c2c(words, "A")],
  [`group:${groupId}`, (words: string) => said.groupAt(words, "A")],
  [`guild:${guildId}`, (words: string) => said.channelAt(words, "A")],
] as const;

describe("whoever may not talk with the bot", () => {
  it.each(scenes)("is not answered, and nothing of it is kept: %s", async (rule, say) => {
    for (const policy of ["off", "allowlist"] as const) {
      const { stage, list } = await open(policy);
      await stage.hear(say("hello"), say("/help"), said.group("chatter", "A"));
      expect(texts(stage)).toEqual([]);
      expect([...stage.history.lines.values()].flat()).toEqual([]);
      expect(stage.inbox).toHaveLength(3);
      list.allow(rule);
      await stage.hear(say("hello again"));
      expect(texts(stage)).toEqual(policy === "off" ? [] : ["answer 0"]);
    }
  });

  it("is anybody but those whom the bot trusts", async () => {
    const { stage } = await open("off");
    await stage.hear(said.c2c("x", "STRANGER"), said.c2c("x", "TRUSTED"), said.groupAt("x", "ADMIN"));
    await stage.hear(said.groupAt("x", "STRANGER"));
    expect(stage.chat.map(({ scene, text }) => [scene, text])).toEqual([
      ["c2c", "answer 0"],
      ["group", "answer 1"],
    ]);
  });

  it("may be so in one place only", async () => {
    const rules = { [`group:${groupId}`]: { talk: "off" }, "c2c:A": { talk: "open" } } as const;
    const { stage } = await open("allowlist", { rules });
    await stage.hear(said.groupAt("x", "B"), said.c2c("x", "B"), said.c2c("x", "A"));
    expect(stage.chat.map(({ id }) => id)).toEqual(["A"]);
    const { stage: other } = await open("open", { rules });
    await other.hear(said.groupAt("x", "B"), said.c2c("x", "B"));
    expect(other.chat.map(({ id }) => id)).toEqual(["B"]);
  });
});

describe("pairing", () => {
  it.each(scenes)("tells %s once how to be let in, and an owner's word does it", async (rule, say) => {
    const { stage, list } = await open("pairing");
    await stage.hear(say("你好"), say("有人吗"), said.group("chatter", "A"));
    expect(stage.chat).toHaveLength(1);
    const [{ code, rule: asked } = { code: "", rule: "" }] = list.waiting();
    expect(asked).toBe(rule);
    expect(texts(stage)[0]).toMatch(/还不认识你|还不认识这个群/);
    expect(texts(stage)[0]).toContain(code);
    expect(stage.model.requests).toEqual([]);
    await stage.hear(said.c2c(`/pair ${code}`, "ADMIN"));
    expect(list.list()).toEqual([]);
    await stage.hear(said.c2c(`/配对 ${code.toLowerCase()}`, "OWNER"));
    expect(texts(stage).at(-1)).toContain(rule);
    await stage.hear(say("你好"));
    expect(texts(stage).at(-1)).toBe("answer 0");
  });

  it("asks again when the code is a day old", async () => {
    const clock = new FakeClock();
    const { senders: list } = scratchStore({ clock });
    expect(list.introduce("c2c:A", "e1").isNew).toBe(true);
    expect(list.introduce("c2c:A", "e2").isNew).toBe(false);
    // The same event again, after a crash: its line was perhaps not said.
    expect(list.introduce("c2c:A", "e1").isNew).toBe(true);
    const [{ code } = { code: "" }] = list.waiting();
    await clock.advance(24 * 3_600_000);
    expect(list.admit(code)).toBeUndefined();
    expect(list.introduce("c2c:A", "e3").isNew).toBe(true);
  });

  it("lets in over a crash, too, and starts anew for whoever was taken off the list", async () => {
    const { stage, list } = await open("pairing");
    await stage.hear(said.c2c("hello", "A"));
    const [{ code } = { code: "" }] = list.waiting();
    stage.engine.crashAt = { step: "command", after: "effect" };
    await stage.hear(said.c2c(`/pair ${code}`, "OWNER"));
    await stage.restart(new ScriptedModel());
    expect(texts(stage).at(-1)).toBe("已允许：c2c:A");
    expect(list.waiting()).toEqual([]);
    list.remove("c2c:A");
    expect(list.introduce("c2c:A", "later")).toMatchObject({ isNew: true });
  });

  it("keeps at most two hundred who wait: the oldest give way", () => {
    const { senders: list } = scratchStore();
    for (let n = 0; n < 205; n++) list.introduce(`c2c:U${n}`, `e${n}`);
    expect(list.waiting()).toHaveLength(200);
  });

  it("lets nobody in who only wrote a code", async () => {
    const { stage, list } = await open("pairing");
    await stage.hear(said.c2c("hello", "A"));
    const [{ code } = { code: "" }] = list.waiting();
    await stage.hear(said.c2c(code, "A"), said.c2c(`/pair ${code}`, "A"), said.channelAt(`/pair ${code}`, "B"));
    expect(list.list()).toEqual([]);
  });
});
