import { describe, expect, it } from "vitest";
import { type ConversationRules, conversationSettings } from "../../../src/bot/conversation-settings.ts";
import type { Conversation } from "../../../src/protocol/scenes.ts";
import { MemoryChoices, usual } from "../../kit/bot-stage.ts";

const rules: ConversationRules = {
  "group:7A": { mode: "all" },
  "channel:5": { busy: "latest" },
  "guild:9": { busy: "merge", mode: "off" },
  "group:*": { mode: "judged", wakeWords: ["小助手"] },
  "*": { mode: "keyword", busy: "merge" },
};

describe("what holds in a conversation", () => {
  it.each<[Conversation, string | undefined, object]>([
    [{ scene: "c2c", id: "A" }, undefined, { mode: "keyword", busy: "merge", wakeWords: [] }],
    [{ scene: "group", id: "7B" }, undefined, { mode: "judged", busy: "merge", wakeWords: ["小助手"] }],
    [{ scene: "group", id: "7A" }, undefined, { mode: "all", busy: "merge", wakeWords: ["小助手"] }],
    [{ scene: "channel", id: "6" }, "9", { mode: "off", busy: "merge" }],
    [{ scene: "channel", id: "5" }, "9", { mode: "off", busy: "latest" }],
    [{ scene: "dms", id: "11" }, "9", { mode: "off", busy: "merge" }],
  ])("%j goes from the general rule to its own, whatever their order", (conversation, guildId, expected) => {
    const place = { conversation, ...(guildId === undefined ? {} : { guildId }) };
    expect(conversationSettings({ usual, rules, chosen: new MemoryChoices() }, place)).toMatchObject(expected);
  });

  it("is what was chosen there, above every rule, until the choice is taken back", async () => {
    const chosen = new MemoryChoices();
    const place = { conversation: { scene: "group", id: "7A" } } as const;
    await chosen.choose("group:7A", "mode", "mention");
    expect(conversationSettings({ usual, rules, chosen }, place).mode).toBe("mention");
    await chosen.choose("group:7A", "mode", undefined);
    expect(conversationSettings({ usual, rules, chosen }, place).mode).toBe("all");
  });
});
