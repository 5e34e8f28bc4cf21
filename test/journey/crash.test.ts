import { describe, expect, it } from "vitest";
import type { WorldSeed } from "../../src/emulator/seed.ts";
import { startTestEmulator, type TestEmulator } from "../kit/emulator.ts";
import { ModelServer } from "../kit/model-server.ts";
import { eventually, Program, platformVariables, temporaryFolder } from "../kit/processes.ts";

const people = ["ann", "ben"];
const groupCount = 50;
const perGroup = 20;
const total = groupCount * perGroup;

const seed: WorldSeed = {
  users: people.map((id) => ({ id, name: id })),
  groups: Array.from({ length: groupCount }, (_, index) => ({
    name: `group ${index}`,
    members: people,
    recvMsgSetting: "only_mention",
  })),
  guilds: [],
};

interface Scene {
  emulator: TestEmulator;
  model: ModelServer;
  start(): Program;
  /** Every group gets one message. */
  sayRound(round: number): void;
  /** Replies so far, over all groups. */
  answered(): number;
}

/** A model that repeats the number of the message it answers: order and completeness then show in the chat itself. */
async function openScene(): Promise<Scene> {
  const emulator = await startTestEmulator({ seed });
  const model = await ModelServer.start();
  model.otherwise = ({ messages }) => {
    const last = messages.findLast(({ role }) => role === "user")?.content ?? "";
    return `answer ${/question (\d+)(?!.*question \d)/s.exec(last)?.[1] ?? "to nothing"}`;
  };
  const home = temporaryFolder();
  const env = {
    ...platformVariables(emulator),
    ...model.variables,
    QQ_BOT_LIMITS: "off",
    QQ_BOT_DAILY_TOKENS_USER: "0",
    QQ_BOT_DAILY_TOKENS_GROUP: "0",
    QQ_BOT_DAILY_TOKENS_TOTAL: "0",
    QQ_BOT_PACING: "off",
    QQ_SKILL_LOG: "warn",
  };
  const groups = emulator.world.groups.map(({ id }) => id);
  return {
    emulator,
    model,
    start: () => new Program(["bot"], { env, home }),
    sayRound(round) {
      for (const id of groups)
        emulator.say({
          ...{ as: people[round % people.length] ?? "", scene: "group", id },
          ...{ content: `question ${round}`, mention: true },
        });
    },
    answered: () => groups.reduce((sum, id) => sum + answersIn(emulator, id).length, 0),
  };
}

function answersIn(emulator: TestEmulator, id: string) {
  return emulator.messages({ scene: "group", id }).filter(({ from }) => from === "bot");
}

/** Every question answered once, in the order of the questions, as a reply to it. */
function expectEachAnsweredOnce({ emulator }: Scene): void {
  for (const { id, name } of emulator.world.groups) {
    const questions = emulator.messages({ scene: "group", id }).filter(({ from }) => from !== "bot");
    const wanted = questions.map((question, round) => ({ to: question.id, content: `answer ${round}` }));
    const found = answersIn(emulator, id).map(({ msg_id: to, content }) => ({ to, content }));
    expect(found, name).toEqual(wanted);
  }
}

describe(`${total} messages in ${groupCount} groups`, () => {
  it("are each answered once and in order", { timeout: 60_000 }, async () => {
    const scene = await openScene();
    const bot = scene.start();
    await bot.waitFor(/connected/);
    for (let round = 0; round < perGroup; round++) scene.sayRound(round);
    await eventually(
      () => scene.answered() >= total,
      () => `${scene.answered()} of ${total} answered; ${bot.describe()}`,
      40_000,
    );
    const { code } = await bot.stop();
    expect(code).toBe(0);
    expectEachAnsweredOnce(scene);
    expect(scene.model.requests).toHaveLength(total);
  });

  it("are each answered once and in order though the process is killed in the middle", {
    timeout: 60_000,
  }, async () => {
    const scene = await openScene();
    const first = scene.start();
    await first.waitFor(/connected/);
    const [heardBefore, saidWhileDead] = [perGroup / 2, 2];
    for (let round = 0; round < heardBefore; round++) scene.sayRound(round);
    const killAt = Math.floor((groupCount * heardBefore) / 2);
    await eventually(
      () => scene.answered() >= killAt,
      () => `${scene.answered()} answered before the kill; ${first.describe()}`,
      20_000,
    );
    expect((await first.stop("SIGKILL")).signal).toBe("SIGKILL");
    const answeredBefore = scene.answered();
    expect(answeredBefore).toBeLessThan(groupCount * heardBefore);

    for (let round = heardBefore; round < heardBefore + saidWhileDead; round++) scene.sayRound(round);
    const second = scene.start();
    for (let round = heardBefore + saidWhileDead; round < perGroup; round++) scene.sayRound(round);
    await eventually(
      () => scene.answered() >= total,
      () => `${scene.answered()} of ${total} answered; ${second.describe()}`,
      40_000,
    );
    // What is still under way at the end of a turn would now come twice.
    const { code } = await second.stop();
    expect(code).toBe(0);
    expectEachAnsweredOnce(scene);
  });
});
