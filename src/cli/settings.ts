import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { loadConfig, settings } from "../config/load.ts";
import type { Config, SettingKey } from "../config/schema.ts";
import { createLog, type Log } from "../core/log.ts";
import { withCredentials } from "./credentials.ts";
import { readOutside } from "./sources.ts";

export type Flags = Partial<Record<SettingKey, unknown>>;

/**
 * Reads `.env` of the current folder (real variables win), the settings file, the environment and the flags; at last, for
 * AppID and AppSecret alone, what `qq-skill init` left in the data folder.
 */
export function readSettings(flags: Flags, usual: Flags = {}): Config {
  const config = readOwnSettings(flags, usual);
  // Named bots bring their own.
  return config.accounts ? config : withCredentials(config);
}

/** The same without the data folder's AppID and AppSecret. */
export function readOwnSettings(flags: Flags, usual: Flags = {}): Config {
  const config = loadConfig({ ...readOutside(), flags, usual });
  const traces = config.traces === undefined ? {} : { traces: expandHome(config.traces) };
  return { ...config, ...traces, home: expandHome(config.home) };
}

/** The values of all secret settings, of every account. */
export function secretsOf(config: Config): string[] {
  const keys = settings().flatMap(({ key, secret }) => (secret ? [key] : []));
  const holders: readonly Holder[] = [config, ...Object.values(config.accounts ?? {})];
  const own = holders.flatMap((holder) => keys.map((key) => holder[key]).filter((value) => typeof value === "string"));
  return [...own, ...holders.flatMap(({ mcpServers = {} }) => Object.values(mcpServers).flatMap(serverSecrets))];
}

type Holder = { [key in SettingKey]?: unknown } & { mcpServers?: Config["mcpServers"] | undefined };
type ServerSettings = NonNullable<Config["mcpServers"]>[string];

/** What stands in variables and headers for a server: most of it is keys. */
export function serverSecrets(server: ServerSettings): string[] {
  return Object.values(("url" in server ? server.headers : server.env) ?? {});
}

/** `account`: which of several bots its lines are about. */
export function openLog(config: Config, account?: string): Log {
  const facts = account === undefined ? {} : { facts: { account } };
  return createLog({ level: config.log, secrets: secretsOf(config), ...facts });
}

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") || path.startsWith("~\\")
    ? join(homedir(), path.slice(2))
    : resolve(path);
}
