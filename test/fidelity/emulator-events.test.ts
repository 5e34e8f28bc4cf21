import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { defaultSeed } from "../../src/emulator/seed.ts";
import { startTestEmulator } from "../kit/emulator.ts";
import { type Loose, RawBot } from "../kit/raw-bot.ts";
import { look, shape } from "../kit/shape.ts";

const file = new URL("../fixtures/events.json", import.meta.url);
const samples = JSON.parse(readFileSync(file, "utf8")) as { type: string; variant: string; example: Loose }[];

/** Every kind of event that people can cause, in one emulator in which all intents are granted. */
async function playEverything(): Promise<Map<string, Loose>> {
  const grantedIntents = 1174409219 + 2 ** 9;
  const emulator = await startTestEmulator({
    seed: { ...defaultSeed, dials: { grantedIntents, hasGuildMarkdown: true } },
  });
  const { world } = emulator;
  const bot = await new RawBot(emulator).login();
  const socket = await bot.connect({ intents: grantedIntents });
  const c2c = world.c2c[0]?.id ?? "";
  const [quiet, open] = world.groups.map((group) => group.id);
  const channel = world.guilds[0]?.channels.find((candidate) => candidate.type === 0)?.id ?? "";
  const dms = world.dms[0]?.id ?? "";
  const found = new Map<string, Loose>();
  const take = async (name: string, type: string) => found.set(name, await socket.next((frame) => frame.t === type));
  const say = (scene: "c2c" | "group" | "channel" | "dms", id: string | undefined, mention: boolean) =>
    emulator.say({ as: "alice", scene, id: id ?? "", content: "你好", mention }).message_id;
  const buttons = {
    content: { rows: [{ buttons: [{ id: "b", render_data: { label: "b" }, action: { type: 1, data: "d" } }] }] },
  };
  const press = async (path: string, scene: string, id: string | undefined) => {
    const body = { msg_type: 2, markdown: { content: "x" }, keyboard: buttons };
    const message_id = (await bot.call("POST", path, body)).body.id;
    await emulator.control("click", { as: "alice", scene, id, message_id, button_id: "b" });
  };

  found.set("READY", socket.ready);
  say("c2c", c2c, false);
  await take("C2C_MESSAGE_CREATE", "C2C_MESSAGE_CREATE");
  say("group", quiet, true);
  await take("GROUP_AT_MESSAGE_CREATE", "GROUP_AT_MESSAGE_CREATE");
  say("group", open, false);
  await take("GROUP_MESSAGE_CREATE", "GROUP_MESSAGE_CREATE");
  say("group", open, true);
  await take("GROUP_MESSAGE_CREATE mention_me", "GROUP_MESSAGE_CREATE");
  const said = say("channel", channel, true);
  await take("AT_MESSAGE_CREATE", "AT_MESSAGE_CREATE");
  await socket.next((frame) => frame.t === "MESSAGE_CREATE");
  say("channel", channel, false);
  await take("MESSAGE_CREATE", "MESSAGE_CREATE");
  await emulator.control("recall", { as: "alice", scene: "channel", id: channel, message_id: said });
  await take("PUBLIC_MESSAGE_DELETE", "PUBLIC_MESSAGE_DELETE");
  await take("MESSAGE_DELETE", "MESSAGE_DELETE");
  const direct = say("dms", dms, false);
  await take("DIRECT_MESSAGE_CREATE", "DIRECT_MESSAGE_CREATE");
  await emulator.control("recall", { as: "alice", scene: "dms", id: dms, message_id: direct });
  await take("DIRECT_MESSAGE_DELETE", "DIRECT_MESSAGE_DELETE");
  await press(`/v2/users/${c2c}/messages`, "c2c", c2c);
  await take("INTERACTION_CREATE", "INTERACTION_CREATE");
  await press(`/v2/groups/${quiet}/messages`, "group", quiet);
  await take("INTERACTION_CREATE button_group", "INTERACTION_CREATE");
  await press(`/channels/${channel}/messages`, "channel", channel);
  await take("INTERACTION_CREATE button_guild", "INTERACTION_CREATE");
  return found;
}

describe("the emulator's events", () => {
  it("have the fields, types and forms of id of the published samples", async () => {
    const played = await playEverything();
    for (const [name, frame] of played) {
      const [type, variant = "default"] = name.split(" ");
      const sample = samples.find((row) => row.type === type && row.variant === variant)?.example;
      expect(shape(frame), name).toEqual(shape(sample));
      if (frame.id) expect(look(frame.id), name).toBe(look(sample.id));
      const ids = (d: Loose) =>
        [d.id, d.message?.id, d.group_openid, d.guild_id, d.author?.id].filter(Boolean).map(look);
      expect(ids(frame.d), name).toEqual(ids(sample.d));
    }
    expect(played.size).toBe(14);
  });
});
