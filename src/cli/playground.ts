import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDemoModel } from "../emulator/demo/server.ts";
import { openEmulator } from "./emulator.ts";
import { exitCodes } from "./exit.ts";
import { hasModel, openModel } from "./model.ts";
import { openPersona } from "./persona.ts";
import { openPlatform } from "./platform.ts";
import type { Invocation } from "./program.ts";
import { openLog, readSettings } from "./settings.ts";
import { untilStopped } from "./stop.ts";
import { startThinking } from "./thinking.ts";

/**
 * A local QQ, the bot connected to it over real HTTP and WebSocket, and the chat page. The world is new at every start,
 * so its memory goes into a folder of its own that is removed at the end.
 */
export async function playground({ flags }: Invocation): Promise<number> {
  const config = readSettings(flags, { log: "warn", settleMs: 0 });
  const log = openLog(config);
  const home = mkdtempSync(join(tmpdir(), "qq-skill-playground-"));
  const local = await openEmulator({ port: config.port, log });
  const demo = hasModel(config) ? undefined : await startDemoModel();
  const platform = openPlatform(
    {
      ...config,
      home,
      appId: local.app.appId,
      appSecret: local.app.appSecret,
      apiBase: local.url,
      tokenUrl: local.tokenUrl,
      transport: "gateway",
      ...(demo ? { openaiBaseUrl: demo.url, openaiApiKey: "demo", openaiModel: demo.model } : {}),
    },
    log,
  );
  const model = openModel(platform.config, platform.modelHttp);
  const owner = local.world.users[0]?.id ?? "";
  local.describe({ model: { name: model.name, isDemo: demo !== undefined }, ownerUserId: owner });
  let running: Awaited<ReturnType<typeof startThinking>> | undefined;
  try {
    const ready = Promise.withResolvers<void>();
    running = await startThinking({
      platform,
      model,
      persona: openPersona(config, log),
      owners: new Set(local.identitiesOf(owner)),
      trace: (trace) => local.trace(trace),
      onReady: () => ready.resolve(),
    });
    await Promise.race([ready.promise, running.ended()]);
    process.stdout.write(greeting(local.pageUrl, model.name, demo !== undefined));
    await Promise.race([untilStopped(), running.ended()]);
    return exitCodes.ok;
  } finally {
    await running?.stop();
    await demo?.close();
    await local.close();
    rmSync(home, { recursive: true, force: true });
  }
}

function greeting(address: string, model: string, isDemo: boolean): string {
  const lines = [
    "演练场已就绪：本地 QQ、机器人和聊天页面都在这台机器上 / the playground is ready, all on this machine",
    "",
    `  打开 / open   ${address}`,
    `  模型 / model  ${model}`,
    "",
  ];
  if (isDemo) {
    lines.push(
      "演示模型没有智能，只有规则。设置 OPENAI_API_KEY 或 OPENAI_BASE_URL，以及 OPENAI_MODEL，就用真正的模型。",
      "The demo model has no intelligence. Set OPENAI_API_KEY or OPENAI_BASE_URL, and OPENAI_MODEL, to think with a real one.",
      "",
    );
  }
  lines.push("Ctrl+C 停止 / stops it", "");
  return lines.join("\n");
}
