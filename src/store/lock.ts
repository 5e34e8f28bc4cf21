import { randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { type Clock, systemClock } from "../core/clock.ts";
import { ConfigError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { openHome } from "./home.ts";
import { markThisProcess, type ProcessMark, stateOf } from "./process.ts";

export interface Lock {
  /** Harmless when called twice; also runs when the process exits. */
  release(): void;
}

interface LockFile extends ProcessMark {
  /** What the holder calls itself: the command. */
  owner: string;
  token: string;
}

/** A holder touches its file this often; on another machine, silence for longer than `silentMs` means that it is gone. */
const touchMs = 15_000;
const silentMs = 60_000;
/** A file without content is being written right now, or its writer died in between. */
const writingMs = 5_000;

/**
 * One process per bot and data folder. Throws ConfigError naming the holder. The lock of a dead process is taken over.
 */
export function acquireLock(options: { home: string; appId: string; owner: string; clock?: Clock }): Lock {
  const clock = options.clock ?? systemClock;
  const path = openHome(options.home).lockPath(options.appId);
  const mine: LockFile = { ...markThisProcess(clock.now()), owner: options.owner, token: randomUUID() };
  if (!create(path, mine)) takeOver(path, { mine, clock });
  return hold(path, { token: mine.token, clock });
}

/** Atomic: false when the file is there already. */
function create(path: string, content: LockFile): boolean {
  try {
    const file = openSync(path, "wx", 0o600);
    writeSync(file, JSON.stringify(content));
    closeSync(file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Replaces a dead holder's file. A second file lets only one process at a time do so. */
function takeOver(path: string, { mine, clock }: { mine: LockFile; clock: Clock }): void {
  const guard = `${path}.taking`;
  if (ageMs(guard, clock) > writingMs) rmSync(guard, { force: true });
  if (!create(guard, mine)) throw held(undefined);
  try {
    const holder = read(path);
    if (!existsSync(path)) {
      // Released a moment ago: from here it is a plain race for the first file.
      if (!create(path, mine)) throw held(read(path));
      return;
    }
    if (!isDead(path, { holder, clock })) throw held(holder);
    const draft = `${path}.${mine.token}`;
    writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
    renameSync(draft, path);
  } finally {
    rmSync(guard, { force: true });
  }
}

function isDead(path: string, { holder, clock }: { holder: LockFile | undefined; clock: Clock }): boolean {
  if (!holder) return ageMs(path, clock) > writingMs;
  const state = stateOf(holder);
  return state === "gone" || (state === "elsewhere" && ageMs(path, clock) > silentMs);
}

function hold(path: string, { token, clock }: { token: string; clock: Clock }): Lock {
  let cancelTouch: () => void = () => {};
  const ifMine = (act: () => void) => {
    try {
      if (read(path)?.token === token) act();
    } catch {
      // The folder went away or read-only: nothing that a running bot should end for.
    }
  };
  const touch = () => {
    cancelTouch = clock.after(touchMs, touch);
    ifMine(() => utimesSync(path, clock.now() / 1000, clock.now() / 1000));
  };
  const release = () => {
    cancelTouch();
    process.off("exit", release);
    ifMine(() => rmSync(path, { force: true }));
  };
  process.on("exit", release);
  touch();
  return { release };
}

function read(path: string): LockFile | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isRecord(content) && typeof content.pid === "number" && typeof content.host === "string"
      ? (content as unknown as LockFile)
      : undefined;
  } catch {
    // Missing or half written: the caller looks at its age.
    return undefined;
  }
}

function ageMs(path: string, clock: Clock): number {
  try {
    return clock.now() - statSync(path).mtimeMs;
  } catch {
    // Gone meanwhile: as good as dead.
    return Number.POSITIVE_INFINITY;
  }
}

function held(holder: LockFile | undefined): ConfigError {
  const who = holder
    ? `${holder.owner} (pid ${holder.pid} on ${holder.host}, since ${new Date(holder.since).toISOString()})`
    : "a process that is just starting";
  return new ConfigError("QQ_SKILL_HOME", `this bot is already running: ${who}`, {
    remedy: "stop that process, or set QQ_SKILL_HOME to another folder for a second bot",
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
