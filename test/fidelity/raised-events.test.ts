import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { eventSpecs } from "../../src/protocol/events.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { type Loose, RawBot } from "../kit/raw-bot.ts";
import { look, shape } from "../kit/shape.ts";

const file = new URL("../fixtures/events.json", import.meta.url);
const samples = JSON.parse(readFileSync(file, "utf8")) as { type: string; variant: string; example: Loose }[];

const grantedIntents = [...new Set(eventSpecs.map(({ intentBit }) => intentBit ?? 0))].reduce(
  (sum, b) => sum + 2 ** b,
  0,
);
const sent = eventSpecs.filter(({ intentBit }) => intentBit !== null);

async function stage() {
  const emulator = await startTestEmulator({ seed: { ...defaultSeed, dials: { grantedIntents } } });
  const bot = await new RawBot(emulator).login();
  return { emulator, bot };
}

describe("the event call of the control API", () => {
  it.each(sent.map((spec) => [spec.type, spec] as const))("%s is sent as published", async (type, spec) => {
    const { emulator, bot } = await stage();
    const bit = spec.intentBit ?? 0;
    const socket = await bot.connect({ intents: 2 ** bit });
    const { status, body } = await emulator.control("event", { type });
    expect(status).toBe(200);
    expect(body.intent_bit).toBe(bit);
    const frame = await socket.next((candidate) => candidate.t === type);
    expect(frame.id).toBe(body.event_id);
    expect(frame.d).toEqual(body.d);
    spec.schema.parse(frame.d);
    const variant = type === "INTERACTION_CREATE" ? "menu" : "default";
    const sample = samples.find((row) => row.type === type && row.variant === variant)?.example;
    expect(shape(frame.d)).toEqual(shape(sample.d));
    expect(look(frame.id ?? "")).toBe(look(sample.id));
  });

  it("reaches nobody without its intent", async () => {
    const { emulator, bot } = await stage();
    const bits = [...new Set(sent.map(({ intentBit }) => intentBit ?? 0))];
    for (const bit of bits) {
      const socket = await bot.connect({ intents: grantedIntents - 2 ** bit });
      for (const { type } of sent.filter(({ intentBit }) => intentBit === bit))
        await emulator.control("event", { type });
      expect((await socket.settled()).filter(({ op }) => op === 0).map(({ t }) => t)).toEqual(["READY"]);
    }
  });

  it("READY and RESUMED come with the session, not by this call", async () => {
    const { emulator, bot } = await stage();
    const socket = await bot.connect();
    const { session_id } = socket.ready.d;
    socket.drop();
    const second = await bot.open();
    second.send({ op: 6, d: { token: `QQBot ${bot.token}`, session_id, seq: 1 } });
    const resumed = await second.next((frame) => frame.t === "RESUMED");
    for (const frame of [socket.ready, resumed]) {
      eventSpecs.find(({ type }) => type === frame.t)?.schema.parse(frame.d);
      expect(await emulator.control("event", { type: frame.t })).toMatchObject({ status: 400 });
    }
    expect(await emulator.control("event", { type: "NO_SUCH_EVENT" })).toMatchObject({ status: 400 });
  });

  it("sends given data as it is, and what it made up can be answered", async () => {
    const { emulator, bot } = await stage();
    const socket = await bot.connect({ intents: grantedIntents });
    const data = { group_openid: 7, odd: [null] };
    await emulator.control("event", { type: "GROUP_ADD_ROBOT", data });
    expect((await socket.next(({ t }) => t === "GROUP_ADD_ROBOT")).d).toEqual(data);
    const { d: said } = (await emulator.control("event", { type: "C2C_MESSAGE_CREATE" })).body as Loose;
    const path = `/v2/users/${said.author.user_openid}/messages`;
    const reply = { msg_type: 0, content: "好" };
    expect((await bot.call("POST", path, { ...reply, msg_id: said.id })).status).toBe(200);
    const { event_id } = (await emulator.control("event", { type: "FRIEND_ADD" })).body;
    expect((await bot.call("POST", path, { ...reply, event_id })).status).toBe(200);
    const { d: chosen } = (await emulator.control("event", { type: "INTERACTION_CREATE" })).body as Loose;
    expect((await bot.call("PUT", `/interactions/${chosen.id}`, { code: 0 })).status).toBeLessThan(300);
  });
});
