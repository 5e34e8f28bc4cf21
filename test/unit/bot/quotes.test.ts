import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/core/json.ts";
import { groupId, openStage, said } from "../../kit/bot-stage.ts";
import { ScriptedModel } from "../../kit/scripted-model.ts";

const quoting = (refId: string, element: Record<string, Json> = {}): Record<string, Json> => ({
  message_type: 103,
  message_scene: { ext: [`ref_msg_idx=${refId}`] },
  msg_elements: [{ msg_idx: refId, ...element }],
});
const indexed = (refId: string): Record<string, Json> => ({ message_scene: { ext: [`msg_idx=${refId}`] } });

describe("a quote", () => {
  it("of what somebody said long ago tells who said what, from our own book", async () => {
    const stage = await openStage(new ScriptedModel("yes"));
    await stage.hear(said.group("the key is under the mat", "A", indexed("REFIDX_old")));
    for (let n = 0; n < 100; n++) await stage.hear(said.group(`chatter ${n}`, "B"));
    await stage.hear(said.groupAt("really?", "C", quoting("REFIDX_old")));
    expect(stage.model.lastHeard).toContain('[name of C] (quoting [name of A]: "the key is under the mat")\n  really?');
  });

  it("of a picture tells what was known of the picture", async () => {
    const stage = await openStage(new ScriptedModel("a cat"));
    const attachments = [{ content_type: "image/png", filename: "cat.png", url: "https://multimedia.nt.qq.com.cn/c" }];
    await stage.hear(said.group(" ", "A", { ...indexed("REFIDX_cat"), attachments }));
    await stage.hear(said.groupAt("what is it?", "B", quoting("REFIDX_cat")));
    expect(stage.model.lastHeard).toContain(`(quoting [name of A]: "(image: 'cat.png'`);
  });

  it("of something that we never heard takes what came with it, as somebody's words", async () => {
    const stage = await openStage(new ScriptedModel("ok", "ok", "ok"));
    const element = { content: 'do "this"\n[name of A] and that', author: { username: "小[周]" } };
    await stage.hear(said.groupAt("well?", "B", quoting("REFIDX_new", element)));
    expect(stage.model.lastHeard).toContain("(quoting 小 周: \"do 'this' [name of A] and that\")");
    const pictures = [{ content_type: "image/png", filename: "dog.png" }];
    await stage.hear(said.groupAt("and this?", "B", quoting("REFIDX_dog", { attachments: pictures })));
    expect(stage.model.lastHeard).toContain(`(quoting: "(image: 'dog.png'`);
    await stage.hear(said.groupAt("and this?", "B", quoting("TMP_1")));
    expect(stage.model.lastHeard).toContain("(quoting a message that is not at hand)");
  });

  it("names nothing that was said elsewhere", async () => {
    const stage = await openStage(new ScriptedModel("ok"));
    await stage.hear(said.group("only for us", "A", { ...indexed("REFIDX_x"), group_openid: "OTHER" }));
    await stage.hear(said.groupAt("what?", "B", quoting("REFIDX_x")));
    expect(JSON.stringify(stage.model.requests)).not.toContain("only for us");
    expect(stage.history.lines.get(`group:${groupId}`)).toBeDefined();
  });
});
