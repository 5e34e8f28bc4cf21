import { expect, it } from "vitest";
import { startTestEmulator } from "../kit/emulator.ts";
import { ModelServer } from "../kit/model-server.ts";
import { eventually, Program, platformVariables, temporaryFolder } from "../kit/processes.ts";

const forever = () => new Promise<never>(() => {});

async function openStage() {
  const [emulator, model] = [await startTestEmulator(), await ModelServer.start()];
  const env = { ...platformVariables(emulator), ...model.variables, QQ_SKILL_LOG: "warn" };
  const home = temporaryFolder();
  const start = async () => {
    const bot = new Program(["bot"], { env, home });
    await bot.waitFor(/connected/);
    return bot;
  };
  const id = emulator.world.c2c.find(({ user }) => user === "alice")?.id ?? "";
  const say = (content: string) => emulator.say({ as: "alice", scene: "c2c", id, content });
  const said = () =>
    emulator
      .messages({ scene: "c2c", id })
      .filter(({ from }) => from === "bot")
      .map(({ content }) => content);
  const bot = await start();
  /** The bot asks a model that does not come to an end. */
  const think = async () => {
    model.says(forever);
    say("想一想");
    await eventually(
      () => model.requests.length === 1,
      () => bot.describe(),
    );
  };
  return { model, bot, start, say, said, think };
}

it("/stop reaches the model while it thinks, and what waited is not answered", async () => {
  const { model, bot, say, said, think } = await openStage();
  await think();
  say("还有一件事");
  say("／停止");
  await eventually(() => model.cut === 1, "the model's request is cut");
  await eventually(
    () => said().length === 1,
    () => `the answer; ${bot.describe()}`,
  );
  model.says("在");
  say("在吗");
  await eventually(
    () => said().length === 2,
    () => `the next answer; ${bot.describe()}`,
  );
  expect(said()).toEqual(["已停止，还有 1 条等着的消息也不再处理。", "在"]);
  expect(model.requests).toHaveLength(2);
});

it("kill -9 as soon as /stop took effect: the next process answers the command, and nothing that was stopped", async () => {
  const { model, bot, start, say, said, think } = await openStage();
  await think();
  say("还有一件事");
  say("/停止");
  await eventually(() => model.cut === 1, "the model's request is cut");
  await bot.stop("SIGKILL");
  model.says("在");
  const next = await start();
  await eventually(
    () => said().length > 0,
    () => `an answer; ${next.describe()}`,
  );
  say("在吗");
  await eventually(
    () => said().includes("在"),
    () => `the next answer; ${next.describe()}`,
  );
  expect(said()).toEqual([expect.stringContaining("已停止"), "在"]);
  expect(model.requests).toHaveLength(2);
});
