import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startTestEmulator } from "../kit/emulator.ts";
import { ModelServer } from "../kit/model-server.ts";
import { cleanVariables, eventually, Program, platformVariables, run, temporaryFolder } from "../kit/processes.ts";

/** Where a turn stands when the process is killed, and how many calls of the model it takes in all. */
const phases: readonly (readonly [phase: string, modelCalls: number])[] = [
  ["before the model call", 2],
  ["during the model call", 3],
  // Answered and not written down: the one call that may be paid twice.
  ["before the record of model-1", 3],
  ["after the record of model-1", 2],
  ["before the tool is sent", 2],
  ["after the tool was sent", 2],
  ["before the record of tool-1-0", 2],
  ["after the record of tool-1-0", 2],
  ["after the record of model-2", 2],
  ["before the reply is sent", 2],
  ["after the reply was sent", 2],
  ["before the record of reply", 2],
  ["after the record of reply", 2],
  ["before the turn is done", 2],
];

it("a turn that is killed in any phase goes on, acts once and pays once", { timeout: 60_000 }, async () => {
  const [emulator, model] = [
    await startTestEmulator({
      seed: {
        users: [{ id: "ann", name: "ann" }],
        groups: phases.map(([phase]) => ({ name: phase, members: ["ann"], recvMsgSetting: "only_mention" })),
        guilds: [],
      },
    }),
    await ModelServer.start(),
  ];
  const asked = new Map<string, number>();
  model.otherwise = ({ messages }) => {
    const phase = /question (.+)!/.exec(messages.map(({ content }) => content).join("\n"))?.[1] ?? "";
    const count = (asked.get(phase) ?? 0) + 1;
    asked.set(phase, count);
    if (phase === "during the model call" && count === 1) return "nothing ever";
    if (messages.at(-1)?.role === "tool") return `answer ${phase}`;
    return { calls: [{ name: "send_message", arguments: { content: `tool ${phase}` } }] };
  };
  const { groups } = emulator.world;
  const home = temporaryFolder();
  const off = { QQ_BOT_LIMITS: "off", QQ_BOT_PACING: "off", QQ_SKILL_LOG: "warn" };
  const env = { ...platformVariables(emulator), ...model.variables, ...off };

  const doom = JSON.stringify(Object.fromEntries(groups.map(({ id, name }) => [id, name])));
  const script = join(import.meta.dirname, "../kit/doomed-bot.ts");
  const doomed = spawn(process.execPath, [script], { cwd: home, env: cleanVariables(home, { ...env, DOOM: doom }) });
  onTestFinished(() => void doomed.kill("SIGKILL"));
  let output = "";
  for (const stream of [doomed.stdout, doomed.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  await eventually(
    () => output.includes("connected"),
    () => output,
    20_000,
  );
  for (const { id, name } of groups)
    emulator.say({ as: "ann", scene: "group", id, content: `question ${name}!`, mention: true });
  const all = () => output.includes(`held ${phases.length - 1}`) && asked.has("during the model call");
  await eventually(all, () => output, 20_000);
  doomed.kill("SIGKILL");
  await once(doomed, "close");

  const traces = join(home, "traces");
  const bot = new Program(["bot", "--traces", traces], { env, home });
  const said = (id: string) =>
    emulator
      .messages({ scene: "group", id })
      .flatMap(({ from, content }) => (from === "bot" ? [content.split(" ")[0]] : []));
  await eventually(
    () => groups.every(({ id }) => said(id).includes("answer")),
    () => `${JSON.stringify(groups.map(({ id, name }) => [name, said(id)]))} ${bot.describe()}`,
    20_000,
  );
  expect((await bot.stop()).code).toBe(0);
  expect(Object.fromEntries(groups.map(({ id, name }) => [name, said(id)]))).toEqual(
    Object.fromEntries(phases.map(([phase]) => [phase, ["tool", "answer"]])),
  );
  expect(Object.fromEntries(asked)).toEqual(Object.fromEntries(phases));

  // What was paid twice is in the books once: the first call was lost with the process.
  const books = await run(["usage", "--by", "model"], { env, home });
  expect(books.stdout).toMatch(new RegExp(`^model +calls .*\\nscripted +${2 * phases.length} +`));
  const { rows } = JSON.parse((await run(["usage", "--by", "group", "--json"], { env, home })).stdout);
  expect(rows).toHaveLength(phases.length);
  // A line for each turn that the second process brought to its end, and nobody's words in it.
  const lines = readdirSync(traces).flatMap((name) => readFileSync(join(traces, name), "utf8").trim().split("\n"));
  expect(new Set(lines.map((line) => (JSON.parse(line) as { conversation: string }).conversation)).size).toBe(
    phases.length,
  );
  expect(lines.join("\n")).not.toMatch(/question|answer /);
});
