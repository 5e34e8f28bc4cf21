import { describe, expect, it } from "vitest";
import { PermissionError } from "../../../src/core/errors.ts";
import { findOperation } from "../../../src/operations/all.ts";
import { callOperation } from "../../../src/operations/call.ts";
import { permissions } from "../../../src/operations/operation.ts";
import { fakeContext } from "../../kit/fake-context.ts";

type Input = Record<string, unknown>;

async function run(name: string, input: Input, respond: () => unknown = () => undefined) {
  const operation = findOperation(name);
  if (!operation) throw new Error(`no operation ${name}`);
  const fake = fakeContext({ respond });
  const output = await callOperation(operation, fake.context, input);
  return { output, request: fake.requests[0] };
}

const refused = (name: string, input: Input) =>
  run(name, input).then(
    () => undefined,
    (error) => error.field,
  );

const end = "2026-11-24T12:00:00+08:00";

describe("groups", () => {
  it("are muted with an end, unmuted without", async () => {
    const members = [
      { op: "add", member_openid: "M", mute_expire_at: end },
      { op: "del", member_openid: "N" },
    ];
    const { request, output } = await run("set_group_mutes", { group_openid: "G", members });
    expect(request).toMatchObject({ method: "POST", path: "/v2/groups/G/restrict_chat_setting", body: { members } });
    expect(output).toEqual({ done: true });
    const wrong = (change: Input) => refused("set_group_mutes", { group_openid: "G", members: [change] });
    expect(await wrong({ op: "add", member_openid: "M" })).toBe("members.0.mute_expire_at");
    expect(await wrong({ op: "add", member_openid: "M", mute_expire_at: "tomorrow" })).toBe("members.0.mute_expire_at");
  });

  it("answer lists that can be continued, and survive an answer without a list", async () => {
    const page = { members: [{ member_openid: "M" }], next_cursor: "c1" };
    expect((await run("list_group_members", { group_openid: "G" }, () => page)).output).toEqual(page);
    expect((await run("list_group_members", { group_openid: "G" })).output).toEqual({ members: [] });
    const bare = (await run("list_group_members", { group_openid: "G" }, () => page.members)).output;
    expect(bare).toEqual({ members: page.members });
    const { request } = await run("list_join_requests", { group_openid: "G", cursor: "c1" }, () => ({ list: [] }));
    expect(request?.query).toEqual({ cursor: "c1", limit: 20 });
  });

  it("of a strategy are named in one way", async () => {
    expect(await refused("create_join_strategy", {})).toBe("group_openids");
    expect(await refused("create_join_strategy", { group_openids: ["G"], group_ids: ["1"] })).toBe("group_openids");
    const action = { op: "add", group_ids: ["1"], group_openids: ["G"] };
    const nested = await refused("update_join_strategy", { strategy_id: "s", group_action: action });
    expect(nested).toBe("group_action.group_openids");
    const { request } = await run("update_join_strategy", { strategy_id: "s", is_enable: "off" });
    expect(request).toMatchObject({ method: "PATCH", body: { is_enable: "off" } });
    expect(await refused("update_join_strategy_whitelist", { strategy_id: "s", op: "add", whitelist_users: [1] })).toBe(
      "whitelist_users.0",
    );
  });

  it("elsewhere are not a stranger's to see", async () => {
    for (const [name, input] of [
      ["list_join_strategies", {}],
      ["list_panels", { scope: "c2c" }],
      ["get_group_info", { group_openid: "OTHER" }],
    ] as const) {
      const operation = findOperation(name);
      const { context } = fakeContext({});
      const caller = {
        ...context.caller,
        grants: new Set(permissions),
        confinedTo: { scene: "group" as const, id: "G" },
      };
      await expect(operation && callOperation(operation, { ...context, caller }, input), name).rejects.toBeInstanceOf(
        PermissionError,
      );
    }
  });
});

describe("menus and panels", () => {
  const menu = (item: Input) => refused("set_menu", { menu: { items: [item] } });

  it("measure text as the platform does: CJK counts 2", async () => {
    const item = { type: "send_message", send_message: "x" };
    expect(await menu({ ...item, name: "一二三四五" })).toBeUndefined();
    expect(await menu({ ...item, name: "一二三四五六" })).toBe("menu.items.0.name");
    const panel = (name: string) =>
      refused("create_panel", { scope: "c2c", panel: { items: [{ name, type: "command" }] } });
    expect(await panel("一二三四五六七")).toBeUndefined();
    expect(await panel("一二三四五六七八")).toBe("panel.items.0.name");
  });

  it("need the field of their type, and no other", async () => {
    expect(await menu({ name: "a", type: "link" })).toBe("menu.items.0.link");
    expect(await menu({ name: "a", type: "link", link: "http://a.cn" })).toBe("menu.items.0.link");
    expect(await menu({ name: "a", type: "switch", send_message: "x" })).toBe("menu.items.0.switch");
    const sub = { name: "b", type: "link" };
    expect(await menu({ name: "a", type: "menu", sub_menu_items: [sub] })).toBe("menu.items.0.sub_menu_items.0.link");
    const item = { name: "a", type: "command", link: "https://a.cn" };
    expect(await refused("update_panel", { panel_id: "p", panel: { items: [item] } })).toBe("panel.items.0.link");
  });
});

describe("create_share_link", () => {
  it("takes both shapes of the answer", async () => {
    const answer = async (data: unknown) => (await run("create_share_link", {}, () => data)).output;
    expect(await answer({ url_link: "https://a" })).toEqual({ url_link: "https://a" });
    expect(await answer({ data: { url: "https://b" } })).toEqual({ url_link: "https://b" });
  });
});
