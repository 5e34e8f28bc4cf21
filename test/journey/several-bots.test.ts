import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startTestEmulator } from "../kit/emulator.ts";
import { ModelServer } from "../kit/model-server.ts";
import { eventually, Program, temporaryFolder } from "../kit/processes.ts";
import { unusedPort } from "../kit/stub-api.ts";

type Emulator = Awaited<ReturnType<typeof startTestEmulator>>;

/** Two platforms with a bot each, in one process; `change` is what one account says of itself. */
async function openStage(change: { shop?: object; club?: object } = {}, more: object = {}) {
  const [shop, club, model] = await Promise.all([
    startTestEmulator({ appId: "102000011", appSecret: "shop-secret-value" }),
    startTestEmulator({ appId: "102000012", appSecret: "club-secret-value" }),
    ModelServer.start(),
  ]);
  const entryOf = (name: "shop" | "club", { app, url, tokenUrl }: Emulator) => ({
    ...{ ...app, apiBase: url, tokenUrl, openaiModel: `${name}-model` },
    ...change[name],
  });
  const home = temporaryFolder();
  const file = join(home, "qq.json");
  const accounts = { shop: entryOf("shop", shop), club: entryOf("club", club) };
  writeFileSync(file, JSON.stringify({ accounts, settleMs: 0, ...more }));
  const healthPort = await unusedPort();
  const env = {
    ...model.variables,
    QQ_SKILL_CONFIG: file,
    QQ_BOT_HEALTH_PORT: String(healthPort),
    QQ_SKILL_LOG: "info",
    QQ_BOT_TRACES: join(home, "traces"),
  };
  const bot = new Program(["bot"], { env, home });
  const health = async (path: string) => (await fetch(`http://127.0.0.1:${healthPort}${path}`)).text();
  return { shop, club, model, bot, health, home };
}

it("of one process answer each on its own platform, with its own model and rights, and know nothing of each other", async () => {
  const { shop, club, model, bot, health, home } = await openStage({
    club: { persona: undefined, owners: ["c2c:NOBODY"] },
  });
  await bot.waitFor(/\[shop\] [^\n]*connected[\s\S]*\[club\] [^\n]*connected|\[club\] [^\n]*connected[\s\S]*\[shop\] /);
  model.otherwise = ({ model: name, messages }) => `${name}: ${messages.at(-1)?.content}`;
  const talks = [
    { emulator: shop, name: "shop", words: "店里的秘密" },
    { emulator: club, name: "club", words: "俱乐部的秘密" },
  ];
  for (const { emulator, words } of talks) {
    const { id } = emulator.world.c2c.find(({ user }) => user === "alice") ?? { id: "" };
    emulator.say({ as: "alice", scene: "c2c", id, content: words });
    const group = emulator.world.groups[0]?.id ?? "";
    emulator.say({ as: "alice", scene: "group", id: group, content: `群里${words}`, mention: true });
  }
  for (const { emulator, name, words } of talks) {
    for (const scene of ["c2c", "group"] as const) {
      const id =
        scene === "c2c" ? emulator.world.c2c.find(({ user }) => user === "alice")?.id : emulator.world.groups[0]?.id;
      const said = () => emulator.messages({ scene, id: id ?? "" }).filter(({ from }) => from === "bot");
      const [answer] = await eventually(
        () => said().length > 0 && said(),
        () => bot.describe(),
      );
      expect(answer?.content).toContain(`${name}-model: `);
      expect(answer?.content).toContain(words);
    }
  }
  for (const { name, words } of talks) {
    const own = JSON.stringify(model.requests.filter((request) => request.model === `${name}-model`));
    const others = talks.filter((talk) => talk.name !== name).map((talk) => talk.words);
    expect(own).toContain(words);
    for (const other of others) expect(own).not.toContain(other);
  }
  expect(JSON.parse(await health("/readyz"))).toMatchObject({
    ready: true,
    bots: { shop: { ready: true }, club: { ready: true } },
  });
  const metrics = await health("/metrics");
  expect(metrics).toMatch(/^qq_ready\{account="shop"\} 1$/m);
  expect(metrics).toMatch(/^qq_sends_total\{account="club",result="sent"\} 2$/m);
  expect(metrics.match(/^# TYPE qq_ready gauge$/gm)).toHaveLength(1);
  const { code, stdout, stderr } = await bot.stop();
  expect(code).toBe(0);
  expect(stderr).toMatch(/"account":"shop"/);
  const turns = readdirSync(join(home, "traces")).flatMap((name) =>
    readFileSync(join(home, "traces", name), "utf8")
      .trim()
      .split("\n"),
  );
  expect(turns.map((line) => JSON.parse(line).account).sort()).toEqual(["club", "club", "shop", "shop"]);
  expect(stdout + stderr).not.toMatch(/(shop|club)-secret-value|key-that-nobody-may-see/);
});

it("leave each other alone: one that cannot log in waits, one that is banned ends, and health and the exit code tell", async () => {
  const { shop, club, model, bot, health } = await openStage({ shop: { appSecret: "wrong-secret" } });
  await bot.waitFor(/\[club\] [^\n]*connected/);
  model.otherwise = () => "still here";
  const { id } = club.world.c2c[0] ?? { id: "" };
  club.say({ as: "alice", scene: "c2c", id, content: "在吗" });
  const answers = () => club.messages({ scene: "c2c", id }).filter(({ content }) => content?.includes("still here"));
  await eventually(
    () => answers().length === 1,
    () => bot.describe(),
  );
  const readiness = JSON.parse(await health("/readyz"));
  expect(readiness).toMatchObject({ ready: false, bots: { shop: { state: "waiting" }, club: { ready: true } } });
  expect(readiness.reasons).toEqual([expect.stringMatching(/^shop: gateway is waiting: .*secret/)]);
  await club.control("faults", { kind: "close", code: 4915 });
  await bot.waitFor(/\[club\] error: [^\n]*banned/, { stream: "stderr" });
  expect(bot.isRunning).toBe(true);
  expect(JSON.parse(await health("/readyz")).reasons.join()).toMatch(/club: .*banned/);
  const { code, stderr } = await bot.stop();
  expect(code).toBe(3);
  expect(stderr).not.toContain("wrong-secret");
  expect(shop.frames(0).filter(({ kind }) => kind === "ws")).toEqual([]);
});
