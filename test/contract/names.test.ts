import { describe, expect, it } from "vitest";
import { InputError, PermissionError } from "../../src/core/errors.ts";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { openPlatformStage, type PlatformStage } from "../kit/platform-stage.ts";

const [first] = defaultSeed.guilds;
const seed = {
  ...defaultSeed,
  users: [...defaultSeed.users, { id: "erin", name: "小林" }],
  guilds: [
    { ...first, members: ["alice", "bob", "carol", "dave", "erin"] },
    { name: "第二频道", members: ["bob"], channels: ["公告", "Café Talk", "a/b"].map((name) => ({ name, type: 0 })) },
  ],
} as typeof defaultSeed;

async function open(): Promise<PlatformStage & { ids: Record<string, string>; guilds: string[] }> {
  const stage = await openPlatformStage({ seed });
  const { guilds } = stage.emulator.world;
  const ids = Object.fromEntries(
    guilds.flatMap((guild) => guild.channels.map(({ id, name }) => [`${guild.name}/${name}`, id])),
  );
  return { ...stage, ids, guilds: guilds.map(({ id }) => id) };
}

const refusalOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error as InputError,
  );

describe("guilds, channels, roles and people by name", () => {
  it("are found by the platform's own lists, at whatever depth they stand", async () => {
    const { call, seen, ids, guilds } = await open();
    expect(await call("list_channels", { guild_id: "示例频道" })).toEqual(
      await call("list_channels", { guild_id: guilds[0] }),
    );
    expect(await call("get_channel", { channel_id: "闲聊大厅" })).toMatchObject({ id: ids["示例频道/闲聊大厅"] });
    expect(await call("get_channel", { channel_id: "＃ＣＡＦÉ talk" })).toMatchObject({
      id: ids["第二频道/Café Talk"],
    });
    const bob = await call("get_member", { guild_id: "示例频道", user_id: "@小周" });
    expect(bob).toMatchObject({ user: { username: "小周" }, roles: ["1", "11"] });
    const { data } = await call("list_role_members", { guild_id: "示例频道", role_id: "活跃成员" });
    expect(data).toHaveLength(1);
    seen();
    await call("add_member_role", { guild_id: "示例频道", user_id: "小陈", role_id: "5", channel: { id: "公告" } });
    expect(seen().at(-1)).toMatch(new RegExp(`^PUT /guilds/${guilds[0]}/members/\\d+/roles/5$`));
    await call("mute_members", { guild_id: "示例频道", user_ids: ["小周", "小吴"], mute_seconds: "60" });
    await call("get_member_permissions", { channel_id: "闲聊大厅", user_id: "小周" });
    // Refused by the platform, because nobody is connected: at the right address.
    await refusalOf(call("send_message", { scene: "channel", id: "闲聊大厅", content: "大家好" }));
    expect(seen().at(-1)).toBe(`POST /channels/${ids["示例频道/闲聊大厅"]}/messages`);
    const created = await call("create_channel", {
      guild_id: "示例频道",
      name: "新的",
      type: 0,
      parent_id: "文字频道",
    });
    expect(created).toMatchObject({ parent_id: ids["示例频道/文字频道"] });
  });

  it("cost nothing where ids are given: what looks like an id is one, known or not", async () => {
    const { call, seen, ids } = await open();
    await call("get_channel", { channel_id: ids["示例频道/公告"] });
    await refusalOf(call("get_channel", { channel_id: "404404" }));
    await refusalOf(call("send_message", { scene: "group", id: "产品讨论组", content: "x" }));
    expect(seen()).toEqual([
      `GET /channels/${ids["示例频道/公告"]}`,
      "GET /channels/404404",
      expect.stringMatching(/^POST \/v2\/groups\//),
    ]);
  });

  it("that several have are refused with the candidates, and nothing is done", async () => {
    const { call, seen, ids } = await open();
    const channel = await refusalOf(call("update_channel", { channel_id: "公告", name: "通知" }));
    expect(channel).toBeInstanceOf(InputError);
    expect(channel).toMatchObject({ field: "channel_id", remedy: expect.stringContaining("GUILD/CHANNEL") });
    for (const id of [ids["示例频道/公告"], ids["第二频道/公告"]])
      expect(channel?.message).toContain(`"公告" (id ${id}`);
    const person = await refusalOf(call("mute_member", { guild_id: "示例频道", user_id: "小林", mute_seconds: "60" }));
    expect(person?.message.match(/"小林" \(id \d+\)/g)).toHaveLength(2);
    expect(seen().filter((line) => !line.startsWith("GET "))).toEqual([]);
  });

  it("are told apart by the guild, given beside them or before a slash", async () => {
    const { call, ids } = await open();
    const at = async (channel_id: string) => (await call("get_channel", { channel_id })).id;
    expect(await at("第二频道/公告")).toBe(ids["第二频道/公告"]);
    expect(await at(`${(await call("get_channel", { channel_id: "第二频道/公告" })).guild_id}/公告`)).toBe(
      ids["第二频道/公告"],
    );
    expect(await at("a/b")).toBe(ids["第二频道/a/b"]);
    expect(await at("第二频道/a/b")).toBe(ids["第二频道/a/b"]);
  });

  it("that nobody has are refused with what there is", async () => {
    const { call, ids } = await open();
    const channel = await refusalOf(call("list_pins", { channel_id: "示例频道/闲聊" }));
    expect(channel).toMatchObject({
      field: "channel_id",
      message: expect.stringContaining(ids["示例频道/闲聊大厅"] as string),
    });
    const guild = await refusalOf(call("get_guild", { guild_id: "没有的" }));
    expect(guild).toMatchObject({ field: "guild_id", message: expect.stringContaining('"第二频道" (id ') });
    const person = await refusalOf(call("get_member", { guild_id: "示例频道", user_id: "小" }));
    expect(person?.message).toContain('"小周"');
    expect((await refusalOf(call("get_member", { guild_id: "示例频道", user_id: "nobody" })))?.message).not.toContain(
      "小周",
    );
  });

  it("follow a rename: at once for what manages, and after our own change for everything", async () => {
    const { call, emulator, ids } = await open();
    const hall = ids["示例频道/闲聊大厅"] as string;
    await call("get_channel", { channel_id: "闲聊大厅" });
    emulator.act({ action: "rename_channel", as: "alice", channel: hall, name: "旧大厅" });
    emulator.act({ action: "make_channel", as: "alice", guild: emulator.world.guilds[0]?.id, name: "闲聊大厅" });
    const updated = await call("update_channel", { channel_id: "闲聊大厅", name: "新大厅" });
    expect(updated.id).not.toBe(hall);
    expect(await call("get_channel", { channel_id: "旧大厅" })).toMatchObject({ id: hall });
    expect(await call("get_channel", { channel_id: "新大厅" })).toMatchObject({ id: updated.id });
    expect((await refusalOf(call("get_channel", { channel_id: "闲聊大厅" })))?.message).toContain("旧大厅");
  });

  it("say how to go on when the platform does not tell them", async () => {
    const { call, emulator } = await open();
    const guild = emulator.world.guilds[0]?.id;
    emulator.act({ action: "revoke_api", guild, method: "GET", path: "/guilds/{guild_id}/members" });
    const refused = await refusalOf(call("get_member", { guild_id: guild, user_id: "小周" }));
    expect(refused).toBeInstanceOf(InputError);
    expect(refused).toMatchObject({ field: "user_id", remedy: expect.stringContaining("Give the id") });
  });

  it("are looked up with the caller's own rights: candidates tell nothing that it may not read", async () => {
    const { call, guilds, ids } = await open();
    const inside = {
      kind: "model",
      grants: new Set(["read", "send"]),
      confinedTo: { scene: "channel", id: "1", guildId: guilds[0], wholeGuild: true },
    } as const;
    expect(await call("get_channel", { channel_id: "公告" }, inside as never)).toMatchObject({
      id: ids["示例频道/公告"],
    });
    const other = await refusalOf(call("get_channel", { channel_id: "Café Talk" }, inside as never));
    expect(other?.message).not.toContain(ids["第二频道/Café Talk"]);
    const members = await refusalOf(call("get_member", { guild_id: guilds[1], user_id: "小" }, inside as never));
    expect(members).toBeInstanceOf(PermissionError);
    const blind = { grants: new Set(["send"]) } as never;
    expect(await refusalOf(call("send_message", { scene: "channel", id: "公告", content: "x" }, blind))).toMatchObject({
      missing: "read",
    });
    const near = { kind: "assistant", targets: { read: [`guild:${guilds[0]}`], write: [] } } as const;
    expect(await call("get_channel", { channel_id: "公告" }, near)).toMatchObject({ id: ids["示例频道/公告"] });
  });
});
