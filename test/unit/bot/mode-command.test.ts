import { describe, expect, it } from "vitest";
import type { Envelope } from "../../../src/protocol/envelope.ts";
import { groupId, openStage, type Stage, said } from "../../kit/bot-stage.ts";
import { ScriptedModel } from "../../kit/scripted-model.ts";

/** One after the other: commands wait for nothing, not even for each other. */
async function inOrder(stage: Stage, ...events: Envelope[]): Promise<string[]> {
  for (const event of events) await stage.hear(event);
  return stage.chat.map(({ text = "" }) => text);
}
const lane = `group:${groupId}`;

describe("/mode", () => {
  it("is changed by an admin for this group alone, at once, and taken back again", async () => {
    const stage = await openStage(new ScriptedModel("1", "2"));
    await inOrder(stage, said.groupAt("/mode all"), said.group("hello", "A"), said.groupAt("/模式 关闭"));
    await inOrder(stage, said.groupAt("/模式 off"), said.groupAt("hello", "A"), said.groupAt("/mode default"));
    expect(await inOrder(stage, said.group("hello", "A"), said.groupAt("hello", "A"))).toEqual([
      expect.stringContaining("all · "),
      "1",
      expect.stringContaining("没有“关闭”这个模式"),
      "off · 不说话",
      expect.stringMatching(/^mention · /),
      "2",
    ]);
    expect([...stage.chosen.kept.keys()]).toEqual([lane]);
  });

  it("is shown and offered without a word behind it, and not for everybody in a group", async () => {
    const stage = await openStage(new ScriptedModel());
    const [shown, refused] = await inOrder(stage, said.groupAt("/模式"), said.groupAt("/模式 all", "A"));
    expect(shown).toMatch(/^mention · 被提到时说话\n可以改成：\n\/mode mention .*\n\/mode keyword /);
    expect(refused).toContain("权限");
    expect(stage.chosen.kept.size).toBe(0);
  });

  it("is everybody's own in a private chat, where it knows on and off", async () => {
    const stage = await openStage(new ScriptedModel("again"));
    await inOrder(stage, said.c2c("/mode off", "A"), said.c2c("hello?", "A"), said.c2c("/mode judged", "A"));
    const texts = await inOrder(stage, said.c2c("/mode all", "A"), said.c2c("hello?", "A"));
    expect(texts.map((text) => text.split("\n")[0])).toEqual([
      ...["off · 不说话", "没有“judged”这个模式。", "all · 每条消息都回答", "again"],
    ]);
  });
});
