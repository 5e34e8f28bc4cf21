import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { systemClock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { type DemoModel, startDemoModel } from "../emulator/demo/server.ts";
import { type Emulator, startEmulator } from "../emulator/emulator.ts";
import type { WorldSeed } from "../emulator/seed.ts";
import { checkCallbackUrl } from "../emulator/webhook-sender.ts";
import { exitCodes } from "./exit.ts";
import type { Invocation } from "./program.ts";
import { openLog, readSettings } from "./settings.ts";
import { untilStopped } from "./stop.ts";
import { version } from "./version.ts";

/** The built page, beside the bundled command or in the output folder when run from source. */
function pageFolder(): string | undefined {
  const places = ["./page/", "../../dist/page/"].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return places.find((place) => existsSync(place));
}

export function openEmulator(options: { port: number; log: Log; seed?: WorldSeed }): Promise<Emulator> {
  const pageDir = pageFolder();
  return startEmulator({ ...options, version: version(), ...(pageDir ? { pageDir } : {}) });
}

const askAgainMs = 1000;

/** Sets the callback address as soon as its bot is there; says each new reason why not. */
async function sendTo(url: string, platform: Emulator, signal: AbortSignal): Promise<void> {
  let said = "";
  while (!signal.aborted) {
    try {
      await platform.setWebhook(url);
      process.stdout.write(`webhook: ${url}\n`);
      return;
    } catch (error) {
      const { message } = error as Error;
      if (message !== said) process.stderr.write(`webhook: ${message}; trying again\n`);
      said = message;
    }
    await systemClock.sleep(askAgainMs, signal).catch(() => undefined);
  }
}

/** Settings that point QQ login and the mini program at a local QQ. */
export function appSettings({ url, connect, mini }: Emulator) {
  return {
    ...{ connectAppId: connect.appId, connectAppKey: connect.appKey, connectBase: url },
    ...{ miniAppId: mini.appId, miniAppSecret: mini.appSecret, miniBase: url },
  };
}

/** Where the platform is and who the bot is there, as any bot in any language reads it. */
export function platformVariables({ app, url, tokenUrl }: Emulator): Record<string, string> {
  return {
    QQ_BOT_APP_ID: app.appId,
    QQ_BOT_APP_SECRET: app.appSecret,
    QQ_BOT_API_BASE: url,
    QQ_BOT_TOKEN_URL: tokenUrl,
  };
}

export function demoModelVariables({ url, model }: DemoModel): Record<string, string> {
  return { OPENAI_BASE_URL: url, OPENAI_API_KEY: "demo", OPENAI_MODEL: model };
}

function exported(variables: Record<string, string>): string[] {
  return Object.entries(variables).map(([name, value]) => `export ${name}=${value}`);
}

/** A local QQ and its demo model in one terminal; prints the variables that point any bot at both. */
export async function emulator({ flags, options }: Invocation): Promise<number> {
  const config = readSettings(flags);
  const { webhook } = options;
  if (typeof webhook === "string") checkCallbackUrl(webhook);
  const log = openLog(config);
  const [platform, model] = [await openEmulator({ port: config.port, log }), await startDemoModel()];
  platform.describe({ model: { name: model.model, isDemo: true } });
  const lines = [
    "本地 QQ 平台已启动，把任何机器人指向它 / a local QQ platform; point any bot at it:",
    "",
    ...exported(platformVariables(platform)),
    "",
    "QQ 登录和小程序 / QQ login and the mini program:",
    `export QQ_CONNECT_APP_ID=${platform.connect.appId}`,
    `export QQ_CONNECT_APP_KEY=${platform.connect.appKey}`,
    `export QQ_CONNECT_BASE=${platform.url}`,
    `export QQ_MINI_APP_ID=${platform.mini.appId}`,
    `export QQ_MINI_APP_SECRET=${platform.mini.appSecret}`,
    `export QQ_MINI_BASE=${platform.url}`,
    "",
    "演示模型没有智能，只有规则 / the demo model has rules, no intelligence:",
    ...exported(demoModelVariables(model)),
    "",
    `聊天页面 / chat page: ${platform.pageUrl}`,
    "Ctrl+C 停止 / stops it",
    "",
  ];
  process.stdout.write(lines.join("\n"));
  const stopping = new AbortController();
  if (typeof webhook === "string") void sendTo(webhook, platform, stopping.signal);
  await untilStopped();
  stopping.abort();
  await model.close();
  await platform.close();
  return exitCodes.ok;
}
