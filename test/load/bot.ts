import { type ChildProcess, fork, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import type { Order, Report } from "./platform.ts";

/** The bot beside a bare loop in the same run: burst, then the platform's own ceiling of 100 messages a second. */
const burst: Order = { kind: "burst", messages: 5000, groups: 50, perSecond: 0 };
const steady: Order = { kind: "steady", messages: 1000, groups: 50, perSecond: 100 };
/** 10,000 conversations that are known, then 10,000 others; each time a thousand of them go on talking. */
const known: Order = { kind: "burst", messages: 10_000, groups: 10_000, perSecond: 0 };
const active: Order = { kind: "burst", messages: 3000, groups: 1000, perSecond: 0 };
const here = import.meta.dirname;
const program = join(here, "../../dist/qq-skill.cjs");

interface Figures {
  startMs: number;
  idleRssMb: number;
  perSecond: number;
  p50Ms: number;
  p95Ms: number;
  askedP50Ms: number;
  askedP99Ms: number;
  cpuMsPerReply: number;
  knownRssMb: number;
  moreRssMb: number;
  doubled: number;
}

function next<T>(child: ChildProcess, key: string): Promise<T> {
  return new Promise((resolve) => {
    const listen = (message: unknown) => {
      const record = message as Record<string, T>;
      if (!(key in record)) return;
      child.off("message", listen);
      resolve(record[key] as T);
    };
    child.on("message", listen);
  });
}

/** User and system CPU of another process in ms; Linux only, elsewhere NaN. */
function cpuMs(pid: number): number {
  if (!existsSync(`/proc/${pid}/stat`)) return Number.NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function rssMb(pid: number): number {
  if (!existsSync(`/proc/${pid}/status`)) return Number.NaN;
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

const percentile = (values: number[], share: number) =>
  values.sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

async function measure(args: readonly string[]): Promise<Figures> {
  const platform = fork(join(here, "platform.ts"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const port = await next<number>(platform, "port");
  const home = mkdtempSync(join(tmpdir(), "qq-skill-bench-"));
  const base = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    QQ_BOT_APP_ID: "100000001",
    QQ_BOT_APP_SECRET: "bench-secret",
    QQ_BOT_API_BASE: base,
    QQ_BOT_TOKEN_URL: `${base}/app/getAppAccessToken`,
    OPENAI_BASE_URL: `${base}/v1`,
    OPENAI_API_KEY: "bench",
    OPENAI_MODEL: "bench",
    QQ_BOT_PACING: "off",
    QQ_BOT_LIMITS: "off",
    QQ_BOT_DAILY_TOKENS_USER: "0",
    QQ_BOT_DAILY_TOKENS_GROUP: "0",
    QQ_BOT_DAILY_TOKENS_TOTAL: "0",
    QQ_BOT_AI_LABEL: "off",
    QQ_BOT_COMMAND_PANEL: "off",
    QQ_BOT_BUSY: "queue",
    QQ_SKILL_LOG: "warn",
    QQ_SKILL_HOME: home,
  };
  const ready = next(platform, "ready");
  const startedAt = performance.now();
  const bot = spawn(process.execPath, [...args], { env, stdio: ["ignore", "ignore", "inherit"] });
  const pid = bot.pid as number;
  await ready;
  const startMs = performance.now() - startedAt;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const idleRssMb = rssMb(pid);
  const run = (order: Order): Promise<Report> => {
    const report = next<Report>(platform, "report");
    platform.send(order);
    return report;
  };
  await run({ ...burst, messages: 500 });
  const cpuBefore = cpuMs(pid);
  const fast = await run(burst);
  const cpuMsPerReply = (cpuMs(pid) - cpuBefore) / burst.messages;
  const even = await run(steady);
  const crowd = async (offset: number) => {
    await run({ ...known, offset });
    await run({ ...active, offset });
    return rssMb(pid);
  };
  const [knownRssMb, moreRssMb] = [await crowd(100), await crowd(20_000)];
  const ended = new Promise((resolve) => bot.once("exit", resolve));
  bot.kill("SIGTERM");
  await ended;
  platform.kill();
  rmSync(home, { recursive: true, force: true });
  const perSecond = (burst.messages / fast.tookMs) * 1000;
  const [p50Ms, p95Ms] = [percentile(even.latenciesMs, 0.5), percentile(even.latenciesMs, 0.95)];
  const [askedP50Ms, askedP99Ms] = [percentile(even.askedMs, 0.5), percentile(even.askedMs, 0.99)];
  return {
    knownRssMb,
    moreRssMb,
    startMs,
    idleRssMb,
    perSecond,
    p50Ms,
    p95Ms,
    askedP50Ms,
    askedP99Ms,
    cpuMsPerReply,
    doubled: fast.doubled + even.doubled,
  };
}

const bare = await measure([join(here, "bare.ts")]);
const bot = await measure([program, "bot"]);
const rows: [string, keyof Figures, string][] = [
  ["burst, replies a second", "perSecond", ""],
  ["100/s, p50", "p50Ms", "ms"],
  ["100/s, p95", "p95Ms", "ms"],
  ["event to model, p50", "askedP50Ms", "ms"],
  ["event to model, p99", "askedP99Ms", "ms"],
  ["CPU per reply", "cpuMsPerReply", "ms"],
  ["start to READY", "startMs", "ms"],
  ["idle RSS", "idleRssMb", "MB"],
  ["RSS, 10,000 known, 1,000 active", "knownRssMb", "MB"],
  ["RSS, 20,000 known, 1,000 active", "moreRssMb", "MB"],
  ["doubled", "doubled", ""],
];
process.stdout.write(`Node ${process.version}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}\n`);
process.stdout.write(`${"".padEnd(34)}${"bot".padStart(12)}${"bare loop".padStart(12)}${"ratio".padStart(8)}\n`);
for (const [label, key, unit] of rows) {
  const show = (value: number) => `${value.toFixed(value < 100 ? 2 : 0)} ${unit}`.trim().padStart(12);
  process.stdout.write(
    `${label.padEnd(34)}${show(bot[key])}${show(bare[key])}${(bot[key] / bare[key]).toFixed(2).padStart(8)}\n`,
  );
}
