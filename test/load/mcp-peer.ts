import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { createInterface } from "node:readline";
import type { Contender } from "./contenders.ts";

export type Answer = { result?: Record<string, unknown>; error?: { message: string } };

/** One running server, spoken to as a client does, without a client's own cost. */
export interface Peer {
  request(method: string, params: object): Promise<Answer>;
  notify(method: string): Promise<void>;
  /** Of the whole process tree, MiB; Linux only, elsewhere NaN. */
  rssMb(): number;
  /** Ends it as its client would; resolves to the ms that it took. */
  end(): Promise<number>;
}

/** For one whole round, the start included. */
const patienceMs = 20_000;

/** Rejects with the server's last words when it ends, or does not answer in time. */
export async function startPeer(contender: Contender, home: string): Promise<Peer> {
  const env = { ...process.env, QQ_SKILL_HOME: home, QQ_SKILL_LOG: "error", ...contender.env };
  const child = spawn(process.execPath, contender.args, { env, cwd: home, detached: true });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2_000);
  });
  child.stdin.on("error", () => {});
  const failed = new Promise<never>((_, reject) => {
    const why = (what: string) => () => reject(new Error(`${what}: ${said.trim().split("\n").at(-1) ?? ""}`));
    child.once("exit", why("ended"));
    setTimeout(why("no answer in time"), patienceMs).unref();
  });
  failed.catch(() => {});
  const send = contender.isHttp ? await overHttp(child, failed) : overStdio(child);
  let id = 0;
  return {
    request: (method, params) => Promise.race([send({ jsonrpc: "2.0", id: ++id, method, params }), failed]),
    notify: async (method) => void (await send({ jsonrpc: "2.0", method })),
    rssMb: () => treeRssMb(child.pid as number),
    async end() {
      const startedAt = performance.now();
      const ended = child.exitCode === null ? new Promise((resolve) => child.once("exit", resolve)) : undefined;
      if (contender.isHttp) child.kill("SIGTERM");
      else child.stdin.end();
      const giveUp = setTimeout(() => endTree(child), 3_000);
      await ended;
      clearTimeout(giveUp);
      endTree(child);
      return performance.now() - startedAt;
    },
  };
}

type Send = (message: { jsonrpc: "2.0"; id?: number; method: string; params?: object }) => Promise<Answer>;

function overStdio({ stdin, stdout }: ChildProcess): Send {
  const waiting = new Map<unknown, (answer: Answer) => void>();
  createInterface({ input: stdout as NodeJS.ReadableStream }).on("line", (line) => {
    if (!line.startsWith("{")) return;
    const answer = JSON.parse(line) as Answer & { id?: unknown; method?: unknown };
    if (answer.method === undefined) waiting.get(answer.id)?.(answer);
  });
  return (message) =>
    new Promise((resolve) => {
      stdin?.write(`${JSON.stringify(message)}\n`);
      if (message.id === undefined) resolve({});
      else waiting.set(message.id, resolve);
    });
}

async function overHttp({ stderr }: ChildProcess, failed: Promise<never>): Promise<Send> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const printed = new Promise<string>((resolve) => {
    let text = "";
    stderr?.on("data", (chunk) => {
      text += String(chunk);
      const url = /http:\S+\/mcp/.exec(text)?.[0];
      if (url) resolve(url);
    });
  });
  const url = await Promise.race([printed, failed]);
  let session: string | undefined;
  return (message) =>
    new Promise((resolve, reject) => {
      const headers = {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2025-11-25",
        ...(session === undefined ? {} : { "mcp-session-id": session }),
      };
      const sent = httpRequest(url, { method: "POST", agent, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        response.on("end", () => {
          session ??= response.headers["mcp-session-id"] as string | undefined;
          const data = /^data: (\{.*)$/m.exec(text)?.[1];
          resolve(data === undefined ? {} : (JSON.parse(data) as Answer));
        });
      });
      sent.once("error", reject);
      sent.end(JSON.stringify(message));
    });
}

/** Some are a script that starts the server proper. */
function endTree({ pid }: ChildProcess): void {
  try {
    process.kill(-(pid as number), "SIGKILL");
  } catch {
    // Nobody is left in the group.
  }
}

function treeRssMb(pid: number): number {
  try {
    const own = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    return children.reduce((sum, child) => sum + treeRssMb(Number(child)), own);
  } catch {
    return Number.NaN;
  }
}
