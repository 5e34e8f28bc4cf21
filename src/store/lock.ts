import { randomUUID } from "node:crypto";
import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { type Clock, systemClock } from "../core/clock.ts";
import { ConfigError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { type Home, openHome } from "./home.ts";
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
/** A file without content is being written right now, or its writer died in between; only where there are no hard links. */
const writingMs = 1_000;

export interface LockOptions {
  home: string;
  appId: string;
  owner: string;
  /** When several processes divide the app among them: the shards of this one. */
  shards?: { ids: readonly number[]; count: number } | undefined;
  clock?: Clock | undefined;
}

/**
 * One process per bot and data folder, or per shard of it. Throws ConfigError naming the holder; shards of another count
 * and the whole exclude each other. The lock of a dead process is taken over.
 */
export function acquireLock(options: LockOptions): Lock {
  const clock = options.clock ?? systemClock;
  const home = openHome(options.home);
  const { appId, owner, shards } = options;
  const mine: LockFile = { ...markThisProcess(clock.now()), owner, token: randomUUID() };
  const paths = shards ? shards.ids.map((id) => home.lockPath(appId, [id, shards.count])) : [home.lockPath(appId)];
  const held: Lock[] = [];
  const release = () => {
    for (const lock of held.splice(0)) lock.release();
  };
  try {
    for (const path of paths) {
      if (!create(path, mine)) takeOver(path, { mine, clock });
      held.push(hold(path, { token: mine.token, clock }));
    }
    // Looked at last: of two that start together and exclude each other, at least one sees the other.
    for (const path of rivals(home, { appId, shards })) {
      const holder = read(path);
      if (existsSync(path) && !isDead(path, { holder, clock })) throw taken(holder);
    }
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

/** Locks of the same app that must not be held at the same time: the whole, or shards of another count. */
function rivals(home: Home, { appId, shards }: Pick<LockOptions, "appId" | "shards">): string[] {
  const whole = home.lockPath(appId);
  const prefix = `${basename(whole, ".lock")}.`;
  const ofShards = readdirSync(home.path).filter((name) => name.startsWith(prefix) && /\.\d+of\d+\.lock$/.test(name));
  const others = ofShards.filter((name) => !shards || !name.endsWith(`of${shards.count}.lock`));
  return [...others.map((name) => join(home.path, name)), ...(shards ? [whole] : [])];
}

/** Atomic, content and all: false when the file is there already. */
function create(path: string, content: LockFile): boolean {
  const draft = `${path}.${content.token}`;
  try {
    writeFileSync(draft, JSON.stringify(content), { mode: 0o600 });
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    if (withoutLinks.has(String(codeOf(error)))) return createPlainly(path, content);
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** What file systems without hard links answer. */
const withoutLinks = new Set(["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EMLINK"]);

function createPlainly(path: string, content: LockFile): boolean {
  try {
    writeFileSync(path, JSON.stringify(content), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Replaces a dead holder's file. A second file lets only one process at a time do so. */
function takeOver(path: string, { mine, clock }: { mine: LockFile; clock: Clock }): void {
  const guard = `${path}.taking`;
  if (isDead(guard, { holder: read(guard), clock })) rmSync(guard, { force: true });
  if (!create(guard, mine)) throw taken(undefined);
  try {
    const holder = read(path);
    if (!existsSync(path)) {
      // Released a moment ago: from here it is a plain race for the first file.
      if (!create(path, mine)) throw taken(read(path));
      return;
    }
    if (!isDead(path, { holder, clock })) throw taken(holder);
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

function taken(holder: LockFile | undefined): ConfigError {
  const who = holder
    ? `${holder.owner} (pid ${holder.pid} on ${holder.host}, since ${new Date(holder.since).toISOString()})`
    : "a process that is just starting";
  return new ConfigError("QQ_SKILL_HOME", `this bot is already running: ${who}`, {
    remedy:
      "stop that process, set QQ_SKILL_HOME to another folder for a second bot, or divide the shards with QQ_BOT_SHARDS",
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
