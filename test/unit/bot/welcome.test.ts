import { describe, expect, it } from "vitest";
import type { Envelope } from "../../../src/protocol/envelope.ts";
import { groupId, openStage, said } from "../../kit/bot-stage.ts";
import { ScriptedModel } from "../../kit/scripted-model.ts";

const welcome = "你好，我是{name}";
const self = () => ({ botName: "小Q" });
const raised = (type: string, data: Record<string, string>): Envelope => ({
  ...{ source: "gateway", appId: "1", id: `${type}:1`, type, receivedAt: 1_790_000_000_000, data },
});
const added = raised("GROUP_ADD_ROBOT", { group_openid: groupId, op_member_openid: "A" });

describe("a welcome", () => {
  it("is said to a new friend and in a new group, against the event, without the mark of the model", async () => {
    const stage = await openStage(new ScriptedModel(), { welcome, self, manners: { aiLabel: "always" } });
    await stage.hear(raised("FRIEND_ADD", { openid: "A" }), added);
    expect(stage.chat).toMatchObject([
      { scene: "c2c", id: "A", text: "你好，我是小Q", replyTo: { eventId: "FRIEND_ADD:1" }, key: "FRIEND_ADD:1/reply" },
      { scene: "group", id: groupId, text: "你好，我是小Q", replyTo: { eventId: "GROUP_ADD_ROBOT:1" } },
    ]);
  });

  it("is said once: pushed twice, or with a crash in between", async () => {
    const stage = await openStage(new ScriptedModel(), { welcome });
    stage.engine.crashAt = { step: "reply", after: "effect" };
    await stage.hear(added, added);
    await stage.engine.idle();
    expect(new Set(stage.deliveries.map(({ key }) => key)).size).toBe(1);
    expect(stage.engine.unfinished).toBe(0);
  });

  it("can be quoted like anything that the bot said", async () => {
    const stage = await openStage(new ScriptedModel("I am a bot"), { welcome });
    await stage.hear(added);
    const quote = {
      message_type: 103,
      msg_elements: [{ msg_idx: `REFIDX_BOT-${stage.chat[0]?.key}`, content: "你好" }],
    };
    await stage.hear(said.group("what are you?", "B", quote));
    expect(stage.chat.at(-1)?.text).toBe("I am a bot");
  });

  it("is not said where it is off, and where the bot is", async () => {
    const silent = await openStage(new ScriptedModel());
    await silent.hear(added);
    const off = await openStage(new ScriptedModel(), { welcome, rules: { "group:*": { mode: "off" } } });
    await off.hear(added);
    expect([silent.deliveries, off.deliveries, silent.inbox.length, off.inbox.length]).toEqual([[], [], 1, 1]);
  });
});
