import { describe, expect, it } from "vitest";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { type Loose, RawBot } from "../kit/raw-bot.ts";

async function start(dials: Record<string, unknown> = { hasInterfaceRates: false }) {
  const emulator = await startTestEmulator({ seed: { ...defaultSeed, dials } });
  const bot = await new RawBot(emulator).login();
  const refusal = async (method: string, path: string, body?: unknown) => {
    const { err_code, limit } = (await bot.call(method, path, body)).body as Loose;
    return limit === undefined ? err_code : [err_code, limit];
  };
  return { emulator, bot, refusal };
}

const command = { name: "天气", desc: "今天的天气", type: "command" };

describe("the menu", () => {
  it("is empty at first, replaced as a whole, and counts its versions", async () => {
    const { bot } = await start();
    expect((await bot.call("GET", "/v2/menu")).body).toEqual({ version: 0 });
    const menu = { items: [{ name: "帮助", type: "send_message", send_message: "帮助" }] };
    expect((await bot.call("PUT", "/v2/menu", { menu })).body).toEqual({ version: 1 });
    expect((await bot.call("GET", "/v2/menu")).body).toEqual({ version: 1, menu });
    expect((await bot.call("PUT", "/v2/menu", { menu: { items: [] } })).body).toEqual({ version: 2 });
  });

  it.each([
    [
      "11 entries",
      { items: Array.from({ length: 11 }, () => ({ name: "a", type: "send_message", send_message: "a" })) },
      [40030013, 10],
    ],
    [
      "a name wider than 10",
      { items: [{ name: "一二三四五六", type: "send_message", send_message: "a" }] },
      [40030013, 10],
    ],
    [
      "6 entries below one",
      {
        items: [
          {
            name: "a",
            type: "menu",
            sub_menu_items: Array.from({ length: 6 }, () => ({ name: "a", type: "link", link: "https://a.cn" })),
          },
        ],
      },
      [40030013, 5],
    ],
    [
      "a menu in a menu",
      { items: [{ name: "a", type: "menu", sub_menu_items: [{ name: "a", type: "menu" }] }] },
      40030014,
    ],
    ["an unknown type", { items: [{ name: "a", type: "dance" }] }, 40030014],
    ["a link without https", { items: [{ name: "a", type: "link", link: "http://a.cn" }] }, 40030008],
    ["a link without address", { items: [{ name: "a", type: "link" }] }, 40030016],
    ["a switch without id", { items: [{ name: "a", type: "switch", switch: {} }] }, 40030016],
    ["no list", {}, 40030016],
  ])("refuses %s", async (_, menu, code) => {
    const { bot, refusal } = await start();
    expect(await refusal("PUT", "/v2/menu", { menu })).toEqual(code);
    expect((await bot.call("GET", "/v2/menu")).body).toEqual({ version: 0 });
  });

  it("takes 5 changes a minute", async () => {
    const { emulator, bot } = await start({});
    const put = async () => (await bot.call("PUT", "/v2/menu", { menu: { items: [] } })).status;
    for (let n = 0; n < 5; n++) expect(await put()).toBe(200);
    expect(await put()).toBe(429);
    emulator.advance(60_001);
    expect(await put()).toBe(200);
  });
});

describe("panels", () => {
  it("are made, listed by scope, read with their targets, replaced and deleted", async () => {
    const { emulator, bot, refusal } = await start();
    const group = emulator.world.groups[0]?.id;
    const body = { scope: "group", target_type: "specific", group_openids: [group], panel: { items: [command] } };
    const { panel_id } = (await bot.call("POST", "/v2/panels", body)).body;
    await bot.call("POST", "/v2/panels", { scope: "c2c", panel: { remark: "空" } });
    const { records, is_end } = (await bot.call("GET", "/v2/panels?scope=group")).body;
    expect([records.length, is_end, records[0].panel_id, records[0].group_openids]).toEqual([
      1,
      true,
      panel_id,
      undefined,
    ]);
    const one = `/v2/panels/${panel_id}`;
    expect((await bot.call("GET", one)).body).toMatchObject({ scope: "group", group_openids: [group], version: 1 });
    expect((await bot.call("PUT", one, { panel: { items: [] } })).body).toEqual({ version: 2 });
    await bot.call("PUT", `${one}/target`, { op: "del", group_openids: [group] });
    expect((await bot.call("GET", one)).body).toMatchObject({ group_openids: [], panel: { items: [] } });
    await bot.call("DELETE", one);
    expect(await refusal("GET", one)).toBe(40030006);
  });

  it.each([
    ["an unknown scope", { scope: "moon" }, 40030011],
    ["an unknown target_type", { target_type: "some" }, 40030012],
    ["targets of all", { user_openids: ["U"] }, 40030021],
    ["specific channels", { scope: "channel", target_type: "specific" }, 40030018],
    ["groups of a private panel", { target_type: "specific", group_openids: ["G"] }, 40030018],
    [
      "21 targets",
      { target_type: "specific", user_openids: Array.from({ length: 21 }, (_, n) => `U${n}`) },
      [40030013, 20],
    ],
    ["no panel", { panel: undefined }, 40030016],
    ["21 entries", { panel: { items: Array.from({ length: 21 }, () => command) } }, [40030013, 20]],
    ["a wide name", { panel: { items: [{ ...command, name: "一二三四五六七八" }] } }, [40030013, 14]],
    ["a wide line below", { panel: { items: [{ ...command, desc: "一".repeat(16) }] } }, [40030013, 30]],
    ["an unknown entry", { panel: { items: [{ ...command, type: "menu" }] } }, 40030015],
    ["a link without https", { panel: { items: [{ ...command, type: "link", link: "ftp://a" }] } }, 40030008],
  ])("refuses %s", async (_, change, code) => {
    const { refusal } = await start();
    const body = { scope: "c2c", panel: { items: [command] }, ...change };
    expect(await refusal("POST", "/v2/panels", body)).toEqual(code);
  });

  it("are 20 per bot; a panel for all takes no targets later", async () => {
    const { bot, refusal } = await start();
    const body = { scope: "dm", panel: {} };
    const ids = [];
    for (let n = 0; n < 20; n++) ids.push((await bot.call("POST", "/v2/panels", body)).body.panel_id);
    expect(await refusal("POST", "/v2/panels", body)).toEqual([40030013, 20]);
    const target = `/v2/panels/${ids[0]}/target`;
    expect(await refusal("PUT", target, { op: "add", user_openids: ["U"] })).toBe(40030021);
    expect(await refusal("PUT", target, { op: "swap" })).toBe(40030017);
    const first = (await bot.call("GET", "/v2/panels?scope=dm&limit=15")).body;
    const rest = (await bot.call("GET", `/v2/panels?scope=dm&limit=15&cursor=${first.next_cursor}`)).body;
    expect([first.is_end, rest.records.length, rest.is_end]).toEqual([false, 5, true]);
  });
});
