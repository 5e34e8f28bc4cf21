import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startTestEmulator } from "../kit/emulator.ts";
import { ModelServer } from "../kit/model-server.ts";
import { Program, platformVariables, run, temporaryFolder } from "../kit/processes.ts";

it("--dry-run hears and thinks for real and says it on the console: nothing reaches QQ, and nothing is remembered", async () => {
  const [emulator, model, home] = [await startTestEmulator(), await ModelServer.start(), temporaryFolder()];
  const scratch = temporaryFolder();
  const env = { ...platformVariables(emulator), ...model.variables, QQ_SKILL_LOG: "warn", TMPDIR: scratch };
  const bot = new Program(["bot", "--dry-run"], { env, home });
  await bot.waitFor(/connected[\s\S]*dry run/);
  const group = emulator.world.groups[0]?.id ?? "";
  model.says({ calls: [{ name: "send_message", arguments: { content: "偷偷说" } }] }, "你好，我在。");
  emulator.say({ as: "alice", scene: "group", id: group, content: "在吗", mention: true });
  await bot.waitFor(/» group:\S+ 你好，我在。/);
  emulator.say({ as: "alice", scene: "group", id: group, content: "/帮助", mention: true });
  await bot.waitFor(/» group:\S+ [^»]*\/停止/);
  expect(bot.stdout).toMatch(/« group:\S+ [^\n]*在吗/);
  expect(bot.stdout).toMatch(/send_message: failed [^\n]*dry run: send_message was not done/);
  expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain("dry run: send_message was not done");

  expect(statSync(join(home, "data", "qq-skill.db")).size).toBe(0);
  const second = await run(["bot"], { env, home });
  expect([second.code, second.stderr]).toEqual([2, expect.stringContaining("qq-skill bot --dry-run")]);

  expect((await bot.stop()).code).toBe(0);
  const writes = emulator
    .frames(0)
    .flatMap((frame) => (frame.kind === "rest" && frame.method !== "GET" ? [`${frame.method} ${frame.path}`] : []));
  expect(writes.filter((call) => !call.includes("getAppAccessToken"))).toEqual([]);
  expect(emulator.messages({ scene: "group", id: group }).filter(({ from }) => from === "bot")).toEqual([]);
  expect(readdirSync(scratch).filter((name) => name.startsWith("qq-skill"))).toEqual([]);
});
