import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config/schema.ts";
import type { Log } from "../core/log.ts";
import { createWebhookServers, type WebhookServers } from "../events/webhook-servers.ts";
import type { Caller, OperationContext } from "../operations/context.ts";
import type { EmulatorDesk } from "../operations/emulator-desk.ts";
import type { Account } from "./accounts.ts";
import { embeddedEmulator } from "./emulator-desk.ts";
import { openPlatform } from "./platform.ts";
import { openLog } from "./settings.ts";
import { shareTransport } from "./shared-transport.ts";
import { keep, resumeOutbox } from "./subscription.ts";

/** What the calls of assistants run on: for each bot its platform and one subscription, with `--emulator` a QQ of its own. */
export interface Stage {
  /** `account`: only where there are several. Throws for one that there is not, rather than take another. */
  contextFor(caller: Caller, account?: string): OperationContext;
  close(): Promise<void>;
}

export async function openStage(accounts: readonly Account[], isLocal: boolean): Promise<Stage> {
  const isAlone = accounts.length === 1;
  const webhooks = createWebhookServers();
  const bots = await Promise.all(
    accounts.map(async ({ name, config }) => ({
      name: isAlone ? undefined : name,
      ...(await openBot(config, { isLocal, webhooks, log: openLog(config, name) })),
    })),
  );
  return {
    contextFor(caller, account) {
      const bot = bots.find(({ name }) => name === account);
      if (!bot) throw new Error(`no bot stands for the account ${account}`);
      return bot.contextFor(caller);
    },
    async close() {
      await Promise.all(bots.map((bot) => bot.close()));
    },
  };
}

async function openBot(
  settings: Config,
  { isLocal, webhooks, log }: { isLocal: boolean; webhooks: WebhookServers; log: Log },
) {
  const local = isLocal ? await embed(settings) : undefined;
  const platform = openPlatform(local?.config ?? settings, log);
  let isResumed = false;
  const subscription = shareTransport({
    platform,
    webhooks,
    owner: "qq-skill mcp",
    accept: async (envelope) => {
      const taken = await keep(platform.store(), envelope);
      void platform.outbox.hear(envelope);
      return taken;
    },
    onState({ state }) {
      if (state !== "live" || isResumed) return;
      isResumed = true;
      resumeOutbox(platform).catch((error: unknown) => log.error({ error }, "held messages stay behind"));
    },
  });
  platform.useGateway(subscription);
  if (local) platform.useEmulator(local.desk);
  // Whoever wants messages pushed has asked for the connection, too.
  if (settings.channel)
    subscription.start().catch((error: unknown) => log.error({ error }, "nothing can be pushed: no connection"));
  return {
    contextFor: (caller: Caller) => platform.contextFor(caller),
    async close() {
      await subscription.hold();
      await subscription.stop();
      await platform.close();
      await local?.close();
    },
  };
}

/** A local QQ inside this process; its address goes to stderr so that a person can join the chat. */
async function embed(settings: Config): Promise<{ config: Config; desk: EmulatorDesk; close(): Promise<void> }> {
  const { appSettings, openEmulator } = await import("./emulator.ts");
  const local = await openEmulator({ port: 0, log: openLog(settings) });
  const home = mkdtempSync(join(tmpdir(), "qq-skill-mcp-"));
  process.stderr.write(`聊天页面 / chat page: ${local.pageUrl}\n`);
  const { app, url: apiBase, tokenUrl } = local;
  return {
    config: {
      ...{ ...settings, home, apiBase, tokenUrl, appId: app.appId, appSecret: app.appSecret },
      transport: "gateway",
      ...appSettings(local),
    },
    desk: embeddedEmulator(local),
    async close() {
      await local.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
