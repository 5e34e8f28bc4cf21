import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { systemClock } from "../core/clock.ts";
import { QQError } from "../core/errors.ts";
import { redactText } from "../core/redact.ts";
import { within } from "../core/within.ts";

export interface BotProcess {
  /** Aborted when the process ends before it is stopped. */
  ended: AbortSignal;
  /** The last of what it wrote, without secrets. */
  output(): string;
  stop(): Promise<void>;
}

const keptCharacters = 4000;
const graceMs = 3000;

/** Starts a command line as a shell would, with these variables besides our own. */
export function startBot(command: string, variables: Readonly<Record<string, string>>): BotProcess {
  const child = spawn(command, {
    shell: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...variables },
    // A group of its own: what the shell started ends with it.
    detached: process.platform !== "win32",
  });
  const ended = new AbortController();
  let [output, isStopping] = ["", false];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-2 * keptCharacters);
    });
  }
  const closed = once(child, "close").then(([code, signal]) => {
    if (!isStopping) ended.abort(new QQError("bot", `机器人进程结束了 / the bot ended (${signal ?? code})`));
  });
  const secrets = Object.entries(variables).flatMap(([name, value]) => (/SECRET|KEY/.test(name) ? [value] : []));
  return {
    ended: ended.signal,
    output: () => redactText(output, secrets).slice(-keptCharacters),
    async stop() {
      isStopping = true;
      kill(child, "SIGTERM");
      await within(closed, graceMs, systemClock);
      if (child.exitCode === null && child.signalCode === null) kill(child, "SIGKILL");
      await closed;
    },
  };
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(child.pid), "/T", "/F"], { stdio: "ignore" });
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}
