import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config/schema.ts";
import type { Log } from "../core/log.ts";
import type { Caller, OperationContext } from "../operations/context.ts";
import type { EmulatorDesk } from "../operations/emulator-desk.ts";
import { embeddedEmulator } from "./emulator-desk.ts";
import { openPlatform } from "./platform.ts";
import { openLog } from "./settings.ts";
import { keep } from "./subscription.ts";
import { createTransport } from "./transport.ts";

/** What the calls of assistants run on: the platform, its one subscription, and with `--emulator` a QQ of its own. */
export interface Stage {
  contextFor(caller: Caller): OperationContext;
  close(): Promise<void>;
}

export async function openStage(settings: Config, log: Log, isLocal: boolean): Promise<Stage> {
  const local = isLocal ? await embed(settings) : undefined;
  const platform = openPlatform(local?.config ?? settings, log);
  const subscription = createTransport({
    platform,
    owner: "qq-skill mcp",
    accept: async (envelope) => {
      const taken = await keep(platform.store(), envelope);
      void platform.outbox.hear(envelope);
      return taken;
    },
  });
  platform.useGateway(subscription);
  if (local) platform.useEmulator(local.desk);
  return {
    contextFor: platform.contextFor,
    async close() {
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
