import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** The MCP server beside a bare Node JSON-RPC loop, in turns within one run: start-up, a cheap call, end of input, memory. */
const here = import.meta.dirname;
const home = mkdtempSync(join(tmpdir(), "qq-skill-bench-"));
const servers = { mcp: [join(here, "../../dist/qq-skill.cjs"), "mcp"], bare: [join(here, "bare-rpc.mjs")] } as const;
const rounds = 15;
const calls = 500;

interface Figures {
  startMs: number[];
  callMs: number[];
  exitMs: number[];
  rssMb: number[];
}

function client(child: ChildProcessWithoutNullStreams) {
  const waiting = new Map<number, () => void>();
  let id = 0;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const answered = (JSON.parse(line) as { id?: number }).id;
    if (answered !== undefined) waiting.get(answered)?.();
  });
  return (method: string, params: object): Promise<void> =>
    new Promise((resolve) => {
      waiting.set(++id, resolve);
      child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    });
}

async function round(args: readonly string[], figures: Figures): Promise<void> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, { env: { ...process.env, QQ_SKILL_HOME: home, QQ_SKILL_LOG: "error" } });
  child.stderr.pipe(process.stderr);
  const request = client(child);
  await request("initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "bench", version: "1" },
  });
  figures.startMs.push(performance.now() - startedAt);
  child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
  const call = { name: "qq_find_operations", arguments: { query: "recall" } };
  for (let index = 0; index < 20; index++) await request("tools/call", call);
  const times: number[] = [];
  for (let index = 0; index < calls; index++) {
    const sentAt = performance.now();
    await request("tools/call", call);
    times.push(performance.now() - sentAt);
  }
  figures.callMs.push(median(times));
  const status = `/proc/${child.pid}/status`;
  figures.rssMb.push(
    existsSync(status) ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, "utf8"))?.[1]) / 1024 : Number.NaN,
  );
  const endedAt = performance.now();
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.stdin.end();
  await ended;
  figures.exitMs.push(performance.now() - endedAt);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const results = { mcp: emptyFigures(), bare: emptyFigures() };
function emptyFigures(): Figures {
  return { startMs: [], callMs: [], exitMs: [], rssMb: [] };
}

await round(servers.mcp, emptyFigures());
for (let index = 0; index < rounds; index++) {
  await round(servers.mcp, results.mcp);
  await round(servers.bare, results.bare);
}
rmSync(home, { recursive: true, force: true });
process.stdout.write(`${"".padEnd(28)}${"mcp".padStart(10)}${"bare Node".padStart(12)}${"ratio".padStart(8)}\n`);
const labels = {
  startMs: "spawn to initialize, ms",
  callMs: "call, p50 ms",
  exitMs: "exit after end of input, ms",
  rssMb: "RSS, MB",
};
for (const [key, label] of Object.entries(labels) as [keyof Figures, string][]) {
  const [ours, theirs] = [median(results.mcp[key]), median(results.bare[key])];
  const show = (value: number, width: number) => value.toFixed(2).padStart(width);
  process.stdout.write(`${label.padEnd(28)}${show(ours, 10)}${show(theirs, 12)}${show(ours / theirs, 8)}\n`);
}
