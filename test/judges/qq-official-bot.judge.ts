import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { startEmulator } from "../../src/emulator/emulator.ts";

/** An independent QQ SDK, written against the real platform, works on the local one: only its host names are replaced. */
interface Client {
  request: {
    interceptors: { request: { use(rewrite: (config: { url?: string; baseURL?: string }) => unknown): void } };
  };
  start(): Promise<void>;
  stop(): Promise<void>;
  on(event: string, listener: (event: SdkMessage) => void): void;
  once(event: string, listener: (event: SdkMessage) => void): void;
}
interface SdkMessage {
  raw_message: string;
  reply(text: string): Promise<unknown>;
}
const { Bot } = createRequire(import.meta.url)("qq-official-bot") as { Bot: new (config: object) => Client };

const emulator = await startEmulator({ port: 0 });
const client = new Bot({
  appid: emulator.app.appId,
  secret: emulator.app.appSecret,
  mode: "websocket",
  intents: ["GROUP_AND_C2C_EVENT", "PUBLIC_GUILD_MESSAGES", "DIRECT_MESSAGE"],
  logLevel: "error",
});
client.request.interceptors.request.use((config) => {
  if (config.url?.includes("getAppAccessToken")) config.url = emulator.tokenUrl;
  config.baseURL = emulator.url;
  return config;
});
await client.start();

const { world } = emulator;
const speaker = world.users[0]?.id as string;
const channel = world.guilds[0]?.channels.find(({ type }) => type === 0);
const places = [
  { scene: "c2c", id: world.c2c.find(({ user }) => user === speaker)?.id, event: "message.private" },
  { scene: "group", id: world.groups[0]?.id, event: "message.group" },
  { scene: "channel", id: channel?.id, event: "message.guild" },
] as const;
for (const place of places) {
  const id = place.id as string;
  const heard = new Promise<SdkMessage>((resolve) => client.once(place.event, resolve));
  const said = await emulator.say({
    as: speaker,
    scene: place.scene,
    id,
    content: `hello ${place.scene}`,
    mention: true,
  });
  const message = await heard;
  assert.match(message.raw_message, new RegExp(`hello ${place.scene}`));
  await message.reply(`answer to ${place.scene}`);
  const after = emulator.messages({ scene: place.scene, id, after: said.message_id });
  assert.equal(after.filter(({ from }) => from === "bot").length, 1, `one answer in ${place.scene}`);
}
await client.stop();
await emulator.close();
process.exit(0);
