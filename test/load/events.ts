import { type ChildProcess, fork } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type WebSocket, WebSocketServer } from "ws";

/**
 * Events a second from the wire to the durable inbox, beside a bare `ws` + `JSON.parse` loop and an independent SDK, in
 * turns within one run. `--million` instead sends one million events to ours and tells memory and file size on the way.
 */
const { values } = parseArgs({ options: { million: { type: "boolean", default: false } } });
const here = import.meta.dirname;
const contenders = ["bare", "ours", "qq-official-bot"] as const;
type Contender = (typeof contenders)[number];
const say = (line: string) => process.stdout.write(`${line}\n`);

/** The cheapest possible gateway: it pushes group messages as fast as the socket takes them. */
class Sender {
  readonly #server = createServer((request, response) => {
    request.resume();
    const url = `ws://${request.headers.host}/websocket`;
    const answer = request.url?.startsWith("/gateway")
      ? { url, shards: 1, session_start_limit: { total: 1000, remaining: 1000, reset_after: 1, max_concurrency: 1 } }
      : { access_token: "bench-token", expires_in: "7200", id: "1", username: "bench" };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  #socket: WebSocket | undefined;
  #ready: () => void = () => {};
  #s = 1;

  async listen(): Promise<number> {
    const sockets = new WebSocketServer({ server: this.#server, path: "/websocket", perMessageDeflate: false });
    sockets.on("connection", (socket) => {
      socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 45_000 } }));
      socket.on("message", (data) => {
        const { op } = JSON.parse(String(data)) as { op: number };
        if (op === 1) socket.send('{"op":11}');
        if (op !== 2 && op !== 6) return;
        const user = { id: "1", username: "bench", bot: true };
        const d = { version: 1, session_id: "bench", user, shard: [0, 1] };
        socket.send(JSON.stringify({ op: 0, s: this.#s++, t: "READY", d }));
        this.#socket = socket;
        this.#ready();
      });
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  connected(): Promise<void> {
    return new Promise((resolve) => {
      this.#ready = resolve;
    });
  }

  async push(count: number): Promise<void> {
    const socket = this.#socket;
    for (let index = 0; index < count; index++) {
      socket?.send(frameOf(this.#s++));
      while ((socket?.bufferedAmount ?? 0) > 4_000_000) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  close(): void {
    this.#socket?.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function frameOf(s: number): string {
  const openid = (s % 50).toString(16).toUpperCase().padStart(32, "A");
  const author = {
    id: openid,
    member_openid: openid,
    member_role: "member",
    union_openid: "",
    username: "甲",
    bot: false,
  };
  const scene = { source: "default", ext: [`msg_idx=REFIDX_${s}`, "auth_token=bench"] };
  const d = {
    ...{ id: `ROBOT1.0_in${s}`, author, content: ` 第 ${s} 条消息,看看多快。 `, message_type: 0, message_scene: scene },
    ...{ group_id: openid, group_openid: openid, timestamp: "2026-11-20T20:31:07+08:00" },
  };
  const t = "GROUP_AT_MESSAGE_CREATE";
  return JSON.stringify({ op: 0, s, t, id: `${t}:${s}`, d });
}

interface Run {
  child: ChildProcess;
  sender: Sender;
  home: string;
  end(): Promise<void>;
}

async function open(contender: Contender): Promise<Run | undefined> {
  const sender = new Sender();
  const port = await sender.listen();
  const home = mkdtempSync(join(tmpdir(), "qq-skill-bench-"));
  const child = fork(join(here, "events-client.ts"), [contender, String(port), home], { stdio: "inherit" });
  const exit = new Promise<"exit">((resolve) => child.once("exit", () => resolve("exit")));
  const end = async () => {
    child.kill();
    await exit;
    sender.close();
    rmSync(home, { recursive: true, force: true });
  };
  const late = new Promise<"exit">((resolve) => setTimeout(() => resolve("exit"), 20_000).unref());
  if ((await Promise.race([sender.connected(), exit, late])) !== "exit") return { child, sender, home, end };
  await end();
  return undefined;
}

let orders = 0;

interface Count {
  /** Which order it answers. */
  order: number;
  counted: number;
  /** From the order to the last event that was counted. */
  tookMs: number;
}

/** Sends `count` events and waits until they are counted, or until nothing moves any more. */
async function measure({ child, sender }: Run, count: number): Promise<Count> {
  const order = ++orders;
  // Not before the order is there: what came earlier would not be counted.
  const begun = new Promise<void>((resolve) => {
    const listen = (now: Count) => {
      if (now.order !== order) return;
      child.off("message", listen);
      resolve();
    };
    child.on("message", listen);
  });
  child.send({ order, expect: count });
  await begun;
  const done = new Promise<Count>((resolve) => {
    let last: Count = { order, counted: -1, tookMs: 0 };
    let still = 0;
    const listen = (now: Count) => {
      if (now.order !== order) return;
      still = now.counted === last.counted ? still + 1 : 0;
      last = now;
      if (now.counted < count && still < 8) return;
      child.off("message", listen);
      resolve(now);
    };
    child.on("message", listen);
  });
  await sender.push(count);
  return done;
}

async function compare(): Promise<void> {
  const count = 20_000;
  const perSecond: Record<Contender, number[]> = { bare: [], ours: [], "qq-official-bot": [] };
  const missing: Record<Contender, number> = { bare: 0, ours: 0, "qq-official-bot": 0 };
  for (let round = 0; round < 5; round++) {
    for (const contender of contenders) {
      const run = await open(contender);
      if (!run) continue;
      const warmUp = await measure(run, 2_000);
      const { counted, tookMs } = await measure(run, count);
      perSecond[contender].push((counted / tookMs) * 1000);
      missing[contender] += 2_000 - warmUp.counted + count - counted;
      await run.end();
    }
  }
  const median = (list: number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
  say(
    `Node ${process.version}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}; ${count} events, medians of 5`,
  );
  say(`${"".padEnd(34)}${"events/s".padStart(10)}${"of bare".padStart(9)}${"never came".padStart(12)}`);
  const labels: Record<Contender, string> = {
    bare: "ws + JSON.parse, counted",
    ours: "ours, scrubbed and durable",
    "qq-official-bot": "qq-official-bot, handler called",
  };
  for (const contender of contenders) {
    const speed = median(perSecond[contender]);
    const ratio = (speed / median(perSecond.bare)).toFixed(2);
    const figures = speed.toFixed(0).padStart(10) + ratio.padStart(9) + String(missing[contender]).padStart(12);
    const absent = "   not installed: npm run test:judges installs it";
    say(`${labels[contender].padEnd(34)}${Number.isNaN(speed) ? absent : figures}`);
  }
}

async function million(): Promise<void> {
  const run = await open("ours");
  if (!run) throw new Error("the client did not start");
  say(
    `${"events".padStart(9)}${"events/s".padStart(10)}${"RSS, MB".padStart(9)}${"file, MB".padStart(10)}${"log, MB".padStart(9)}`,
  );
  const step = 100_000;
  for (let total = step; total <= 1_000_000; total += step) {
    const { tookMs, counted } = await measure(run, step);
    if (counted !== step) throw new Error(`${step - counted} events never came`);
    const status = `/proc/${run.child.pid}/status`;
    const rss = existsSync(status)
      ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, "utf8"))?.[1]) / 1024
      : Number.NaN;
    const mb = (name: string) =>
      existsSync(join(run.home, name)) ? statSync(join(run.home, name)).size / 1024 / 1024 : 0;
    const speed = (step / tookMs) * 1000;
    say(
      [
        [total, 9, 0],
        [speed, 10, 0],
        [rss, 9, 0],
        [mb("qq-skill.db"), 10, 1],
        [mb("qq-skill.db-wal"), 9, 1],
      ]
        .map(([value = 0, width = 0, digits = 0]) => value.toFixed(digits).padStart(width))
        .join(""),
    );
  }
  await run.end();
}

await (values.million ? million() : compare());
