import type { Config } from "../config/schema.ts";
import { ConfigError } from "../core/errors.ts";
import { within } from "../core/within.ts";
import { oneAccount } from "./accounts.ts";
import { exitCodes } from "./exit.ts";
import { createHealth } from "./health.ts";
import { startHealthServer } from "./health-server.ts";
import { hasModel, openModel } from "./model.ts";
import { readPersona } from "./persona.ts";
import { openPlatform, type Platform } from "./platform.ts";
import type { Invocation } from "./program.ts";
import { readSettings, secretsOf } from "./settings.ts";
import { untilStopped } from "./stop.ts";
import type { Subscription } from "./subscription.ts";
import { startThinking } from "./thinking.ts";

/** Service managers lose patience after some seconds; ours is over before five. */
const stopMs = 4_500;

/** Unattended: events in, answers out, until a signal or until the platform stops the bot for good. */
export async function bot({ flags }: Invocation): Promise<number> {
  const stopped = untilStopped();
  const config = oneAccount(readSettings(flags));
  requireSettings(config);
  const platform = openPlatform(config);
  const model = openModel(config, platform.modelHttp);
  const running = await startThinking({
    platform,
    model,
    persona: readPersona(config),
    owners: new Set(config.owners),
    onReady: (detail) => {
      if (config.transport === "webhook") process.stdout.write(`${detail}\n`);
      process.stdout.write("已连接,可以说话了 / connected: ready to talk\n");
    },
  });
  let health: Awaited<ReturnType<typeof openHealth>>;
  try {
    health = await openHealth(platform, running.subscription);
    await Promise.race([stopped, running.ended()]);
    return exitCodes.ok;
  } finally {
    health?.close();
    await within(running.stop(), stopMs, platform.clock);
    // All that counts is on the disk by now: what still hangs must not keep whoever stopped us waiting.
    setTimeout(() => process.exit(), 200).unref();
  }
}

async function openHealth(platform: Platform, subscription: Subscription) {
  const { config, clock, log, token } = platform;
  if (config.healthPort === undefined) return undefined;
  const health = createHealth({
    ...{ transport: config.transport, clock, log },
    door: () => subscription.status(),
    shards: () => subscription.shards(),
    webhook: () => subscription.webhook(),
    inbox: () => platform.store().inbox.facts(),
    checkStore: () => platform.store().check(),
    sends: () => platform.store().sends.outcomes(),
    token: () => token.status(),
  });
  const { healthHost: host, healthPort: port } = config;
  const server = await startHealthServer({ health, host, port, secrets: secretsOf(config) });
  process.stdout.write(`health at ${server.origin}\n`);
  return server;
}

function requireSettings(config: Config): void {
  const problems: string[] = [];
  if (!config.appId) problems.push("QQ_BOT_APP_ID is not set; copy it from the console at q.qq.com");
  if (!config.appSecret) problems.push("QQ_BOT_APP_SECRET is not set; copy it from the console at q.qq.com");
  if (!hasModel(config)) problems.push("no model: set OPENAI_API_KEY or OPENAI_BASE_URL, and OPENAI_MODEL");
  else if (!config.openaiModel) problems.push("OPENAI_MODEL is not set; name a model that the endpoint offers");
  if (problems.length === 0) return;
  throw new ConfigError(problems[0]?.split(/[ :]/)[0] ?? "settings", problems.join("\n"), {
    remedy: "Set what is missing, or try it without an account: qq-skill playground.",
  });
}
