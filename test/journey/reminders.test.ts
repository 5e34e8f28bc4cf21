import { expect, it } from "vitest";
import { startTestEmulator } from "../kit/emulator.ts";
import { ModelServer } from "../kit/model-server.ts";
import { eventually, Program, platformVariables, temporaryFolder } from "../kit/processes.ts";

it("a reminder survives a kill, is said by the next process, and by none after it", async () => {
  const [emulator, model, home] = [await startTestEmulator(), await ModelServer.start(), temporaryFolder()];
  const env = { ...platformVariables(emulator), ...model.variables, QQ_SKILL_LOG: "warn" };
  const place = { scene: "c2c", id: emulator.world.c2c.find(({ user }) => user === "alice")?.id ?? "" } as const;
  const start = async () => {
    const bot = new Program(["bot"], { env, home });
    await bot.waitFor(/connected/);
    return bot;
  };
  const reminders = () => emulator.messages(place).filter(({ content }) => content === "⏰ 提醒：开会");

  const first = await start();
  model.says({ calls: [{ name: "set_reminder", arguments: { text: "开会", in_minutes: 0.05 } }] }, "好的");
  emulator.say({ as: "alice", ...place, content: "一会儿提醒我开会" });
  await emulator.waitForMessage({ ...place, matches: ({ content }) => content === "好的" });
  await first.stop("SIGKILL");

  const second = await start();
  await eventually(
    () => reminders().length > 0,
    () => `the reminder; ${second.describe()}`,
  );
  await second.stop("SIGKILL");

  // A third process says what it is asked, and nothing of that again.
  await start();
  model.says("没有了");
  emulator.say({ as: "alice", ...place, content: "还有吗?" });
  await emulator.waitForMessage({ ...place, matches: ({ content }) => content === "没有了" });
  expect(reminders()).toHaveLength(1);
});
