import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { ConfigError } from "../core/errors.ts";

export interface OutsideSettings {
  /** `.env` of the current folder, under the real variables. */
  env: Record<string, string | undefined>;
  /** The settings file that QQ_SKILL_CONFIG names, parsed but not checked. */
  file?: { path: string; content: unknown };
}

/** What was set outside the command line, as it stands there. Throws ConfigError for an unreadable settings file. */
export function readOutside(): OutsideSettings {
  const env = { ...readDotEnv(), ...process.env };
  const path = env.QQ_SKILL_CONFIG?.trim();
  return { env, ...(path ? { file: { path, content: readJson(path) } } : {}) };
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
