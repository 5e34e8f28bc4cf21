import { commands } from "../bot/commands.ts";
import { showCommands } from "../bot/panel.ts";
import type { WebhookServers } from "../events/webhook-servers.ts";
import type { Account } from "./accounts.ts";
import { createHealth, type Health } from "./health.ts";
import { openModel } from "./model.ts";
import { invitationIfNobody } from "./owners.ts";
import { openPersona } from "./persona.ts";
import { openPlatform, type Platform } from "./platform.ts";
import { narrate, openRehearsal, rehearsalLines } from "./rehearsal.ts";
import { openLog } from "./settings.ts";
import { startLines } from "./start-lines.ts";
import type { Subscription } from "./subscription.ts";
import { startThinking, type Thinking } from "./thinking.ts";

/** One bot of this process. What becomes of it is nobody else's trouble. */
export interface AccountBot {
  account: Account;
  health: Health | undefined;
  /** Why it never ran, or runs no more. */
  failure(): unknown;
  /** Resolves when it has ended, for whatever reason. */
  over: Promise<void>;
  stop(): Promise<void>;
}

export interface AccountBotOptions {
  account: Account;
  webhooks: WebhookServers;
  /** Answers go to the console alone. */
  isRehearsal: boolean;
  /** Called at most once. */
  onFailure(account: Account, error: unknown): void;
}

/** Never rejects: a bot that cannot start says so by its failure. */
export async function startAccountBot(options: AccountBotOptions): Promise<AccountBot> {
  const { account, webhooks, isRehearsal, onFailure } = options;
  const { name, config } = account;
  let failure: unknown;
  const fail = (error: unknown) => {
    failure = error;
    onFailure(account, error);
  };
  let platform: Platform | undefined;
  let running: Thinking | undefined;
  try {
    const print = (line: string) => process.stdout.write(`${name === undefined ? "" : `[${name}] `}${line}\n`);
    const log = openLog(config, name);
    const opened = isRehearsal ? openRehearsal(config, log, print) : openPlatform(config, log);
    platform = opened;
    const model = openModel(config, opened.modelHttp);
    running = await startThinking({
      ...{ platform: opened, model, webhooks, persona: openPersona(config, log), owners: config.owners },
      ...(isRehearsal ? { isRehearsal, trace: narrate(print) } : {}),
      onReady: (facts) => {
        const { owners } = opened.store();
        const about = { ...(name === undefined ? {} : { name }), config, model: model.name };
        const lines = startLines({ ...about, claimed: owners.list().length, ...facts });
        if (config.commandPanel === "auto" && !isRehearsal)
          void showCommands({ commands, contextFor: opened.contextFor, log });
        const last = isRehearsal ? rehearsalLines : invitationIfNobody(config.owners, opened.store());
        process.stdout.write(`${[...lines, ...last].join("\n")}\n`);
      },
    });
  } catch (error) {
    fail(error);
    await platform?.close();
  }
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= running?.stop() ?? Promise.resolve();
    return stopping;
  };
  /** What it holds is free again: nobody has to end the others for it. */
  const stopFor = async (error: unknown) => {
    fail(error);
    await stop();
  };
  return {
    account,
    health: platform && running && healthOf(platform, running.subscription),
    failure: () => failure,
    over: running ? running.ended().catch(stopFor) : Promise.resolve(),
    stop,
  };
}

function healthOf(platform: Platform, subscription: Subscription): Health {
  const { config, clock, log, token } = platform;
  return createHealth({
    ...{ transport: config.transport, clock, log },
    door: () => subscription.status(),
    shards: () => subscription.shards(),
    webhook: () => subscription.webhook(),
    inbox: () => platform.store().inbox.facts(),
    checkStore: () => platform.store().check(),
    sends: () => platform.store().sends.outcomes(),
    token: () => token.status(),
  });
}
