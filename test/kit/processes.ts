import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Emulator } from "../../src/emulator/emulator.ts";

/** The built command, as users start it. */
export const program = join(import.meta.dirname, "../../dist/qq-skill.cjs");

export type Variables = Readonly<Record<string, string | undefined>>;

export interface Ended {
  /** null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface StartOptions {
  env?: Variables;
  /** Data and working folder; a new temporary one without it. */
  home?: string;
  /** Written to stdin, which is then closed. Without it stdin stays open. */
  input?: string;
  /** Another program in the place of the built command. */
  command?: readonly [file: string, ...args: string[]];
}

/** A folder that is removed with the test. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "qq-skill-journey-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  return path;
}

/** Only what a process needs to run at all: no credentials, proxies or Node options of whoever runs the tests. */
export function cleanVariables(home: string, extra: Variables = {}): Record<string, string> {
  const needed = ["PATH", "Path", "SystemRoot", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG"];
  const kept = needed.map((name) => [name, process.env[name]] as const);
  const own = { HOME: home, USERPROFILE: home, QQ_SKILL_HOME: join(home, "data") };
  const all = Object.entries({ ...Object.fromEntries(kept), ...own, ...extra });
  return Object.fromEntries(all.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** What `qq-skill emulator` prints: where the platform is, and who the bot is there; and no wait after a connect. */
export function platformVariables({ app, url, tokenUrl }: Pick<Emulator, "app" | "url" | "tokenUrl">) {
  return {
    QQ_BOT_APP_ID: app.appId,
    QQ_BOT_APP_SECRET: app.appSecret,
    QQ_BOT_API_BASE: url,
    QQ_BOT_TOKEN_URL: tokenUrl,
    QQ_BOT_SETTLE_MS: "0",
    // Most tests compare what the model said, word by word.
    QQ_BOT_AI_LABEL: "off",
  };
}

/** One running process of the command; killed with the test if it still runs then. */
export class Program {
  readonly pid: number;
  readonly home: string;
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;
  #wake = () => {};
  #isOver = false;

  constructor(args: readonly string[], { env, home = temporaryFolder(), input, command }: StartOptions = {}) {
    if (!command && !existsSync(program)) throw new Error("dist/qq-skill.cjs is missing: npm run build");
    this.home = home;
    const [file, ...first] = command ?? [process.execPath, program];
    this.#child = spawn(file, [...first, ...args], { cwd: home, env: cleanVariables(home, env) });
    this.pid = this.#child.pid as number;
    this.#collect("stdout");
    this.#collect("stderr");
    // A program that ends early leaves what is still to be written without a reader.
    this.#child.stdin?.on("error", () => {});
    if (input !== undefined) this.#child.stdin?.end(input);
    this.ended = once(this.#child, "close").then(([code, signal]) => {
      this.#isOver = true;
      this.#wake();
      return { code, signal, stdout: this.stdout, stderr: this.stderr };
    });
    onTestFinished(async () => {
      if (!this.#isOver) this.#child.kill("SIGKILL");
      await this.ended;
    });
  }

  get isRunning(): boolean {
    return !this.#isOver;
  }

  /** The first match in the output, waited for; fails when the program ends or the time is over without it. */
  async waitFor(
    pattern: RegExp,
    options: { stream?: "stdout" | "stderr"; timeoutMs?: number } = {},
  ): Promise<RegExpExecArray> {
    const { stream = "stdout", timeoutMs = 10_000 } = options;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const found = pattern.exec(this[stream]);
      if (found) return found;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || this.#isOver) throw new Error(`no ${pattern} on ${stream}; ${this.describe()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  closeStdin(): void {
    this.#child.stdin?.end();
  }

  /** Sends the signal and waits for the end. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended & { tookMs: number }> {
    const startedAt = performance.now();
    this.#child.kill(signal);
    return { ...(await this.ended), tookMs: performance.now() - startedAt };
  }

  describe(): string {
    const state = this.#isOver ? `ended with ${this.#child.exitCode}` : "running";
    return `${state}\n--- stdout\n${this.stdout}\n--- stderr\n${this.stderr}`;
  }

  #collect(name: "stdout" | "stderr"): void {
    this.#child[name]?.setEncoding("utf8").on("data", (text: string) => {
      this[name] += text;
      this.#wake();
    });
  }
}

/** Runs the command to its end; stdin is closed. */
export function run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return new Program(args, { input: "", ...options }).ended;
}

/** Waits until `read` gives something; fails with `what` after `timeoutMs` (default 10 s). */
export async function eventually<T>(
  read: () => T | undefined | false | Promise<T | undefined | false>,
  what: string | (() => string),
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`did not happen: ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
