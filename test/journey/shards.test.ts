import { expect, it } from "vitest";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { shardOfGuild } from "../../src/protocol/shards.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { ModelServer } from "../kit/model-server.ts";
import { eventually, Program, platformVariables, run, temporaryFolder } from "../kit/processes.ts";

it("two processes divide the shards of one bot, and each message is answered once", async () => {
  const dials = { shards: 2, maxConcurrency: 10, identifyWindowMs: 5000 };
  const emulator = await startTestEmulator({ seed: { ...defaultSeed, dials } });
  const [model, home] = [await ModelServer.start(), temporaryFolder()];
  model.otherwise = () => "heard";
  const env = { ...platformVariables(emulator), ...model.variables };
  const start = (shards: string) => new Program(["bot", "--shards", shards], { env, home });
  const bots = [start("0/2"), start("1/2")];
  await Promise.all(bots.map((bot) => bot.waitFor(/connected/)));

  const guild = emulator.world.guilds[0];
  const channel = guild?.channels.find(({ type }) => type === 0)?.id ?? "";
  const home0 = shardOfGuild(guild?.id ?? "0", 2);
  const c2c = emulator.world.c2c[0]?.id ?? "";
  const answers = (scene: "c2c" | "channel", id: string) =>
    emulator.messages({ scene, id }).filter(({ from }) => from === "bot").length;
  const untilAnswered = (count: number) =>
    eventually(
      () => answers("c2c", c2c) === count && answers("channel", channel) === count,
      () => `${count} answers in both places; ${bots.map((bot) => bot.describe()).join("\n")}`,
    );
  const say = (content: string) => {
    emulator.say({ as: "alice", scene: "c2c", id: c2c, content });
    emulator.say({ as: "alice", scene: "channel", id: channel, content, mention: true });
  };
  say("one");
  await untilAnswered(1);

  const third = await run(["bot", "--shards", `${home0}/2`], { env, home });
  expect([third.code, third.stderr]).toEqual([2, expect.stringMatching(/already running: qq-skill bot \(pid \d+/)]);
  const whole = await run(["bot"], { env, home });
  expect([whole.code, whole.stderr]).toEqual([2, expect.stringContaining("already running")]);

  // A process that dies leaves its shard to its successor, with what was said meanwhile.
  await (bots[home0] as Program).stop("SIGKILL");
  say("two");
  const startedAt = performance.now();
  bots[home0] = start(`${home0}/2`);
  await bots[home0].waitFor(/connected/);
  await untilAnswered(2);
  // Start-up of the process included.
  expect(performance.now() - startedAt).toBeLessThan(5000);

  for (const bot of bots) expect((await bot.stop()).code).toBe(0);
  expect([answers("c2c", c2c), answers("channel", channel)]).toEqual([2, 2]);
  expect(model.requests).toHaveLength(4);
});

it("one process holds as many shards as the platform advises", async () => {
  const emulator = await startTestEmulator({ seed: { ...defaultSeed, dials: { shards: 3, maxConcurrency: 10 } } });
  const model = await ModelServer.start();
  model.otherwise = () => "heard";
  const bot = new Program(["bot"], { env: { ...platformVariables(emulator), ...model.variables } });
  await bot.waitFor(/connected/);
  const ready = emulator.frames().filter(({ data }) => (data as { t?: string }).t === "READY");
  expect(ready.map(({ data }) => (data as { d: { shard: number[] } }).d.shard)).toEqual([
    [0, 3],
    [1, 3],
    [2, 3],
  ]);
  expect((await bot.stop()).code).toBe(0);
});
