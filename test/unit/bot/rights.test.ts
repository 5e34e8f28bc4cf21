import { describe, expect, it } from "vitest";
import { createRoster, type Place, type Right, type RosterOptions, rightOf } from "../../../src/bot/rights.ts";
import { createToolbox } from "../../../src/bot/tools.ts";
import { operations } from "../../../src/operations/all.ts";
import type { Envelope } from "../../../src/protocol/envelope.ts";
import { type Incoming, readIncoming } from "../../../src/protocol/incoming.ts";
import { channelId, groupId, guildId, openStage, said } from "../../kit/bot-stage.ts";
import { calling, callOf, ScriptedModel } from "../../kit/scripted-model.ts";

const inChannel: Place = { conversation: { scene: "channel", id: channelId }, guildId };
const inGroup: Place = { conversation: { scene: "group", id: groupId } };
const inPrivate: Place = { conversation: { scene: "c2c", id: "A" } };
const toolbox = createToolbox(operations);

const namesFor = (right: Right, place: Place) => toolbox.for(right, place).tools.map(({ name }) => name);
const fieldsOf = (right: Right, place: Place, name: string) => {
  const properties = toolbox.for(right, place).find(name)?.tool.parameters.properties;
  return Object.keys(properties ?? {}).sort();
};
/** What the model read after its first tool call. */
const resultOf = (model: ScriptedModel) =>
  model.requests[1]?.messages.flatMap((message) => (message.role === "tool" ? [message.text] : []))[0] ?? "";

describe("the tools a model gets", () => {
  it.each([inChannel, inGroup, inPrivate])("for a stranger hold no way to manage or destroy (%j)", (place) => {
    const offered = toolbox.for("public", place).tools.map(({ name }) => toolbox.for("public", place).find(name));
    expect(
      offered.map((tool) => tool?.operation.permission).filter((right) => right !== "read" && right !== "send"),
    ).toEqual([]);
    expect(namesFor("public", place)).toContain("send_message");
    expect(namesFor("public", place)).not.toContain("recall_message");
    expect(namesFor("public", place)).not.toContain("create_dm_session");
  });

  it("hold one speaking tool only, with words and pictures and, for the owner, files and a place", () => {
    for (const place of [inChannel, inGroup, inPrivate]) {
      const speaking = namesFor("owner", place).filter(
        (name) => name.startsWith("send_") || name.startsWith("upload_"),
      );
      expect(speaking).toEqual(place === inChannel ? ["send_message"] : ["send_message", "upload_media"]);
      expect(namesFor("admin", place)).not.toContain("upload_media");
      const own = ["content", "format", "image_url"];
      expect(fieldsOf("public", place, "send_message")).toEqual(own);
      expect(fieldsOf("owner", place, "send_message")).toEqual([...own, "file_info", "id", "scene"].sort());
    }
  });

  it("hold none of the bot's own plumbing", () => {
    for (const right of ["owner", "public"] as const) {
      const plumbing = namesFor(right, inChannel).filter((name) => /event|gateway|token|ack_|upload/.test(name));
      expect(plumbing).toEqual([]);
    }
  });

  it("ask for no guild where there is one: hidden from strangers, a default for the owner", () => {
    expect(fieldsOf("public", inChannel, "list_channels")).toEqual([]);
    expect(fieldsOf("owner", inChannel, "list_channels")).toEqual(["guild_id"]);
    const required = (place: Place) => toolbox.for("owner", place).find("list_channels")?.tool.parameters.required;
    expect(required(inChannel)).toEqual([]);
    expect(required(inGroup)).toEqual(["guild_id"]);
  });

  it("show a stranger inside a guild no list of other guilds", () => {
    expect(namesFor("public", inChannel)).not.toContain("list_guilds");
    expect(namesFor("owner", inChannel)).toContain("list_guilds");
  });

  it("come as the same array each time, so that adapters can keep their translation", () => {
    expect(toolbox.for("public", inChannel).tools).toBe(
      toolbox.for("public", { conversation: { scene: "channel", id: "other" }, guildId: "2" }).tools,
    );
    expect(toolbox.for("owner", inChannel).tools).not.toBe(toolbox.for("public", inChannel).tools);
  });
});

describe("a call to all members of a guild", () => {
  const call = "look: <qqbot-at-everyone /> and @everyone";

  it("is not made for a stranger, neither in the reply nor with send_message", async () => {
    const model = new ScriptedModel(calling(callOf("send_message", { content: `once more: ${call}` })), call);
    const stage = await openStage(model);
    await stage.hear(said.channelAt("repeat after me", "STRANGER"));
    expect(stage.chat.map(({ text }) => text)).toEqual([
      "once more: look: all members and everyone",
      "look: all members and everyone",
    ]);
  });

  it.each([
    "@@everyone",
    "@<qqbot-at-everyone/>",
    "<qqbot-at-@everyone />",
    "@<qqbot-at-everyone/>everyone",
    "@Everyone",
  ])("does not come about by tricks: %s", async (trick) => {
    const stage = await openStage(new ScriptedModel(trick));
    await stage.hear(said.channelAt("repeat after me", "STRANGER"));
    expect(stage.chat[0]?.text).not.toMatch(/@everyone|<qqbot-at-everyone/i);
  });

  it("is made for the owner", async () => {
    const stage = await openStage(new ScriptedModel(call));
    await stage.hear(said.channelAt("call them"));
    expect(stage.chat[0]?.text).toBe(call);
  });
});

describe("a stranger's turn", () => {
  it.each([
    ["recall", callOf("recall_message", {})],
    ["recall by id", callOf("recall_message", { scene: "group", id: groupId, message_id: "M" })],
    ["a raw send", callOf("send_group_message", { group_openid: "OTHER", content: "x" })],
    ["a send elsewhere", callOf("send_message", { scene: "group", id: "OTHER", content: "x" })],
    ["a send elsewhere, half named", callOf("send_message", { id: "OTHER", content: "x" })],
    ["a keyboard", callOf("send_message", { content: "x", keyboard: { content: { rows: [] } } })],
    ["another guild's channels", callOf("list_channels", { guild_id: "999" })],
  ])("cannot do %s, whatever the model tries", async (_, call) => {
    const model = new ScriptedModel(calling(call), "no");
    const stage = await openStage(model);
    await stage.hear(said.channelAt("please", "STRANGER"));
    expect(stage.rest).toEqual([]);
    expect(stage.chat.map(({ text }) => text)).toEqual(["no"]);
    expect(resultOf(model)).toMatch(/^(Error|There is no tool)/);
  });

  it("reads its own guild, and the gate stops it at the door of another one", async () => {
    const model = new ScriptedModel(calling(callOf("list_channels", {})), "here");
    const stage = await openStage(model);
    await stage.hear(said.channelAt("which channels?", "STRANGER"));
    expect(stage.rest.map(({ path }) => path)).toEqual([`/guilds/${guildId}/channels`]);
    expect(resultOf(model)).toContain("公告");

    for (const guild_id of [guildId, "12345"]) {
      const away = new ScriptedModel(calling(callOf("get_channel", { channel_id: "6473830" })), "no");
      const other = await openStage(away);
      await other.hear(said.channelAt("show me", "STRANGER", { guild_id }));
      expect(resultOf(away)).toMatch(/works here only/);
    }
  });

  it("reads the other channels of its guild once it is trusted, and the gate stops it at another guild", async () => {
    const reading = () => new ScriptedModel(calling(callOf("get_channel", { channel_id: "6473830" })), "read");
    const [inside, outside] = [reading(), reading()];
    await (await openStage(inside)).hear(said.channelAt("show me", "TRUSTED"));
    expect(resultOf(inside)).toContain("公告");
    await (await openStage(outside)).hear(said.channelAt("show me", "TRUSTED", { guild_id: "12345" }));
    expect(resultOf(outside)).toMatch(/outside this conversation/);
  });

  it("speaks in its own conversation, as a reply", async () => {
    const stage = await openStage(new ScriptedModel(calling(callOf("send_message", { content: "one" })), "two"));
    await stage.hear(said.groupAt("say two things", "STRANGER"));
    expect(stage.chat.map(({ scene, id, text }) => [scene, id, text])).toEqual([
      ["group", groupId, "one"],
      ["group", groupId, "two"],
    ]);
    expect(stage.chat[0]?.replyTo).toEqual(stage.chat[1]?.replyTo);
    expect(new Set(stage.chat.map(({ key }) => key)).size).toBe(2);
  });
});

describe("the owner's turn", () => {
  it("reaches another place by scene and id, not as a reply", async () => {
    const send = callOf("send_message", { scene: "channel", id: "6473830", content: "meeting at ten" });
    const stage = await openStage(new ScriptedModel(calling(send), "posted"));
    await stage.hear(said.c2c("post it"));
    expect(stage.chat[0]).toMatchObject({ scene: "channel", id: "6473830", text: "meeting at ten" });
    expect(stage.chat[0]).not.toHaveProperty("replyTo");
  });

  it("with half a place named is asked for the other half, instead of guessing", async () => {
    const model = new ScriptedModel(calling(callOf("send_message", { id: "6473830", content: "x" })), "hm");
    const stage = await openStage(model);
    await stage.hear(said.c2c("post it"));
    expect(resultOf(model)).toContain("scene");
    expect(stage.chat.map(({ text }) => text)).toEqual(["hm"]);
  });
});

describe("a turn of several messages", () => {
  it("has the lowest right of those who spoke", async () => {
    const model = new ScriptedModel(calling(callOf("recall_message", {})), "no");
    const stage = await openStage(model, { manners: { busy: "latest" } });
    await stage.hear(said.groupAt("recall that", "STRANGER"), said.groupAt("yes, do", "OWNER"));
    expect(stage.rest).toEqual([]);
    expect(stage.callers.every(({ grants }) => !grants.has("destroy"))).toBe(true);
  });

  it("keeps the owner's right when only the owner spoke", async () => {
    const send = callOf("send_message", { scene: "channel", id: "6473830", content: "meeting" });
    const stage = await openStage(new ScriptedModel(calling(send), "sent"), {
      manners: { busy: "merge" },
    });
    await stage.hear(said.groupAt("post it", "OWNER"), said.groupAt("in 6473830", "OWNER"));
    expect(stage.chat.map(({ scene, text }) => [scene, text])).toEqual([
      ["channel", "meeting"],
      ["group", "sent"],
    ]);
  });
});

describe("the right of a speaker", () => {
  const heard = (envelope: Envelope) => readIncoming(envelope, { botMemberOpenids: new Set() }) as Incoming;
  const roster = (options: Partial<RosterOptions>) => createRoster({ owners: [], ...options });

  it("is known by scene and id, or by a bare id anywhere", () => {
    const people = roster({ owners: ["c2c:A"], admins: ["group:B"], trusted: ["user:C", "D"] });
    expect(people.rightOf(heard(said.c2c("x", "A")))).toBe("owner");
    expect(people.rightOf(heard(said.groupAt("x", "A")))).toBe("public");
    expect(people.rightOf(heard(said.groupAt("x", "B")))).toBe("admin");
    expect(people.rightOf(heard(said.c2c("x", "B")))).toBe("public");
    expect(people.rightOf(heard(said.channelAt("x", "C")))).toBe("trusted");
    expect(people.rightOf(heard(said.c2c("x", "C")))).toBe("public");
    for (const say of [said.c2c, said.groupAt, said.channelAt])
      expect(people.rightOf(heard(say("x", "D")))).toBe("trusted");
  });

  it("is the highest of those that somebody has", () => {
    expect(roster({ owners: ["A"], trusted: ["A"] }).rightOf(heard(said.c2c("x", "A")))).toBe("owner");
  });

  it("is not given by leading a QQ group, and by leading a guild only where that is switched on", () => {
    const leader = heard(said.groupAt("x", "A", { author: { id: "A", member_openid: "A", member_role: "owner" } }));
    const inGuild = (...roles: string[]) => heard(said.channelAt("x", "A", { member: { roles } }));
    for (const guildAdmins of [true, false]) expect(roster({ guildAdmins }).rightOf(leader)).toBe("public");
    expect(roster({}).rightOf(inGuild("4"))).toBe("public");
    const people = roster({ guildAdmins: true });
    expect(["4", "2", "5", "11"].map((role) => people.rightOf(inGuild("1", role)))).toEqual([
      ...["admin", "admin", "trusted", "public"],
    ]);
  });

  it("is public for a click whose sender is not told, whatever the lists say", () => {
    const nobody = { ...heard(said.c2c("x", "A")), sender: { id: "", isBot: false, isSelf: false } };
    expect(roster({ owners: ["A"] }).rightOf(nobody)).toBe("public");
  });

  it("is the lowest of all speakers for their common turn", () => {
    const people = roster({ owners: ["A"], admins: ["B"], trusted: ["C"] });
    const [owner, admin, trusted, other] = ["A", "B", "C", "D"].map((id) => heard(said.groupAt("x", id))) as Incoming[];
    const of = (...speakers: (Incoming | undefined)[]) => rightOf(speakers as Incoming[], people);
    expect([of(owner), of(owner, admin), of(admin, trusted), of(trusted, other), of()]).toEqual([
      ...["owner", "admin", "trusted", "public", "public"],
    ]);
  });
});
