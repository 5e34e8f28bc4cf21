import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import type { Emulator } from "../../src/emulator/emulator.ts";
import { startEmulator } from "../../src/emulator/emulator.ts";
import type { FaultInput, FaultName } from "../../src/emulator/faults.ts";
import { readWire } from "./judge.ts";
import { type Plan, planOf } from "./plan.ts";
import { soakSeed } from "./world.ts";

export interface ProcessVerdict {
  problems: string[];
  messages: number;
  kills: number;
  faults: Record<string, number>;
  /** From the strike until the bot was connected again, by fault; heartbeats every 400 ms. */
  recoveriesMs: Record<string, number[]>;
  /** From each SIGKILL until the next process had the session back. */
  restartsMs: number[];
  /** From the end of the trouble to the last answer. */
  settledMs: number;
}

const program = join(import.meta.dirname, "../../dist/qq-skill.cjs");
const lastsMs = 1500;
const calmMs = 30_000;
/** What is sent twice comes within this time. */
const aftermathMs = 400;
/** Those that need no minute of real time to get over, and leave the session alive: then nothing at all may be missing. */
const quick: readonly FaultName[] = [
  ...(["half_open", "drop_acks", "close", "op7", "delay_event", "reorder_event", "duplicate_event"] as const),
  ...(["other_type", "token_expired", "unauthorized", "server_error", "bad_gateway", "connection_reset"] as const),
  ...(["slow_answer", "slow_body", "truncated_body", "not_shown"] as const),
];

/** One seed with the built command as a real process, killed by a real signal, over loopback and in real time. */
export async function runProcessSeed(seed: number, folder: string): Promise<ProcessVerdict> {
  const dials = { ...soakSeed.dials, heartbeatIntervalMs: 400 };
  const emulator = await startEmulator({ port: 0, seed: { ...soakSeed, dials } });
  const model = await startEcho();
  const bot = new BotProcess({ emulator, folder, model });
  try {
    await bot.connected();
    const plan = planOf(seed, { lastsMs, messages: 10, faults: 4, kills: 1 }).filter(isQuick);
    const verdict = await play(plan, { emulator, bot });
    return verdict;
  } finally {
    await bot.kill();
    model.closeAllConnections();
    model.close();
    await emulator.close();
  }
}

function isQuick({ step }: Plan[number]): boolean {
  if (step.kind === "disk") return false;
  if (step.kind !== "fault") return true;
  const { kind, code = 4009 } = step.fault;
  return quick.includes(kind) && (kind !== "close" || [1000, 1001, 1006, 4009].includes(code));
}

async function play(plan: Plan, { emulator, bot }: { emulator: Emulator; bot: BotProcess }): Promise<ProcessVerdict> {
  const said = new Map<number, { scene: string; id: string }>();
  const restartsMs: number[] = [];
  const startedAt = performance.now();
  let restart: Promise<void> | undefined;
  for (const { atMs, step } of plan) {
    await pause(startedAt + atMs - performance.now());
    if (step.kind === "say") {
      const place = placeOf(emulator, step.place, step.n);
      emulator.say({ ...place, content: `question ${step.n}`, mention: place.scene !== "c2c" });
      said.set(step.n, place);
    } else if (step.kind === "fault") emulator.addFault(shortened(step.fault));
    else if (!restart && (step.kind === "kill" || step.kind === "stop")) {
      const killedAt = performance.now();
      await bot.kill();
      restart = bot
        .start()
        .connected()
        .then(() => void restartsMs.push(performance.now() - killedAt));
    }
  }
  await restart;
  emulator.clearFaults();
  const calmAt = performance.now();
  while (problemsOf(emulator, said).length > 0 && performance.now() - calmAt < calmMs) await pause(20);
  const settledMs = performance.now() - calmAt;
  await pause(aftermathMs);
  const kills = restart === undefined ? 0 : 1;
  const problems = problemsOf(emulator, said);
  if (problems.length > 0) problems.push(bot.describe());
  const { faults, recoveriesMs } = readWire(emulator.frames());
  return { problems, messages: said.size, kills, faults, recoveriesMs, restartsMs, settledMs };
}

function shortened(fault: FaultInput): FaultInput {
  return fault.delay_ms === undefined ? fault : { ...fault, delay_ms: Math.min(fault.delay_ms, 300) };
}

function placeOf({ world }: Emulator, place: string, n: number) {
  const user = n % 2 === 0 ? "ann" : "ben";
  const dms = world.dms.find((candidate) => candidate.user === user);
  const c2c = world.c2c.find((candidate) => candidate.user === user);
  const channel = world.guilds[0]?.channels[0];
  const { scene, id } = {
    c2c: { scene: "c2c" as const, id: c2c?.id },
    mention: { scene: "group" as const, id: world.groups[0]?.id },
    group: { scene: "group" as const, id: world.groups[1]?.id },
    channel: { scene: "channel" as const, id: channel?.id },
    dms: { scene: "dms" as const, id: dms?.id },
  }[place as "c2c"];
  return { as: user, scene, id: id ?? "" };
}

function problemsOf(emulator: Emulator, said: ReadonlyMap<number, { scene: string; id: string }>): string[] {
  const unseen = emulator.frames().flatMap(({ data, status }) => {
    const { fault, request } = (data ?? {}) as { fault?: string; request?: { content?: string } };
    return fault === "not_shown" && status === 200 ? [request?.content ?? ""] : [];
  });
  return [...said].flatMap(([n, { scene, id }]) => {
    const shown = emulator.messages({ scene: scene as "c2c", id }).filter(({ from }) => from === "bot");
    const count = [...shown.map(({ content }) => content), ...unseen].filter((text) => text === `answer ${n}`).length;
    const isGuild = scene === "channel" || scene === "dms";
    if (count > 1) return [`doubled: question ${n} (${scene}) has ${count} answers`];
    return count === 0 && !isGuild ? [`unanswered: question ${n} (${scene})`] : [];
  });
}

class BotProcess {
  readonly #env: NodeJS.ProcessEnv;
  readonly #home: string;
  #child: ChildProcess | undefined;
  #output = "";

  constructor({ emulator, folder, model }: { emulator: Emulator; folder: string; model: Server }) {
    this.#home = folder;
    this.#env = {
      PATH: process.env.PATH,
      ...{ HOME: folder, QQ_SKILL_HOME: join(folder, "data"), QQ_SKILL_LOG: "warn" },
      ...{ QQ_BOT_APP_ID: emulator.app.appId, QQ_BOT_APP_SECRET: emulator.app.appSecret },
      ...{ QQ_BOT_API_BASE: emulator.url, QQ_BOT_TOKEN_URL: emulator.tokenUrl },
      ...{ QQ_BOT_DAILY_TOKENS_USER: "0", QQ_BOT_DAILY_TOKENS_GROUP: "0", QQ_BOT_DAILY_TOKENS_TOTAL: "0" },
      ...{ QQ_BOT_LIMITS: "off", QQ_BOT_PACING: "off", QQ_BOT_BUSY: "queue", QQ_BOT_SETTLE_MS: "50" },
      ...{ QQ_BOT_AI_LABEL: "off", QQ_BOT_WELCOME: "off" },
      OPENAI_BASE_URL: `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`,
      ...{ OPENAI_API_KEY: "soak", OPENAI_MODEL: "echo" },
    };
    this.start();
  }

  start(): this {
    this.#output = "";
    const child = spawn(process.execPath, [program, "bot"], { cwd: this.#home, env: this.#env });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
      });
    }
    this.#child = child;
    return this;
  }

  async connected(): Promise<void> {
    const deadline = performance.now() + calmMs;
    while (!this.#output.includes("connected:")) {
      if (performance.now() > deadline) throw new Error(`the bot does not connect; ${this.describe()}`);
      await pause(10);
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "close");
    child.kill("SIGKILL");
    await ended;
  }

  describe(): string {
    return `exit ${this.#child?.exitCode}: ${this.#output.slice(-2_000)}`;
  }
}

/** An OpenAI-compatible server that repeats the number of the question. */
async function startEcho(): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { messages } = JSON.parse(await readAll(request)) as { messages: { role: string; content: string }[] };
    const asked = messages.findLast(({ role }) => role === "user")?.content ?? "";
    const content = `answer ${/question (\d+)(?!.*question \d)/s.exec(asked)?.[1] ?? "to nothing"}`;
    const chunk = (delta: object, finish_reason: string | null) =>
      `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "echo", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`${chunk({ role: "assistant", content }, null)}${chunk({}, "stop")}data: [DONE]\n\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
