import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PermissionError } from "../../src/core/errors.ts";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { operations } from "../../src/operations/all.ts";
import type { Caller } from "../../src/operations/context.ts";
import { describeScope } from "../../src/operations/scope.ts";
import type { Targets } from "../../src/operations/targets.ts";
import { arbitraryInput } from "../kit/arbitrary-input.ts";
import { knownIn } from "../kit/known-values.ts";
import { hurryClock, outcomeOf } from "../kit/outcome.ts";
import { openPlatformStage } from "../kit/platform-stage.ts";

const [guild] = defaultSeed.guilds;
const second = {
  name: "第二频道",
  members: ["bob"],
  channels: [
    { name: "只读", type: 0 },
    { name: "公告", type: 0 },
  ],
};
const world = { ...defaultSeed, guilds: [guild, second] } as typeof defaultSeed;
const seed = 20_261_125;
const callsPerOperation = 6;

async function open() {
  hurryClock();
  const stage = await openPlatformStage({ seed: world });
  const { groups, guilds, c2c } = stage.emulator.world;
  const ids = {
    group: [groups[0]?.id, groups[1]?.id] as [string, string],
    guild: [guilds[0]?.id, guilds[1]?.id] as [string, string],
    channel: [guilds[1]?.channels[0]?.id, guilds[1]?.channels[1]?.id] as [string, string],
    c2c: [c2c[0]?.id, c2c[1]?.id] as [string, string],
  };
  const as = (targets: Targets): Partial<Caller> => ({ kind: "assistant", targets });
  return { ...stage, ids, as };
}

/** `group:ID` for a path on one place; the path itself for what belongs to no place. */
function placeOf(path: string): string {
  const [, kind = "", id = ""] = /^\/(v2\/groups|v2\/users|channels|guilds|dms)\/([^/?]+)/.exec(path) ?? [];
  const words: Record<string, string> = {
    ...{ "v2/groups": "group", "v2/users": "c2c", channels: "channel", guilds: "guild", dms: "dms" },
  };
  return kind === "" || id === "join_approval_strategy" ? path : `${words[kind]}:${decodeURIComponent(id)}`;
}

describe("the list of places for writing", () => {
  it("holds for every operation, whatever it is given", async () => {
    const { emulator, call, seen, ids, as } = await open();
    const places = [`group:${ids.group[0]}`, `guild:${ids.guild[0]}`, `channel:${ids.channel[0]}`, `c2c:${ids.c2c[0]}`];
    const inFirst = (emulator.world.guilds[0]?.channels ?? []).map(({ id }) => `channel:${id}`);
    const known = knownIn(emulator, ["m1"]);
    const caller = as({ read: [], write: places });
    let inside = 0;
    for (const operation of operations.filter(
      ({ permission, toolset }) => permission !== "read" && toolset !== "developer",
    )) {
      await fc.assert(
        fc.asyncProperty(arbitraryInput(operation.input, known), async (given) => {
          fc.pre(operation.input.safeParse(given).success);
          await outcomeOf(operation.name, () => call(operation.name, given as object, caller));
          const written = seen()
            .filter((line) => !line.startsWith("GET "))
            .map((line) => line.split(" ")[1] as string)
            .map((path) =>
              path === "/users/@me/dms" ? describeScope(operation.scope, given as never) : placeOf(path),
            );
          inside += written.length;
          expect([...places, ...inFirst]).toEqual(expect.arrayContaining(written));
        }),
        { seed, numRuns: callsPerOperation, maxSkipsPerRun: 1000 },
      );
    }
    // Otherwise all was refused, and this shows nothing.
    expect(inside).toBeGreaterThan(20);
  }, 60_000);

  it("names the place that is missing, and the setting; what belongs to the bot as a whole is bot", async () => {
    const { call, seen, ids, as } = await open();
    const write = [`guild:${ids.guild[0]}`];
    const refused = async (name: string, input: object, targets: string[] = write) =>
      call(name, input, as({ read: [], write: targets })).then(
        () => undefined,
        (error: unknown) => error as PermissionError,
      );
    const group = await refused("send_message", { scene: "group", id: ids.group[1], content: "x" });
    expect(group).toBeInstanceOf(PermissionError);
    expect(group?.message).toContain(`group:${ids.group[1]} is not among the places of QQ_MCP_WRITE_TARGETS`);
    expect(group?.remedy).toContain(`add group:${ids.group[1]} to QQ_MCP_WRITE_TARGETS`);
    // Another guild's channel inside a call on an allowed guild.
    const mixed = { guild_id: ids.guild[0], message_id: "m", channel_id: ids.channel[1] };
    expect(await refused("create_announcement", mixed)).toMatchObject({ missing: "target" });
    // A name is judged by what it stands for.
    const named = { scene: "channel", id: "第二频道/公告", content: "x" };
    expect((await refused("send_message", named))?.message).toContain(`channel:${ids.channel[1]}`);
    // An id that only begins like an allowed one.
    const longer = { group_openid: `${ids.group[0]}:x`, message_id: "m" };
    expect(await refused("recall_group_message", longer, [`group:${ids.group[0]}`])).toMatchObject({
      missing: "target",
    });
    expect(await refused("set_menu", { menu: { items: [] } })).toBeDefined();
    expect(await refused("delete_panel", { panel_id: "p" })).toMatchObject({
      message: expect.stringContaining("bot is not"),
    });
    expect(await refused("delete_panel", { panel_id: "p" }, ["bot"])).not.toMatchObject({ missing: "target" });
    expect(seen().filter((line) => !line.startsWith("GET "))).toEqual(["DELETE /v2/panels/p"]);
  });
});

describe("the list of places for reading", () => {
  it("holds for every operation, whatever it is given", async () => {
    const { emulator, call, seen, ids, as } = await open();
    const places = [`group:${ids.group[0]}`, `guild:${ids.guild[0]}`, `channel:${ids.channel[0]}`];
    const inFirst = (emulator.world.guilds[0]?.channels ?? []).map(({ id }) => `channel:${id}`);
    const known = knownIn(emulator, ["m1"]);
    const caller = as({ read: places, write: [] });
    let inside = 0;
    for (const operation of operations.filter(({ permission }) => permission === "read")) {
      await fc.assert(
        fc.asyncProperty(arbitraryInput(operation.input, known), async (given) => {
          fc.pre(operation.input.safeParse(given).success);
          const input = operation.name === "wait_events" ? { ...(given as object), timeout_s: 0 } : (given as object);
          await outcomeOf(operation.name, () => call(operation.name, input, caller));
          const read = seen()
            .map((line) => line.split(" ")[1] as string)
            // Which guild a channel is in: asked to judge by it, and shown to nobody.
            .filter((path) => !/^\/channels\/[^/]+$/.test(path))
            .map(placeOf)
            .filter((place) => /^(group|guild|channel|c2c|dms):/.test(place));
          inside += read.length;
          expect([...places, ...inFirst]).toEqual(expect.arrayContaining(read));
        }),
        { seed, numRuns: callsPerOperation, maxSkipsPerRun: 1000 },
      );
    }
    expect(inside).toBeGreaterThan(20);
  }, 60_000);
});
