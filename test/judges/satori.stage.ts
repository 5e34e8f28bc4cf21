import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { startEmulator } from "../../src/emulator/emulator.ts";
import { type CallRow, type Calls, callFrom } from "./call-table.ts";
import { generousSeed } from "./seed.ts";

// The adapter is logged in, and heard and answered every scene, once this module is loaded.

interface Session {
  platform: string;
  content: string;
  messageId: string;
  isDirect: boolean;
  channelId: string;
  bot: Calls;
}
type Listener = (...args: never[]) => void;
interface SatoriContext {
  on(event: string, listener: Listener): () => void;
  plugin(plugin: unknown, config?: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  bots: { platform: string; status: number; internal: Calls }[];
}
const load = createRequire(import.meta.url);
const satori = load("@satorijs/core") as {
  Context: new () => SatoriContext;
  HTTP: unknown;
  Logger: { levels: { base: number } };
};
const { QQBot } = load("@satorijs/adapter-qq") as { QQBot: unknown };

export const emulator = await startEmulator({ port: 0, seed: generousSeed });
const { world } = emulator;
export const speaker = "bob";
export const guild = world.guilds[0] ?? assert.fail("no guild");
export const channelOf = (type: number) => guild.channels.find((channel) => channel.type === type)?.id ?? "";
export const text = channelOf(0);
export const person = emulator.identitiesOf(speaker).find((id) => /^\d+$/.test(id)) ?? "";
export const places = {
  c2c: world.c2c.find(({ user }) => user === speaker)?.id ?? "",
  group: world.groups[0]?.id ?? "",
  channel: text,
  dms: world.dms.find(({ user }) => user === speaker)?.id ?? "",
} as const;
export type Place = keyof typeof places;

satori.Logger.levels.base = 0;
export const context = new satori.Context();
context.plugin(satori.HTTP);
// The one address that it has no setting for.
context.on("http/fetch-init", ((url: URL) => {
  if (url.hostname === "bots.qq.com") url.href = emulator.tokenUrl;
}) as Listener);
const intents = 2 ** 12 + 2 ** 25 + 2 ** 26 + 2 ** 30;
context.plugin(QQBot, {
  ...{ id: emulator.app.appId, secret: emulator.app.appSecret, type: "private", authType: "bearer" },
  ...{ protocol: "websocket", endpoint: emulator.url, intents, retryWhen: [], manualAcknowledge: true },
});
const online = new Promise<void>((resolve) => {
  context.on("login-updated", (() => {
    if (context.bots[0]?.status === 1) resolve();
  }) as Listener);
});
await context.start();
await online;

export const heard: Record<string, Session> = {};
for (const scene of Object.keys(places) as Place[]) {
  const id = places[scene];
  const hearing = new Promise<Session>((resolve) => {
    const stop = context.on("message", ((session: Session) => {
      stop();
      resolve(session);
    }) as Listener);
  });
  const said = emulator.say({ as: speaker, scene, id, content: `hello ${scene}`, mention: true });
  const session = await hearing;
  assert.match(session.content, new RegExp(`hello ${scene}`));
  assert.equal(session.platform, scene === "channel" || scene === "dms" ? "qqguild" : "qq");
  await session.bot.sendMessage?.(session.channelId, `answer to ${scene}`, undefined, { session });
  const after = emulator.messages({ scene, id, after: said.message_id });
  assert.deepEqual(
    after.filter(({ from }) => from === "bot").map(({ content, mode }) => [content, mode]),
    [[`answer to ${scene}`, "passive"]],
  );
  heard[scene] = session;
}

const botOf = (platform: string) =>
  context.bots.find((bot) => bot.platform === platform) ?? assert.fail(`no bot of ${platform}`);
/** By the first part of a call's name: routes of private chats and groups, of guilds, and the general calls of both. */
export const callsBy: Readonly<Record<string, Calls>> = {
  v2: botOf("qq").internal,
  guild: botOf("qqguild").internal,
  bot: botOf("qq") as unknown as Calls,
  guildBot: botOf("qqguild") as unknown as Calls,
};

/** `of("v2.getGateway")`: a call with these arguments. */
export function of(name: string, ...args: unknown[]): Pick<CallRow, "call" | "run"> {
  const [set = "", call = ""] = name.split(".");
  return { call: name, run: () => callFrom(callsBy[set], call, args) };
}

/** Like `of`, with arguments that are known only after earlier rows, and a look at the answer. */
export function later(
  name: string,
  args: () => unknown[] | Promise<unknown[]>,
  look: (answer: never) => unknown = (answer) => answer,
): Pick<CallRow, "call" | "run"> {
  return { call: name, run: async () => look((await of(name, ...(await args())).run()) as never) };
}

export async function sent(scene: Place): Promise<string> {
  const [call, body] = {
    c2c: ["v2.sendPrivateMessage", { msg_type: 0 }],
    group: ["v2.sendMessage", { msg_type: 0 }],
    channel: ["guild.sendMessage", {}],
    dms: ["guild.sendDM", {}],
  }[scene] as [string, object];
  return ((await of(call, places[scene], { content: "for a call", ...body }).run()) as { id: string }).id;
}
