import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { loadConfig } from "../config/load.ts";
import type { Config, SettingKey } from "../config/schema.ts";
import { ConfigError } from "../core/errors.ts";
import { createLog, type Log } from "../core/log.ts";
import { withCredentials } from "./credentials.ts";

export type Flags = Partial<Record<SettingKey, unknown>>;

/**
 * Reads `.env` of the current folder (real variables win), the settings file, the environment and the flags; at last, for
 * AppID and AppSecret alone, what `qq-skill init` left in the data folder.
 */
export function readSettings(flags: Flags, usual: Flags = {}): Config {
  return withCredentials(readOwnSettings(flags, usual));
}

/** The same without the data folder's AppID and AppSecret. */
export function readOwnSettings(flags: Flags, usual: Flags = {}): Config {
  const env: Record<string, string | undefined> = { ...readDotEnv(), ...process.env };
  const path = env.QQ_SKILL_CONFIG?.trim();
  const config = loadConfig({ env, flags, usual, ...(path ? { file: { path, content: readJson(path) } } : {}) });
  return { ...config, home: expandHome(config.home) };
}

export function secretsOf(config: Config): string[] {
  const { appSecret, openaiApiKey, connectAppKey, miniAppSecret } = config;
  return [appSecret, openaiApiKey, connectAppKey, miniAppSecret].filter((secret) => secret !== undefined);
}

export function openLog(config: Config): Log {
  return createLog({ level: config.log, secrets: secretsOf(config) });
}

function readDotEnv(): Record<string, string | undefined> {
  return existsSync(".env") ? parseEnv(readFileSync(".env", "utf8")) : {};
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const reason = error instanceof SyntaxError ? `is not valid JSON (${error.message})` : "cannot be read";
    throw new ConfigError("QQ_SKILL_CONFIG", `QQ_SKILL_CONFIG: ${path} ${reason}`, {
      remedy: "Point QQ_SKILL_CONFIG to a readable JSON file or unset it.",
      cause: error,
    });
  }
}

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") || path.startsWith("~\\")
    ? join(homedir(), path.slice(2))
    : resolve(path);
}
