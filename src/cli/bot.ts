import type { Config } from "../config/schema.ts";
import { systemClock } from "../core/clock.ts";
import { ConfigError } from "../core/errors.ts";
import { within } from "../core/within.ts";
import { createWebhookServers } from "../events/webhook-servers.ts";
import { type AccountBot, startAccountBot } from "./account-bot.ts";
import { type Account, accountsOf } from "./accounts.ts";
import { describeFailure, exitCodeOf, exitCodes } from "./exit.ts";
import type { Health } from "./health.ts";
import { healthOfSeveral } from "./health-of-several.ts";
import { startHealthServer } from "./health-server.ts";
import { hasModel } from "./model.ts";
import type { Invocation } from "./program.ts";
import { readSettings, secretsOf } from "./settings.ts";
import { untilStopped } from "./stop.ts";

/** Service managers lose patience after some seconds; ours is over before five. */
const stopMs = 4_500;

/**
 * Unattended: events in, answers out, until a signal or until the platform stopped every bot for good. Of several, one that
 * fails leaves the others alone; the exit code and health tell of it.
 */
export async function bot({ flags, options }: Invocation): Promise<number> {
  const stopped = untilStopped();
  const config = readSettings(flags);
  const accounts = accountsOf(config);
  for (const account of accounts) requireSettings(account);
  const bots: AccountBot[] = [];
  let health: Awaited<ReturnType<typeof startHealthServer>> | undefined;
  try {
    const webhooks = createWebhookServers();
    const onFailure = ({ name, config: own }: Account, error: unknown) => {
      // Alone, it ends the process, which says so itself.
      if (accounts.length > 1) process.stderr.write(`[${name}] ${describeFailure(error, secretsOf(own))}\n`);
    };
    const isRehearsal = options.dryRun === true;
    const starting = accounts.map((account) => startAccountBot({ account, webhooks, isRehearsal, onFailure }));
    bots.push(...(await Promise.all(starting)));
    if (bots.some(({ failure }) => failure() === undefined)) health = await openHealth(config, bots);
    await Promise.race([stopped, Promise.all(bots.map(({ over }) => over))]);
    const [failure] = bots.map((one) => one.failure()).filter((error) => error !== undefined);
    if (failure !== undefined && accounts.length === 1) throw failure;
    return failure === undefined ? exitCodes.ok : exitCodeOf(failure);
  } finally {
    health?.close();
    await within(Promise.all(bots.map((one) => one.stop())), stopMs, systemClock);
    // All that counts is on the disk by now: what still hangs must not keep whoever stopped us waiting.
    setTimeout(() => process.exit(), 200).unref();
  }
}

async function openHealth(config: Config, bots: readonly AccountBot[]) {
  const { healthHost: host, healthPort: port } = config;
  if (port === undefined) return undefined;
  const health = healthOf(bots);
  if (!health) return undefined;
  const server = await startHealthServer({ health, host, port, secrets: secretsOf(config) });
  process.stdout.write(`health at ${server.origin}\n`);
  return server;
}

function healthOf(bots: readonly AccountBot[]): Health | undefined {
  if (bots.length === 1) return bots[0]?.health;
  const patients = bots.map(({ account, health, failure }) => ({
    account: account.name ?? "",
    health,
    failure() {
      const error = failure();
      return error === undefined ? undefined : error instanceof Error ? error.message : "unknown error";
    },
  }));
  return healthOfSeveral(patients, systemClock);
}

function requireSettings({ name, config }: Account): void {
  const problems: string[] = [];
  if (!config.appId) problems.push("QQ_BOT_APP_ID is not set; copy it from the console at q.qq.com");
  if (!config.appSecret) problems.push("QQ_BOT_APP_SECRET is not set; copy it from the console at q.qq.com");
  if (!hasModel(config)) problems.push("no model: set OPENAI_API_KEY or OPENAI_BASE_URL, and OPENAI_MODEL");
  else if (!config.openaiModel) problems.push("OPENAI_MODEL is not set; name a model that the endpoint offers");
  if (problems.length === 0) return;
  const whose = name === undefined ? "" : `account ${name}: `;
  throw new ConfigError(
    problems[0]?.split(/[ :]/)[0] ?? "settings",
    problems.map((problem) => `${whose}${problem}`).join("\n"),
    { remedy: "Set what is missing, or try it without an account: qq-skill playground." },
  );
}
