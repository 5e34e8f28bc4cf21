import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config/schema.ts";
import { serveMcp } from "../mcp/server.ts";
import { operations } from "../operations/all.ts";
import { exitCodes } from "./exit.ts";
import type { Invocation } from "./main.ts";
import { openPlatform } from "./platform.ts";
import { openLog, readSettings } from "./settings.ts";
import { createSubscription, keep } from "./subscription.ts";
import { version } from "./version.ts";

/** The MCP server on stdio. Starts and lists its tools whatever is missing; calls then say what to set. */
export async function mcp({ flags, options }: Invocation): Promise<number> {
  const settings = readSettings({ log: "warn", ...flags });
  const log = openLog(settings);
  const local = options.emulator ? await embed(settings) : undefined;
  const platform = openPlatform(local?.config ?? settings, log);
  const subscription = createSubscription({
    platform,
    owner: `qq-skill mcp, pid ${process.pid}`,
    accept: (envelope) => keep(platform.store(), envelope),
  });
  platform.useGateway(subscription);
  await serveMcp({
    operations,
    contextFor: platform.contextFor,
    version: version(),
    stdin: process.stdin,
    stdout: process.stdout,
  });
  await subscription.stop();
  await platform.close();
  await local?.close();
  return exitCodes.ok;
}

/** A local QQ inside this process; its address goes to stderr so that a person can join the chat. */
async function embed(settings: Config): Promise<{ config: Config; close(): Promise<void> }> {
  const { openEmulator } = await import("./emulator.ts");
  const local = await openEmulator({ port: 0, log: openLog(settings) });
  const home = mkdtempSync(join(tmpdir(), "qq-skill-mcp-"));
  process.stderr.write(`聊天页面 / chat page: ${local.pageUrl}\n`);
  const { app, url: apiBase, tokenUrl } = local;
  return {
    config: { ...settings, home, apiBase, tokenUrl, appId: app.appId, appSecret: app.appSecret },
    async close() {
      await local.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
