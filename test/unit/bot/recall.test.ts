import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/core/json.ts";
import { channelId, guildId, openStage, said } from "../../kit/bot-stage.ts";
import { ScriptedModel } from "../../kit/scripted-model.ts";

const lane = `channel:${channelId}`;
const recalled = (id: string, type = "PUBLIC_MESSAGE_DELETE") => ({
  ...said.channelAt(""),
  id: `${type}:${id}`,
  type,
  data: {
    message: { id, channel_id: channelId, guild_id: guildId, author: { id: "A" } },
    op_user: { id: "A" },
  } as Json,
});

describe("a message that was taken back", () => {
  it("is gone from what the model reads, from quotes of it, and from the summary", async () => {
    const stage = await openStage(new ScriptedModel("ok", "I see", "nothing"));
    await stage.hear(said.channelAt("the code is 4711", "A", { id: "M1" }));
    await stage.hear(said.channelAt("really?", "B", { id: "M2", message_reference: { message_id: "M1" } }));
    await stage.history.summarise(lane, "msg:M1", "A told the code 4711");
    await stage.hear(recalled("M1"), recalled("M1", "MESSAGE_DELETE"));
    await stage.hear(said.channelAt("what was the code?", "B"));
    const heard = JSON.stringify(stage.model.requests.at(-1));
    expect(heard).not.toContain("4711");
    expect(heard).toContain("(quoting a message that was recalled)\\n  really?");
  });

  it("while its turn runs is forgotten behind that turn", async () => {
    const stage = await openStage(new ScriptedModel("ok", "nothing"));
    await stage.hear(said.channelAt("the code is 4711", "A", { id: "M1" }), recalled("M1"));
    await stage.hear(said.channelAt("what was the code?", "B"));
    expect(JSON.stringify(stage.model.requests.at(-1))).not.toContain("4711");
  });

  it("of another channel changes nothing here", async () => {
    const stage = await openStage(new ScriptedModel("ok"));
    await stage.hear(said.channelAt("hi", "A", { id: "M1" }));
    const elsewhere = recalled("M1");
    (elsewhere.data as { message: { channel_id: string } }).message.channel_id = "999";
    await stage.hear(elsewhere);
    expect(stage.history.find(lane, "M1")?.text).toBe("hi");
  });
});
