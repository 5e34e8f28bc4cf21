import { onTestFinished } from "vitest";
import { openPlatform, type Platform } from "../../src/cli/platform.ts";
import { loadConfig } from "../../src/config/load.ts";
import { silentLog } from "../../src/core/log.ts";
import type { EmulatorOptions } from "../../src/emulator/emulator.ts";
import { findOperation } from "../../src/operations/all.ts";
import { callOperation } from "../../src/operations/call.ts";
import type { Caller } from "../../src/operations/context.ts";
import { permissions } from "../../src/operations/operation.ts";
import { startTestEmulator, type TestEmulator } from "./emulator.ts";
import { platformVariables, temporaryFolder } from "./processes.ts";

type Loose = ReturnType<typeof JSON.parse>;

export interface PlatformStage {
  emulator: TestEmulator;
  platform(): Platform;
  /** Ends the platform and opens it again on the same data folder, as a restart does. */
  restart(): Promise<void>;
  /** One operation through the gate, by a command line without limits unless told otherwise. */
  call(name: string, input?: object, caller?: Partial<Caller>): Promise<Loose>;
  /** `METHOD /path` of every REST call that the local QQ has seen since the last look, token calls left out. */
  seen(): string[];
}

/** Everything below the assistants and the bot, as the command builds it, on a local QQ. */
export async function openPlatformStage(options: EmulatorOptions = {}): Promise<PlatformStage> {
  const emulator = await startTestEmulator(options);
  const variables = { ...platformVariables(emulator), ...appVariables(emulator) };
  const env = { ...variables, QQ_BOT_PACING: "off", QQ_SKILL_HOME: temporaryFolder() };
  const open = () => openPlatform(loadConfig({ env }), silentLog);
  let platform = open();
  onTestFinished(() => platform.close());
  let last = 0;
  return {
    emulator,
    platform: () => platform,
    async restart() {
      await platform.close();
      platform = open();
    },
    call(name, input = {}, caller = {}) {
      const operation = findOperation(name);
      if (!operation) throw new Error(`no operation ${name}`);
      const asked: Caller = { kind: "cli", grants: new Set(permissions), label: "test", ...caller };
      return callOperation(operation, platform.contextFor(asked), input);
    },
    seen() {
      const frames = emulator.frames(last) as { n: number; method?: string; path?: string }[];
      last = frames.at(-1)?.n ?? last;
      return frames.flatMap(({ method, path }) =>
        method && path && !path.includes("getAppAccessToken") ? [`${method} ${path}`] : [],
      );
    },
  };
}

/** Binding, QQ login and the mini program on the same local QQ. */
export function appVariables({ url, connect, mini }: TestEmulator) {
  return {
    QQ_BIND_BASE: url,
    QQ_CONNECT_APP_ID: connect.appId,
    QQ_CONNECT_APP_KEY: connect.appKey,
    QQ_CONNECT_BASE: url,
    QQ_CONNECT_REDIRECT_URI: "http://127.0.0.1/callback",
    QQ_MINI_APP_ID: mini.appId,
    QQ_MINI_APP_SECRET: mini.appSecret,
    QQ_MINI_BASE: url,
  };
}
