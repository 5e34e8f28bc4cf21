import { systemClock } from "../core/clock.ts";
import { ConfigError, InputError } from "../core/errors.ts";
import { createHttp } from "../rest/http.ts";
import { createTokenSource } from "../rest/token.ts";
import { createBindingDesk } from "./binding-desk.ts";
import { readCredentials } from "./credentials.ts";
import { exitCodes } from "./exit.ts";
import type { Invocation } from "./program.ts";
import { openLog, readOwnSettings } from "./settings.ts";
import { setUp } from "./setup.ts";

/** Connects a bot to the data folder, by questions in a terminal. Exit 0 when it is set up, 1 when the person left. */
export async function init({ flags }: Invocation): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new InputError("terminal", "init asks questions, and this is no terminal", {
      remedy:
        "Run it in a terminal. Without one: set QQ_BOT_APP_ID and QQ_BOT_APP_SECRET (environment, .env or the file of QQ_SKILL_CONFIG), or let an assistant call start_binding.",
    });
  }
  const config = readOwnSettings(flags, { log: "error" });
  const log = openLog(config);
  const http = createHttp({ proxy: config.proxy, httpsProxy: config.httpsProxy, noProxy: config.noProxy });
  const { terminalDialogue: dialogue } = await import("./dialogue.ts");
  dialogue.begin("qq-skill init");
  try {
    const appId = await setUp({
      dialogue,
      clock: systemClock,
      home: config.home,
      bound: boundIn(config.home),
      binding: createBindingDesk({
        ...{ baseUrl: config.bindBase, fetch: http.fetch, home: config.home, appId: undefined },
      }),
      async verify(bot, signal) {
        const { app_id: id, app_secret: secret } = bot;
        await createTokenSource({ url: config.tokenUrl, appId: id, secret, fetch: http.fetch, log }).get(signal);
      },
    });
    if (appId === undefined) {
      dialogue.leave("没有改动 / nothing was changed");
      return exitCodes.failed;
    }
    if (config.appId !== undefined && config.appId !== appId)
      dialogue.say(`QQ_BOT_APP_ID=${config.appId} 优先于此 / goes before it: unset it to use ${appId}`);
    dialogue.end(`机器人 ${appId} 已保存 / is set up. qq-skill doctor · qq-skill bot · qq-skill mcp`);
    return exitCodes.ok;
  } finally {
    await http.close();
  }
}

/** A damaged file is what init is there to replace. */
function boundIn(home: string): string | undefined {
  try {
    return readCredentials(home)?.app_id;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
