import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startTestEmulator, type TestEmulator } from "../kit/emulator.ts";
import { ModelServer } from "../kit/model-server.ts";
import { eventually, Program, platformVariables, temporaryFolder, type Variables } from "../kit/processes.ts";

/** A bot as a process on a local QQ of its own. */
async function openBot(extra: Variables) {
  const [emulator, model] = [await startTestEmulator(), await ModelServer.start()];
  const env = { ...platformVariables(emulator), ...model.variables, QQ_SKILL_LOG: "warn", ...extra };
  const program = new Program(["bot"], { env, home: temporaryFolder() });
  await program.waitFor(/connected/);
  // Its owner lets the bot read everything.
  const group = emulator.world.groups.find(({ recv_msg_setting: setting }) => setting === "all")?.id ?? "";
  return { emulator, model, program, group, said: () => saidBy(emulator, group) };
}

function saidBy(emulator: TestEmulator, group: string): string[] {
  const rows = emulator.messages({ scene: "group", id: group }).filter(({ from }) => from === "bot");
  return rows.map(({ content }) => content ?? "");
}

describe("a bot in a group", () => {
  it("greets it, wakes at a word, marks the first answer, and says no word of the filter", async () => {
    const words = join(temporaryFolder(), "words.txt");
    writeFileSync(words, "# words\n坏词\n");
    const { emulator, model, group, said } = await openBot({
      QQ_BOT_AI_LABEL: "first",
      QQ_BOT_WELCOME: "大家好，我是{name}",
      QQ_BOT_WORD_FILTER: words,
      QQ_BOT_CONVERSATIONS: JSON.stringify({ "group:*": { mode: "keyword", wakeWords: ["小助手"] } }),
    });
    for (const action of ["remove_bot_from_group", "add_bot_to_group"]) emulator.act({ action, group, as: "alice" });
    await eventually(() => said().length === 1, "the welcome is said");
    model.says("说一个坏词", "第二句");
    const say = (content: string) => emulator.say({ as: "alice", scene: "group", id: group, content });
    say("有人吗");
    say("小助手，说一个坏词");
    say("小助手，说点什么");
    await eventually(() => said().length === 2, "the first answer is said");
    say("小助手，再说点什么");
    await eventually(() => said().length === 3, "the second answer is said");
    expect(said()).toEqual([expect.stringMatching(/^大家好，我是(?!\{name\})./), "〔AI 生成〕说一个＊＊", "第二句"]);
    expect(model.received).not.toContain("小助手，说一个坏词");
    expect(model.received).toContain("有人吗");
  });

  it("ends a talk with another bot that nobody knows for one", async () => {
    const chatty = { QQ_BOT_MODE: "all", QQ_BOT_WELCOME: "off" };
    const bots = [await openBot(chatty), await openBot(chatty)] as const;
    let n = 0;
    for (const { model } of bots) model.otherwise = () => `${++n}. ${"这真是一个有意思的话题，".repeat(6)}你怎么看？`;
    const heard = [0, 0];
    const pass = (from: 0 | 1, to: 0 | 1) => {
      for (const content of bots[from].said().slice(heard[from])) {
        heard[from] = (heard[from] ?? 0) + 1;
        bots[to].emulator.say({ as: "bob", scene: "group", id: bots[to].group, content });
      }
    };
    bots[0].emulator.say({ as: "bob", scene: "group", id: bots[0].group, content: "大家好，今天聊点什么？" });
    const isOver = () => {
      pass(0, 1);
      pass(1, 0);
      return bots.some(({ program }) => program.stderr.includes("a loop: "));
    };
    await eventually(isOver, () => `a loop is seen; ${bots.map(({ said }) => said().length).join(" and ")} messages`);
    expect(n).toBeLessThanOrEqual(20);
  });
});
