import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ConfigError } from "../core/errors.ts";

/** The data folder and the names in it. */
export interface Home {
  /** Absolute. */
  path: string;
  databasePath: string;
  /** Of the whole app, or of one shard `[id, count]`. */
  lockPath(appId: string, shard?: readonly [number, number]): string;
}

/**
 * Makes the data folder when it is missing (0700) and an empty database file (0600): neither is for other users of the
 * machine. Modes are left to the system on Windows. Throws ConfigError when nothing can be written there.
 */
export function openHome(folder: string): Home {
  const home = homeAt(folder);
  try {
    makeFolder(home.path);
    accessSync(home.path, constants.W_OK | constants.X_OK);
    closeSync(openSync(home.databasePath, "a", 0o600));
  } catch (error) {
    throw new ConfigError("QQ_SKILL_HOME", `the data folder ${home.path} is not writable (${reason(error)})`, {
      remedy: "set QQ_SKILL_HOME to a folder that you may write to",
      cause: error,
    });
  }
  return home;
}

/** Node's own recursive mkdir never ends where a folder is there and takes no children, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process was quicker.
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

function homeAt(folder: string): Home {
  const path = resolve(folder);
  return {
    path,
    databasePath: join(path, "qq-skill.db"),
    lockPath: (appId, shard) => {
      const name = appId.replace(/[^A-Za-z0-9_-]/g, "_") || "none";
      return join(path, shard ? `bot-${name}.${shard[0]}of${shard[1]}.lock` : `bot-${name}.lock`);
    },
  };
}

function reason(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
}
