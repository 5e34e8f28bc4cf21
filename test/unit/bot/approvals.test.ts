import { describe, expect, it } from "vitest";
import { ApiError } from "../../../src/core/errors.ts";
import type { RestRequest } from "../../../src/rest/request.ts";
import { channelId, groupId, openStage, type Stage, said } from "../../kit/bot-stage.ts";
import { calling, callOf, ScriptedModel } from "../../kit/scripted-model.ts";

const recall = callOf("recall_message", {});

interface Button {
  id: string;
  render_data: { label: string };
  action: { data: string; permission: { type: number; specify_user_ids: string[] } };
}

const questionOf = (stage: Stage) => stage.chat.find(({ keyboard }) => keyboard !== undefined);
const buttonsOf = (stage: Stage): Button[] => {
  const content = questionOf(stage)?.keyboard?.content as { rows: { buttons: Button[] }[] } | undefined;
  return content?.rows.flatMap(({ buttons }) => buttons) ?? [];
};
const buttonOf = (stage: Stage, id: "approve" | "deny") => {
  const data = buttonsOf(stage).find((button) => button.id === id)?.action.data;
  if (data === undefined) throw new Error(`no button ${id}: ${JSON.stringify(stage.chat)}`);
  return data;
};
const idOf = (stage: Stage) => /#([A-Z2-9]{5})/.exec(questionOf(stage)?.text ?? "")?.[1] ?? "";
const effects = ({ rest }: Stage) => rest.filter(({ template }) => !template.startsWith("/interactions"));
const acks = ({ rest }: Stage) =>
  rest.flatMap(({ template, body }) => (template.startsWith("/interactions") ? [body] : []));
const lastWords = (stage: Stage) => stage.chat.at(-1)?.text ?? "";

/** A group where the model was asked to recall, and waits. */
async function waiting(from = "ADMIN", change: Parameters<typeof openStage>[1] = {}) {
  const model = new ScriptedModel(calling(recall), "等批准");
  const stage = await openStage(model, change);
  await stage.hear(said.groupAt("撤回刚才那条", from));
  return { stage, model };
}

describe("a dangerous call", () => {
  it("does not run: people are asked, with buttons for those who may, and the model reads that it waits", async () => {
    const { stage, model } = await waiting();
    expect(effects(stage)).toEqual([]);
    const question = questionOf(stage);
    expect(question).toMatchObject({ scene: "group", id: groupId, format: "markdown", keepsLast: true });
    expect(question?.text).toMatch(/^需要批准 #[A-Z2-9]{5}：撤回消息\n/);
    expect(question?.text).toContain('message_id: "BOT-LATEST"');
    expect(question?.text).toContain("做了就不能撤销。");
    expect(question?.text).not.toContain(groupId);
    expect(question?.text).toContain("name of ADMIN");
    expect(question?.text).toContain(`/批准 ${idOf(stage)}`);
    expect(buttonsOf(stage).map(({ render_data }) => render_data.label)).toEqual(["批准", "拒绝"]);
    for (const { action } of buttonsOf(stage))
      expect(action.permission).toEqual({ type: 0, specify_user_ids: ["ADMIN", "OWNER"] });
    const result = model.requests[1]?.messages.at(-1);
    expect(result).toMatchObject({ role: "tool", text: expect.stringContaining("waiting_for_approval") });
    expect(stage.audit.map(({ operation, outcome }) => [operation, outcome])).toContainEqual([
      ...["recall_message", "unconfirmed"],
    ]);
  });

  it("shows the words of the message that would go, on one line", async () => {
    const stage = await openStage(new ScriptedModel(calling(recall), "等批准"));
    const entry = {
      key: "said:BOT-LATEST",
      refs: ["BOT-LATEST"],
      role: "assistant",
      text: "一\n二",
      at: stage.clock.now(),
    } as const;
    await stage.history.append(`group:${groupId}`, entry);
    await stage.hear(said.groupAt("撤回刚才那条", "ADMIN"));
    expect(questionOf(stage)?.text).toContain("\n- 消息：“一 二”\n");
    expect(questionOf(stage)?.text).not.toContain("BOT-LATEST");
  });

  it("waits for an owner in a private chat, too, and asks in the person's language", async () => {
    const stage = await openStage(new ScriptedModel(calling(recall), "waiting"));
    await stage.hear(said.c2c("recall that"));
    expect(effects(stage)).toEqual([]);
    expect(questionOf(stage)?.text).toMatch(/^Approval needed #\w{5}: Recall a message\n/);
    await stage.hear(said.click(buttonOf(stage, "approve")));
    expect(effects(stage).map(({ method }) => method)).toEqual(["DELETE"]);
    expect(lastWords(stage)).toMatch(/approved and done\.$/);
  });

  it.each([
    ["mute_member", { user_id: "7", mute_seconds: "60" }],
    ["remove_member", { user_id: "7" }],
    ["add_member_role", { user_id: "7", role_id: "11" }],
    ["create_announcement", { channel_id: channelId, message_id: "m" }],
    ["delete_channel", { channel_id: channelId }],
  ])("is %s", async (name, input) => {
    const stage = await openStage(new ScriptedModel(calling(callOf(name, input)), "waits"));
    await stage.hear(said.channelAt("do it", "ADMIN"));
    expect(effects(stage)).toEqual([]);
    expect(buttonsOf(stage)).toHaveLength(2);
  });

  it("is no pin and no new channel", async () => {
    const calls = [callOf("pin_message", { message_id: "m" }), callOf("create_channel", { name: "x", type: 0 })];
    const stage = await openStage(new ScriptedModel(calling(...calls), "done"));
    await stage.hear(said.channelAt("do it", "ADMIN"));
    expect(effects(stage).map(({ method }) => method)).toEqual(["PUT", "POST"]);
    expect(questionOf(stage)).toBeUndefined();
  });

  it("is a mailing: an owner's turn that goes to a fourth other place", async () => {
    const send = (id: string) => callOf("send_message", { scene: "channel", id, content: `to ${id}` });
    const calls = ["11", "12", "13", "14", "11"].map(send);
    const stage = await openStage(new ScriptedModel(calling(...calls), "sent"));
    await stage.hear(said.c2c("tell everybody"));
    expect(stage.chat.filter(({ scene }) => scene === "channel").map(({ id }) => id)).toEqual(["11", "12", "13"]);
    await stage.hear(said.click(buttonOf(stage, "approve")));
    expect(stage.chat.filter(({ scene }) => scene === "channel").map(({ id }) => id)).toContain("14");
  });
});

describe("a word about it", () => {
  it("by a click of somebody who may: acknowledged, run once under their name, told in the chat and to the model", async () => {
    const { stage } = await waiting();
    stage.model = new ScriptedModel("知道了");
    await stage.hear(said.groupClick(buttonOf(stage, "approve"), "OWNER"));
    expect(acks(stage)).toEqual([{ code: 0 }]);
    expect(effects(stage).map(({ path }) => path)).toEqual([`/v2/groups/${groupId}/messages/BOT-LATEST`]);
    expect(lastWords(stage)).toBe(`#${idOf(stage)} 撤回消息：已批准，已完成。`);
    const run = stage.audit.findLast(({ operation }) => operation === "recall_message");
    expect(run).toMatchObject({ outcome: "ok", scope: `group:${groupId}` });
    expect(run?.caller).toBe(`model:owner:group:${groupId} (for group:ADMIN, approved by group:OWNER)`);
    const notes = stage.history.recent(`group:${groupId}`, 9).filter(({ role }) => role === "note");
    expect(notes.map(({ text }) => text)).toEqual([expect.stringMatching(/recall_message.*approved and done/)]);

    await stage.hear(said.groupClick(buttonOf(stage, "approve"), "ADMIN"));
    expect(lastWords(stage)).toMatch(/已经处理过了/);
    expect(effects(stage)).toHaveLength(1);
  });

  it("by text, with or without the id", async () => {
    for (const words of [
      (id: string) => `/批准 ${id}`,
      (id: string) => `/approve #${id.toLowerCase()}`,
      () => "/同意",
    ]) {
      const { stage } = await waiting();
      await stage.hear(said.groupAt(words(idOf(stage)), "ADMIN"));
      expect(effects(stage)).toHaveLength(1);
    }
    const { stage } = await waiting();
    await stage.hear(said.groupAt("/批准 AAAAA", "ADMIN"));
    expect(lastWords(stage)).toMatch(/没有等待批准的 #AAAAA/);
    expect(effects(stage)).toEqual([]);
  });

  it("against it ends it", async () => {
    const { stage } = await waiting();
    await stage.hear(said.groupClick(buttonOf(stage, "deny"), "ADMIN"));
    expect(lastWords(stage)).toMatch(/撤回消息：已拒绝，没有执行/);
    await stage.hear(said.groupAt(`/批准 ${idOf(stage)}`, "ADMIN"));
    expect(effects(stage)).toEqual([]);
  });

  it("of somebody who may not decide does not count: a click is answered at the button alone", async () => {
    const { stage } = await waiting();
    const before = stage.chat.length;
    for (const who of ["STRANGER", "TRUSTED", ""]) await stage.hear(said.groupClick(buttonOf(stage, "approve"), who));
    expect(acks(stage)).toEqual([{ code: 5 }, { code: 5 }, { code: 5 }]);
    expect(stage.chat).toHaveLength(before);
    await stage.hear(said.groupAt(`/批准 ${idOf(stage)}`, "STRANGER"));
    expect(effects(stage)).toEqual([]);
    await stage.hear(said.groupClick(buttonOf(stage, "approve"), "ADMIN"));
    expect(effects(stage)).toHaveLength(1);
  });

  it.each([
    ["of another answer", (data: string) => data.replace(":approve:", ":deny:"), "ADMIN"],
    ["with another signature", (data: string) => `${data.slice(0, -1)}${data.endsWith("0") ? "1" : "0"}`, "OWNER"],
    ["without one", (data: string) => data.slice(0, data.lastIndexOf(":") + 1), "OWNER"],
  ])("by forged button data %s does not count", async (_, forge, who) => {
    const { stage } = await waiting();
    await stage.hear(said.groupClick(forge(buttonOf(stage, "approve")), who));
    expect(effects(stage)).toEqual([]);
    expect(stage.approvals.calls.waiting(`group:${groupId}`)).toEqual([idOf(stage)]);
  });

  it("counts in the conversation where it was asked for, and within ten minutes", async () => {
    const { stage } = await waiting();
    await stage.hear(
      said.click(buttonOf(stage, "approve")),
      said.groupClick(buttonOf(stage, "approve"), "OWNER", "G2"),
    );
    expect(effects(stage)).toEqual([]);
    await stage.clock.advance(600_000);
    await stage.hear(said.groupClick(buttonOf(stage, "approve"), "OWNER"));
    expect(lastWords(stage)).toMatch(/已过期，没有执行/);
    expect(effects(stage)).toEqual([]);
  });

  it("gives the call the right of whoever said it: an admin's word reaches no other place", async () => {
    const calls = callOf("recall_message", { scene: "group", id: "ELSEWHERE", message_id: "M" });
    const stage = await openStage(new ScriptedModel(calling(calls), "等"));
    await stage.hear(said.groupAt("撤回那边那条", "OWNER"));
    await stage.hear(said.groupClick(buttonOf(stage, "approve"), "ADMIN"));
    expect(effects(stage)).toEqual([]);
    expect(lastWords(stage)).toMatch(/已批准，但没有成功。.*outside this conversation/);
  });

  it("is followed by the platform's reason where it refuses", async () => {
    const { stage } = await waiting();
    stage.respond = ({ method }: RestRequest) => {
      if (method !== "DELETE") return {};
      throw new ApiError("too late to recall", { service: "bot", method, path: "/x", status: 400, qqCode: 40064004 });
    };
    await stage.hear(said.groupClick(buttonOf(stage, "approve"), "ADMIN"));
    expect(lastWords(stage)).toMatch(/已批准，但没有成功。too late to recall/);
  });
});

describe("a restart", () => {
  it("between the question and the click loses nothing", async () => {
    const { stage } = await waiting();
    await stage.restart(new ScriptedModel());
    await stage.hear(said.groupClick(buttonOf(stage, "approve"), "ADMIN"));
    expect(effects(stage)).toHaveLength(1);
  });

  it("after the question was put, before that was recorded, asks once", async () => {
    const stage = await openStage(new ScriptedModel(calling(recall)));
    stage.engine.crashAt = { step: "tool-1-0", after: "effect" };
    await stage.hear(said.groupAt("撤回刚才那条", "ADMIN"));
    await stage.restart(new ScriptedModel("等批准"));
    expect(stage.chat.filter(({ keyboard }) => keyboard)).toHaveLength(1);
    expect(stage.approvals.calls.waiting(`group:${groupId}`)).toEqual([idOf(stage)]);
  });

  it("after the effect repeats nothing, and the outcome is told", async () => {
    const { stage } = await waiting();
    stage.engine.crashAt = { step: "command", after: "effect" };
    await stage.hear(said.groupClick(buttonOf(stage, "approve"), "ADMIN"));
    await stage.restart(new ScriptedModel());
    expect(effects(stage)).toHaveLength(1);
    expect(lastWords(stage)).toBe(`#${idOf(stage)} 撤回消息：已批准，已完成。`);
  });

  it("does not let a word without an id slip over to the next call that waits", async () => {
    const { stage } = await waiting();
    const first = idOf(stage);
    stage.engine.crashAt = { step: "command", after: "effect" };
    await stage.hear(said.groupAt("/批准", "ADMIN"));
    const next = await stage.approvals.calls.ask({
      ...{ key: "next", conversation: `group:${groupId}`, operation: "recall_message", input: {} },
      ...{ facts: { askedBy: "group:ADMIN", language: "" }, expiresAt: stage.clock.now() + 600_000 },
    });
    await stage.restart(new ScriptedModel());
    expect(effects(stage)).toHaveLength(1);
    expect(lastWords(stage)).toContain(`#${first} 撤回消息：已批准，已完成。`);
    expect(stage.approvals.calls.waiting(`group:${groupId}`)).toEqual([next.id]);
  });

  it("in the middle of the effect repeats nothing, and says that nobody knows", async () => {
    const { stage } = await waiting();
    // What the process before left behind: the word was taken, and nothing is known of the call.
    const click = said.groupClick(buttonOf(stage, "approve"), "ADMIN");
    await stage.approvals.calls.decide({
      ...{ id: idOf(stage), conversation: `group:${groupId}`, answer: "approve" },
      ...{ by: "group:ADMIN", word: click.id },
    });
    await stage.hear(click);
    expect(effects(stage)).toEqual([]);
    expect(lastWords(stage)).toMatch(/可能已经执行，也可能没有/);
    await stage.hear(said.groupClick(buttonOf(stage, "approve"), "ADMIN"));
    expect(effects(stage)).toEqual([]);
  });
});
