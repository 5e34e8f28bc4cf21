import { describe, expect, it } from "vitest";
import { startTestEmulator } from "../kit/emulator.ts";
import { eventually } from "../kit/processes.ts";
import { variablesOf } from "../kit/skill-commands.ts";
import { exampleLanguages, startExample } from "../kit/skill-examples.ts";

describe.each(exampleLanguages)("the bot in $language", ({ language, missing }) => {
  it.skipIf(missing)("answers everywhere, keeps its session, and stops where coming back is no use", async () => {
    const emulator = await startTestEmulator();
    const { c2c, groups, guilds } = emulator.world;
    const group = groups.find(({ recv_msg_setting: setting }) => setting === "all")?.id as string;
    const channel = guilds[0]?.channels.find(({ type }) => type === 0)?.id as string;
    const places = [
      { scene: "c2c", id: c2c[0]?.id as string, says: "/ping", answer: "pong" },
      { scene: "group", id: group, says: "在吗", answer: "收到：在吗" },
      { scene: "channel", id: channel, says: "在吗", answer: "收到：在吗" },
    ] as const;
    const bot = startExample(`qq-gateway/references/bot-${language}.md`, variablesOf(emulator));
    await bot.waitFor(/READY/);
    for (const { scene, id, says, answer } of places) {
      emulator.say({ as: "alice", scene, id, content: says, mention: scene !== "c2c" });
      const row = await emulator.waitForMessage({ scene, id, matches: ({ from }) => from === "bot" });
      expect(row.content, scene).toBe(answer);
    }
    // Not for the bot: everything is read in this group.
    emulator.say({ as: "alice", scene: "group", id: group, content: "今天好热" });
    // A choice from the menu is acknowledged, and has no button that an answer could be about.
    await emulator.control("event", { type: "INTERACTION_CREATE" });
    const acks = () => emulator.frames().filter((frame) => JSON.stringify(frame).includes("/interactions/"));
    await eventually(
      () => acks().length > 0,
      () => `no click acknowledged; ${bot.describe()}`,
    );
    emulator.say({ as: "alice", scene: "group", id: group, content: "/菜单", mention: true });
    const card = await emulator.waitForMessage({
      scene: "group",
      id: group,
      matches: ({ kind }) => kind === "markdown",
    });
    await emulator.control("click", { as: "bob", scene: "group", id: group, message_id: card.id, button_id: "米饭" });
    const told = await emulator.waitForMessage({ scene: "group", id: group, after: card.id });
    expect(told).toMatchObject({ from: "bot", content: "你选了：米饭", mode: "passive" });

    // Cut off, spoken to meanwhile, told twice.
    emulator.addFault({ kind: "duplicate_event", match: "C2C_MESSAGE_CREATE" });
    emulator.addFault({ kind: "close", code: 4009 });
    const { scene, id } = places[0];
    const { message_id: said } = emulator.say({ as: "alice", scene, id, content: "还在吗" });
    await bot.waitFor(/RESUMED/);
    const row = await emulator.waitForMessage({ scene, id, after: said });
    expect(row.content).toBe("收到：还在吗");
    emulator.addFault({ kind: "op9", resumable: false });
    await bot.waitFor(/READY[\s\S]*READY/);
    const answers = emulator.messages({ scene: "c2c", id }).filter(({ from }) => from === "bot");
    expect(answers.map(({ content }) => content)).toEqual(["pong", "收到：还在吗"]);
    const inGroup = emulator.messages({ scene: "group", id: group }).filter(({ from }) => from === "bot");
    expect(inGroup).toHaveLength(3);

    emulator.addFault({ kind: "close", code: 4914 });
    const { code, stderr } = await bot.ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining("网关关闭了连接：4914")]);
  });
});
