import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { type Emulator, startEmulator } from "../../src/emulator/emulator.ts";
import { type CallRow, type Calls, callFrom } from "./call-table.ts";
import { generousSeed } from "./seed.ts";

type Client = Record<`${string}Service` | "fileProcessor", Calls> & {
  request: {
    interceptors: { request: { use(rewrite: (config: { url?: string; baseURL?: string }) => unknown): void } };
  };
  start(): Promise<void>;
  stop(): Promise<void>;
  once(event: string, listener: (event: SdkMessage) => void): void;
};
interface SdkMessage {
  id: string;
  raw_message: string;
  reply(text: string): Promise<unknown>;
}
const { Bot } = createRequire(import.meta.url)("qq-official-bot") as { Bot: new (config: object) => Client };

// The SDK is logged in, and heard and answered every scene, once this module is loaded.

export const emulator = await startEmulator({ port: 0, seed: generousSeed });
const { world } = emulator;
export const speaker = "bob";
export const guild = world.guilds[0] ?? assert.fail("no guild");
export const channelOf = (type: number) => guild.channels.find((channel) => channel.type === type)?.id ?? "";
export const text = channelOf(0);
export const person = emulator.identitiesOf(speaker).find((id) => /^\d+$/.test(id)) ?? "";
export const places = {
  c2c: { id: world.c2c.find(({ user }) => user === speaker)?.id ?? "", event: "message.private.friend" },
  group: { id: world.groups[0]?.id ?? "", event: "message.group" },
  channel: { id: text, event: "message.guild" },
  dms: { id: world.dms.find(({ user }) => user === speaker)?.id ?? "", event: "message.private.direct" },
} as const;

export const client = connect(emulator);
// It hushes whatever goes wrong in its process; a judge has to die of it.
for (const event of ["uncaughtException", "unhandledRejection"]) process.removeAllListeners(event);
await client.start();
export const heard: Record<string, SdkMessage> = {};
for (const [scene, { id, event }] of Object.entries(places) as [keyof typeof places, { id: string; event: string }][]) {
  const hearing = new Promise<SdkMessage>((resolve) => client.once(event, resolve));
  const said = emulator.say({ as: speaker, scene, id, content: `hello ${scene}`, mention: true });
  const message = await hearing;
  assert.match(message.raw_message, new RegExp(`hello ${scene}`));
  await message.reply(`answer to ${scene}`);
  const after = emulator.messages({ scene, id, after: said.message_id });
  assert.deepEqual(
    after.filter(({ from }) => from === "bot").map(({ content, mode }) => [content, mode]),
    [[`answer to ${scene}`, "passive"]],
  );
  heard[scene] = message;
}

function connect({ app, tokenUrl, url }: Emulator): Client {
  const made = new Bot({
    appid: app.appId,
    secret: app.appSecret,
    mode: "websocket",
    intents: ["GROUP_AND_C2C_EVENT", "PUBLIC_GUILD_MESSAGES", "DIRECT_MESSAGE", "INTERACTION"],
    logLevel: "off",
  });
  made.request.interceptors.request.use((config) => {
    if (config.url?.includes("getAppAccessToken")) config.url = tokenUrl;
    config.baseURL = url;
    return config;
  });
  return made;
}

/** `of("guild", "getInfo", id)`: the call of a service with these arguments. */
export function of(service: string, call: string, ...args: unknown[]): Pick<CallRow, "call" | "run"> {
  return { call: `${service}.${call}`, run: () => callFrom(client[`${service}Service`], call, args) };
}

/** Like `of`, with arguments that are known only after earlier rows, and a look at the answer. */
export function later(
  name: `${string}.${string}`,
  args: () => unknown[] | Promise<unknown[]>,
  look: (answer: never) => unknown = (answer) => answer,
): Pick<CallRow, "call" | "run"> {
  const [service = "", call = ""] = name.split(".");
  return { call: name, run: async () => look((await of(service, call, ...(await args())).run()) as never) };
}

export async function sent(scene: "channel" | "dms" | "group" | "c2c"): Promise<string> {
  const [place, call] = {
    channel: [places.channel.id, "sendGuildMessage"],
    dms: [places.dms.id, "sendDirectMessage"],
    group: [places.group.id, "sendGroupMessage"],
    c2c: [places.c2c.id, "sendPrivateMessage"],
  }[scene] as [string, string];
  return ((await of("message", call, place, "for a call").run()) as { id: string }).id;
}
