import { describe, expect, it } from "vitest";
import { readCommand } from "../../../src/bot/command.ts";
import { commands } from "../../../src/bot/commands.ts";
import { groupId, openStage, type Stage, said } from "../../kit/bot-stage.ts";
import { settle } from "../../kit/fake-clock.ts";
import { ScriptedModel } from "../../kit/scripted-model.ts";

const texts = (stage: Stage) => stage.chat.map(({ text }) => text);

/** A model that thinks until its turn is stopped; `aborted` counts how often that happened. */
function thinker() {
  const seen = { asked: 0, aborted: 0 };
  const think = (_: unknown, signal?: AbortSignal) => {
    seen.asked++;
    return new Promise<string>((_, reject) => {
      signal?.addEventListener("abort", () => {
        seen.aborted++;
        reject(signal.reason);
      });
    });
  };
  return { seen, think };
}

describe("what is a command", () => {
  it.each([
    ["/help", "help", ""],
    ["／help", "help", ""],
    ["/HELP", "help", ""],
    ["／ＨＥＬＰ", "help", ""],
    ["/帮助", "help", ""],
    ["/停止", "stop", ""],
    ["/状态", "status", ""],
    ["/我的ID", "sid", ""],
    ["/我的id", "sid", ""],
    ["  /stop  now\nplease ", "stop", "now\nplease"],
  ])("%s", (text, name, words) => {
    const asked = readCommand(text, commands);
    expect([asked?.command.name, asked?.words]).toEqual([name, words]);
  });

  it.each(["help", "/helpme", "/help/x", "/nothing", "/", "/ help", "say /help", "停止", "//help", "/停止吧"])(
    "%s is talk",
    (text) => {
      expect(readCommand(text, commands)).toBeUndefined();
    },
  );

  it("has one meaning for each word, and a summary that fits the panel", () => {
    const words = commands.flatMap(({ name, chinese, aliases = [] }) => [name, chinese, ...aliases]);
    expect(new Set(words.map((word) => word.toLowerCase())).size).toBe(words.length);
    expect(words.filter((word) => word.normalize("NFKC") !== word || /[\s/／]/.test(word))).toEqual([]);
  });
});

describe("a command", () => {
  it("is answered without the model, as a reply, and leaves nothing in the history", async () => {
    const stage = await openStage(new ScriptedModel());
    const asked = said.c2c("/帮助");
    await stage.hear(asked);
    expect(stage.chat).toMatchObject([
      { id: "OWNER", key: `${asked.id}/reply`, replyTo: { msgId: (asked.data as { id: string }).id } },
    ]);
    expect(texts(stage)[0]).toMatch(/\/停止 \(\/stop\)/);
    expect(stage.history.lines.size).toBe(0);
  });

  it("that nobody knows goes to the model", async () => {
    const stage = await openStage(new ScriptedModel("what?"));
    await stage.hear(said.c2c("/dance"));
    expect(stage.model.lastHeard).toBe("/dance");
  });

  it.each([
    ["chatter of others", said.group("/help", "A")],
    ["another bot's", said.groupAt("/help", "B", { author: { id: "B", member_openid: "B", bot: true } })],
  ])("is none in %s", async (_, event) => {
    const stage = await openStage(new ScriptedModel());
    await stage.hear(event);
    expect(stage.chat).toEqual([]);
  });

  it.each([
    ["a card", said.groupAt("/stop", "A", { message_type: 3 })],
    ["a forwarded chat", said.groupAt("/stop", "A", { message_type: 102 })],
    ["a button", said.click("/stop", "A")],
  ])("is none in %s, whose words are somebody else's: the model reads them", async (_, event) => {
    const stage = await openStage(new ScriptedModel("I see"));
    await stage.hear(event);
    expect(texts(stage)).toEqual(["I see"]);
  });

  it("comes once, however often the platform pushes it", async () => {
    const stage = await openStage(new ScriptedModel());
    const asked = said.groupAt("/sid", "A");
    await stage.hear(asked, asked, { ...asked, id: `${asked.id}-again` });
    expect(stage.deliveries).toHaveLength(1);
    expect(texts(stage)[0]).toContain(`group:${groupId}`);
  });

  it.each([
    ["with the mention in both", [{ member_openid: "BOT", is_you: true }]],
    ["with the mention in one", []],
  ])("comes once when both group events tell of it, %s", async (_, mentions) => {
    const stage = await openStage(new ScriptedModel());
    await stage.hear(said.group("/sid", "A", { id: "TWIN", mentions }), said.groupAt("/sid", "A", { id: "TWIN" }));
    expect(stage.deliveries).toHaveLength(1);
  });

  it("is answered with the same words after a crash between effect and reply", async () => {
    const stage = await openStage(new ScriptedModel());
    stage.engine.crashAt = { step: "command", after: "record" };
    await stage.hear(said.c2c("/status"));
    await stage.clock.advance(60_000);
    await stage.restart(new ScriptedModel());
    expect(texts(stage)).toHaveLength(1);
    expect(texts(stage)[0]).toContain("已运行 0m");
  });

  it.each([
    ["how are you?", /online for/],
    ["你好", /在线/],
  ])("is answered in the language in which the person talks: %s", async (before, expected) => {
    const stage = await openStage(new ScriptedModel("fine"));
    await stage.hear(said.c2c(before));
    await stage.hear(said.c2c("/status"));
    expect(texts(stage)[1]).toMatch(expected);
  });

  it("is refused in Chinese where nothing tells the language, with the right that it takes", async () => {
    const stage = await openStage(new ScriptedModel());
    await stage.hear(said.groupAt("/mode off", "A"));
    expect(texts(stage)[0]).toMatch(/要管理员（admin）的权限，你是普通用户（public）。\/我的ID/);
  });

  it("counts against the limit of messages a minute", async () => {
    const stage = await openStage(new ScriptedModel(), { manners: { perPersonPerMinute: 2 } });
    await stage.hear(...Array.from({ length: 5 }, () => said.c2c("/sid", "A")));
    expect(stage.chat).toHaveLength(2);
  });

  it("/status tells what goes on inside only to those who run the bot", async () => {
    const stage = await openStage(new ScriptedModel());
    await stage.hear(said.c2c("/status", "A"), said.c2c("/status", "OWNER"));
    expect(texts(stage).map((text) => text?.includes("gateway"))).toEqual([false, true]);
  });
});

describe("/stop", () => {
  /** Lets the engine work while the test goes on. */
  async function during(stage: Stage, ...lines: Parameters<Stage["hear"]>) {
    for (const line of lines) await stage.bot.accept(line);
    void stage.engine.idle();
    await settle();
  }

  it("ends the turn and drops what waits behind it, and the bot goes on with what comes next", async () => {
    const { seen, think } = thinker();
    const stage = await openStage(new ScriptedModel(think, "here I am"));
    await during(stage, said.c2c("a"), said.c2c("b"), said.c2c("c"));
    expect(seen).toEqual({ asked: 1, aborted: 0 });
    await during(stage, said.c2c("/停止"));
    expect(seen).toEqual({ asked: 1, aborted: 1 });
    expect(texts(stage)).toEqual(["已停止，还有 2 条等着的消息也不再处理。"]);
    await stage.hear(said.c2c("d"));
    expect(texts(stage).slice(1)).toEqual(["here I am"]);
    expect(stage.model.lastHeard).toBe("d");
    expect(JSON.stringify(stage.model.requests.at(-1))).toContain("stopped your answer");
    expect(stage.engine.failures).toEqual([]);
  });

  it("silences a model that does not listen", async () => {
    let answer = (_: string) => {};
    const deaf = () => new Promise<string>((resolve) => (answer = resolve));
    const stage = await openStage(new ScriptedModel(deaf));
    await during(stage, said.c2c("a"));
    await during(stage, said.c2c("/停止"));
    answer("too late");
    await settle();
    expect(texts(stage)).toEqual([expect.stringContaining("已停止")]);
    expect(stage.engine.unfinished).toBe(0);
  });

  it("ends a growing answer with a sign, and what is written later is not shown", async () => {
    let write: (text: string) => void = () => {};
    const speaking = (_: unknown, signal?: AbortSignal, onText?: (text: string) => void) => {
      write = (text) => onText?.(text);
      return new Promise<string>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    };
    const stage = await openStage(new ScriptedModel(speaking));
    stage.drafts = true;
    await during(stage, said.c2c("a"));
    write("once upon");
    await during(stage, said.c2c("/stop"));
    write("once upon a time");
    expect(stage.drafted).toEqual(["grow once upon", "end cut"]);
  });

  it("in a group is not for those whom the turn does not answer", async () => {
    const { seen, think } = thinker();
    const stage = await openStage(new ScriptedModel(think));
    await during(stage, said.groupAt("a", "A"));
    await during(stage, said.groupAt("/停止", "B"));
    expect(seen.aborted).toBe(0);
    expect(texts(stage)).toEqual([expect.stringContaining("没有")]);
    await during(stage, said.groupAt("/停止", "A"));
    expect(seen.aborted).toBe(1);
  });

  it("of its speaker drops their own messages and leaves those of others", async () => {
    const { think } = thinker();
    const stage = await openStage(new ScriptedModel(think, "for B"));
    await during(stage, said.groupAt("a", "A"), said.groupAt("b", "B"), said.groupAt("more", "A"));
    await during(stage, said.groupAt("/停止", "A"));
    expect(texts(stage).sort()).toEqual(["for B", "已停止，还有 1 条等着的消息也不再处理。"]);
  });

  it("of an owner is for all in the group, and takes no chatter out of the history", async () => {
    const { seen, think } = thinker();
    const stage = await openStage(new ScriptedModel(think));
    await during(stage, said.groupAt("a", "A"), said.group("the meeting is at ten", "C"), said.groupAt("b", "B"));
    await during(stage, said.groupAt("/停止", "OWNER"));
    expect(seen.aborted).toBe(1);
    expect(texts(stage)).toEqual(["已停止，还有 1 条等着的消息也不再处理。"]);
    await stage.engine.idle();
    expect(JSON.stringify([...stage.history.lines])).toContain("the meeting is at ten");
  });

  it("with nothing to stop says so", async () => {
    const stage = await openStage(new ScriptedModel());
    await stage.hear(said.c2c("/停止"));
    expect(texts(stage)).toEqual(["现在没有在处理你的消息。"]);
  });

  it("heard twice, once late, ends nothing that came between", async () => {
    const stage = await openStage(new ScriptedModel("an answer"));
    const stopping = said.c2c("/stop");
    await stage.hear(stopping);
    await stage.bot.accept(said.c2c("a"));
    await stage.hear(stopping);
    expect(texts(stage)).toContain("an answer");
  });
});
