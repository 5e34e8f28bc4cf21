import { describe, expect, it, onTestFinished } from "vitest";
import { createEmulatorDesk, embeddedEmulator, noEmulator } from "../../src/cli/emulator-desk.ts";
import { silentLog } from "../../src/core/log.ts";
import { findOperation } from "../../src/operations/all.ts";
import { callOperation } from "../../src/operations/call.ts";
import type { EmulatorDesk } from "../../src/operations/emulator-desk.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { fakeContext } from "../kit/fake-context.ts";
import { RawBot } from "../kit/raw-bot.ts";

type Loose = ReturnType<typeof JSON.parse>;

function stage(emulator: EmulatorDesk) {
  const fake = fakeContext({ emulator });
  return {
    ...fake,
    async run(name: string, input: object = {}): Promise<Loose> {
      const operation = findOperation(name);
      if (!operation) throw new Error(`no operation ${name}`);
      const output = await callOperation(operation, fake.context, input);
      expect(fake.warnings).toEqual([]);
      return output;
    },
  };
}

function ownStage() {
  const desk = createEmulatorDesk(silentLog);
  onTestFinished(() => desk.close());
  return stage(desk);
}

describe("a bot that is tried on the local QQ", () => {
  it("finds it by the variables, hears what a person says, and is heard", async () => {
    const { run } = ownStage();
    expect(await run("emulator_read")).toEqual({ what: "status", running: false });
    const started = await run("emulator_start");
    expect(await run("emulator_start")).toEqual(started);
    const { variables: _, ...seen } = started;
    expect(await run("emulator_read")).toEqual({ what: "status", ...seen });
    const { QQ_BOT_APP_ID: appId, QQ_BOT_APP_SECRET: appSecret } = started.variables;
    const bot = await new RawBot({
      ...{ url: started.url, tokenUrl: started.variables.QQ_BOT_TOKEN_URL, app: { appId, appSecret } },
    } as never).login();
    const socket = await bot.connect();
    const { world } = await run("emulator_read", { what: "world" });
    const place = { scene: "c2c", id: world.c2c[0].id };
    const said = await run("emulator_say", { as: "alice", ...place, content: "在吗" });
    expect(said).toMatchObject({ bot_connected: true, answers: [] });
    const event = await socket.next((frame) => frame.t === "C2C_MESSAGE_CREATE");
    expect([event.id, event.d.id]).toEqual([said.event_id, said.message_id]);
    await bot.call("POST", `/v2/users/${place.id}/messages`, { msg_type: 0, content: "在", msg_id: said.message_id });
    const { messages } = await run("emulator_read", { what: "messages", ...place, after: said.message_id });
    expect(messages).toEqual([expect.objectContaining({ from: "bot", content: "在", mode: "passive" })]);
    const { frames } = await run("emulator_read", { what: "frames" });
    expect(frames.length).toBeGreaterThan(2);
    expect(JSON.stringify(frames)).not.toContain(appSecret);
  });

  it("answers within the time that the speaker waits", async () => {
    const emulator = await startTestEmulator();
    const { run, clock } = stage(embeddedEmulator(emulator));
    const bot = await new RawBot(emulator).login();
    const group = emulator.world.groups[0]?.id ?? "";
    const target = { scene: "group", id: group };
    const saying = run("emulator_say", { as: "alice", ...target, content: "早", mention: true, wait_s: 10 });
    const [said] = emulator.messages({ scene: "group", id: group });
    await bot.call("POST", `/v2/groups/${group}/messages`, { msg_type: 0, content: "早!", msg_id: said?.id });
    await clock.advance(100);
    expect((await saying).answers).toEqual([expect.objectContaining({ content: "早!" })]);
    const silence = run("emulator_say", { as: "alice", ...target, content: "嗯", wait_s: 1 });
    for (let step = 0; step < 12; step++) await clock.advance(100);
    expect((await silence).answers).toEqual([]);
  });

  it("sees time pass and the world begin anew", async () => {
    const { run } = ownStage();
    await run("emulator_start");
    const before = Date.parse((await run("emulator_clock")).now);
    const after = Date.parse((await run("emulator_clock", { advance_ms: 3_600_000 })).now);
    expect(after - before).toBeGreaterThanOrEqual(3_600_000);
    const { world } = await run("emulator_read", { what: "world" });
    const place = { scene: "c2c", id: world.c2c[0].id };
    await run("emulator_say", { as: "alice", ...place, content: "x" });
    await run("emulator_clock", { reset: true });
    expect((await run("emulator_read", { what: "messages", ...place })).messages).toEqual([]);
    expect(await run("emulator_stop")).toEqual({ running: false, was_running: true });
    expect(await run("emulator_stop")).toEqual({ running: false, was_running: false });
  });
});

describe("the local QQ refuses with something to do", () => {
  it("when none runs", async () => {
    const { run } = stage(noEmulator);
    for (const [name, input] of [
      ["emulator_say", { as: "alice", scene: "c2c", id: "x", content: "x" }],
      ["emulator_read", { what: "world" }],
      ["emulator_clock", {}],
      ["emulator_act", { action: "x" }],
      ["emulator_start", {}],
    ] as const)
      await expect(run(name, input), name).rejects.toMatchObject({ name: "InputError", remedy: expect.any(String) });
  });

  it("people, places and actions that it does not have", async () => {
    const { run } = ownStage();
    await run("emulator_start");
    const { world } = await run("emulator_read", { what: "world" });
    const place = { scene: "c2c", id: world.c2c[0].id };
    const remedy = expect.stringContaining("what=world");
    await expect(run("emulator_say", { as: "eve", ...place, content: "x" })).rejects.toMatchObject({
      field: "as",
      remedy,
    });
    await expect(run("emulator_read", { what: "messages", scene: "c2c", id: "no" })).rejects.toMatchObject({
      field: "id",
      remedy,
    });
    await expect(run("emulator_read", { what: "messages" })).rejects.toMatchObject({ field: "scene" });
    await expect(run("emulator_act", { action: "fly" })).rejects.toThrow("there are");
  });

  it("to be stopped by those who live on it", async () => {
    const { run } = stage(embeddedEmulator(await startTestEmulator()));
    await expect(run("emulator_stop")).rejects.toMatchObject({ name: "InputError" });
    expect(await run("emulator_start")).toMatchObject({ running: true });
  });
});
