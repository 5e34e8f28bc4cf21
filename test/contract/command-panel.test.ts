import { expect, it } from "vitest";
import { commands } from "../../src/bot/commands.ts";
import { showCommands } from "../../src/bot/panel.ts";
import { silentLog } from "../../src/core/log.ts";
import { panelLimits } from "../../src/protocol/limits.ts";
import { openPlatformStage } from "../kit/platform-stage.ts";

async function openStage() {
  const stage = await openPlatformStage();
  const lines: string[] = [];
  const log = { ...silentLog, info: (_: unknown, line: string) => lines.push(line) };
  const contextFor = stage.platform().contextFor;
  return { ...stage, lines, show: (shown = commands) => showCommands({ commands: shown, contextFor, log }) };
}

const writes = (calls: string[]) => calls.filter((call) => !call.startsWith("GET"));

it("everybody's commands become the panel of every kind of chat, written again only when they change", async () => {
  const { show, seen, call } = await openStage();
  await show();
  expect(writes(seen())).toEqual(Array(4).fill("POST /v2/panels"));
  const { records } = await call("list_panels", { scope: "group" });
  const names = records[0].panel.items.map(({ name }: { name: string }) => name);
  const open = commands
    .filter(({ least, isUnlisted }) => least.among === "public" && !isUnlisted)
    .map(({ chinese }) => `/${chinese}`);
  expect(names).toEqual(open);
  seen();

  await show();
  expect(writes(seen())).toEqual([]);

  await show(commands.slice(0, 2));
  expect(writes(seen())).toEqual(Array(4).fill(expect.stringMatching(/^PUT \/v2\/panels\//)));
});

it("an operator's own panel stays as it is", async () => {
  const { show, seen, call, lines } = await openStage();
  await call("create_panel", { scope: "group", panel: { items: [{ name: "/mine", type: "command" }] } });
  seen();
  await show();
  expect(writes(seen())).toHaveLength(3);
  expect(lines.filter((line) => line.includes("left alone"))).toHaveLength(1);
});

it("a platform that takes no more panels costs a line in the log", async () => {
  const { show, call, emulator, lines } = await openStage();
  const own = { scope: "c2c", target_type: "specific", user_openids: [emulator.world.c2c[0]?.id] };
  const panel = { items: [{ name: "/mine", type: "command" }] };
  for (let n = 1; n <= panelLimits.perBot; n++) {
    await call("create_panel", { ...own, panel });
    // Ten a minute.
    if (n % 10 === 0) emulator.advance(60_000);
  }
  await show();
  expect(lines).toEqual(Array(4).fill("the commands could not be shown as a panel"));
});
