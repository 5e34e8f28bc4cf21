import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** Names one run of one process, so that another program can tell later whether it still runs. */
export interface ProcessMark {
  host: string;
  pid: number;
  /** Linux: boot id and start tick, exact. Elsewhere empty: the start time is asked for when it matters. */
  start: string;
  /** Epoch ms when the mark was made; its process started earlier. */
  since: number;
}

export function markThisProcess(now: number): ProcessMark {
  return { host: hostname(), pid: process.pid, start: startTick(process.pid), since: now };
}

/** A process that started this much later than the mark cannot have made it; clocks and tools round to seconds. */
const toleranceMs = 5_000;

/**
 * "gone" only when that is certain: the pid does not run here, or now belongs to a later process. "elsewhere": made on
 * another machine, which cannot be asked.
 */
export function stateOf(mark: ProcessMark): "running" | "gone" | "elsewhere" {
  if (mark.host !== hostname()) return "elsewhere";
  if (!isRunning(mark.pid)) return "gone";
  const tick = startTick(mark.pid);
  if (mark.start !== "" && tick !== "") return tick === mark.start ? "running" : "gone";
  const startedAt = startTime(mark.pid);
  return startedAt !== undefined && startedAt > mark.since + toleranceMs ? "gone" : "running";
}

/** A name for lease owners that tells a successor whether the process behind it still runs. */
export function ownerName(): string {
  return JSON.stringify([hostname(), process.pid, startTick(process.pid), randomUUID().slice(0, 8)]);
}

/** True when the owner was certainly a process of this machine that has ended. Quick: asks no other program. */
export function isOwnerGone(owner: string): boolean {
  const [host, pid, start] = parts(owner);
  if (host !== hostname() || typeof pid !== "number") return false;
  return !isRunning(pid) || (start !== "" && startTick(pid) !== start);
}

/** Where the owner's process runs, for people. */
export function hostOf(owner: string): { host: string; pid: number; isHere: boolean } {
  const [host, pid] = parts(owner);
  return { host: String(host ?? "?"), pid: Number(pid ?? 0), isHere: host === hostname() };
}

function parts(owner: string): unknown[] {
  try {
    const value: unknown = JSON.parse(owner);
    return Array.isArray(value) ? value : [];
  } catch {
    // A name of another form says nothing about its process.
    return [];
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that has ended is still there until its parent asks for its end, which some never do.
    return !["Z", "X"].includes(statOf(pid)[0] ?? "");
  } catch (error) {
    // EPERM: it runs, under another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function startTick(pid: number): string {
  const boot = readOnLinux("/proc/sys/kernel/random/boot_id").trim();
  const tick = statOf(pid)[19];
  return boot && tick ? `${boot}/${tick}` : "";
}

/** Linux: what the system says of a process, from its state (field 3 of the line) on; elsewhere nothing. */
function statOf(pid: number): string[] {
  const stat = readOnLinux(`/proc/${pid}/stat`);
  // The name in brackets may hold spaces.
  return stat === "" ? [] : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function readOnLinux(path: string): string {
  if (process.platform !== "linux") return "";
  try {
    return readFileSync(path, "utf8");
  } catch {
    // No /proc here: the start time decides instead.
    return "";
  }
}

/** Epoch ms, asked from the system's own tool; undefined when it does not say. Only for contested locks: it is slow. */
function startTime(pid: number): number | undefined {
  try {
    const text =
      process.platform === "win32"
        ? execFileSync(
            "powershell.exe",
            [
              "-NoProfile",
              "-NonInteractive",
              "-Command",
              `(Get-Process -Id ${pid}).StartTime.ToUniversalTime().ToString('o')`,
            ],
            { encoding: "utf8", timeout: 10_000, windowsHide: true, stdio: ["ignore", "pipe", "ignore"] },
          ).trim()
        : `${execFileSync("/bin/ps", ["-o", "lstart=", "-p", String(pid)], {
            encoding: "utf8",
            timeout: 5_000,
            env: { LC_ALL: "C", TZ: "UTC" },
            stdio: ["ignore", "pipe", "ignore"],
          }).trim()} UTC`;
    const at = Date.parse(text);
    return Number.isNaN(at) ? undefined : at;
  } catch {
    // Not allowed or not there: the caller then takes the process for the one it looks like.
    return undefined;
  }
}
