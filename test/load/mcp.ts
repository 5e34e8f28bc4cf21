import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { getEncoding } from "js-tiktoken";
import { type Contender, install, ours } from "./contenders.ts";
import { startPeer } from "./mcp-peer.ts";

/**
 * MCP servers in turns within one run, medians over the rounds, beside a bare Node JSON-RPC loop. `--rounds 9`;
 * `--ours` leaves out what would have to be downloaded.
 */
const figures = ["startMs", "idleMb", "busyMb", "p50Ms", "p99Ms", "perSecond", "exitMs"] as const;
type Figures = Record<(typeof figures)[number], number>;

const rounds = Number(process.argv[process.argv.indexOf("--rounds") + 1]) || 7;
const calls = 500;
const home = mkdtempSync(join(tmpdir(), "qq-skill-bench-"));
const vocabulary = getEncoding("o200k_base");
const tokens = new Map<string, string>();

async function measure(contender: Contender): Promise<Figures> {
  const startedAt = performance.now();
  const peer = await startPeer(contender, home);
  try {
    await peer.request("initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "bench", version: "1" },
    });
    const startMs = performance.now() - startedAt;
    await peer.notify("notifications/initialized");
    const { result } = await peer.request("tools/list", {});
    tokens.set(contender.name, countTokens(result?.tools));
    // What is loaded after the start is there by now.
    await new Promise((resolve) => setTimeout(resolve, 700));
    const idleMb = peer.rssMb();
    for (let at = 0; at < 20; at++) await peer.request("tools/call", contender.call);
    const times: number[] = [];
    const from = performance.now();
    for (let at = 0; at < calls; at++) {
      const sentAt = performance.now();
      await peer.request("tools/call", contender.call);
      times.push(performance.now() - sentAt);
    }
    const perSecond = (calls / (performance.now() - from)) * 1000;
    const [p50Ms, p99Ms] = [percentile(times, 0.5), percentile(times, 0.99)];
    return { startMs, idleMb, busyMb: peer.rssMb(), p50Ms, p99Ms, perSecond, exitMs: await peer.end() };
  } catch (error) {
    await peer.end();
    throw error;
  }
}

/** Model tokens of name, description and input schema; empty when nothing is listed. */
function countTokens(tools: unknown): string {
  if (!Array.isArray(tools)) return "";
  const text = tools.map(({ name, description, inputSchema }) => JSON.stringify({ name, description, inputSchema }));
  return `${text.reduce((sum, one) => sum + vocabulary.encode(one).length, 0)} (${tools.length})`;
}

function percentile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

const { contenders, missing } = process.argv.includes("--ours") ? { contenders: [], missing: [] } : install();
const all = [...ours, ...contenders];
const seen = new Map<string, Figures[]>();
// The first round only warms caches of disk and compiler.
for (let round = 0; round <= rounds; round++) {
  for (const contender of all.filter(({ name }) => !missing.some((one) => one.name === name))) {
    try {
      const found = await measure(contender);
      if (round > 0) seen.set(contender.name, [...(seen.get(contender.name) ?? []), found]);
    } catch (error) {
      missing.push({ name: contender.name, reason: (error as Error).message });
    }
  }
}
rmSync(home, { recursive: true, force: true });

const median = (name: string, key: keyof Figures) =>
  percentile(
    (seen.get(name) ?? []).map((one) => one[key]),
    0.5,
  );
const bare = all[0]?.name ?? "";
const print = (cells: readonly string[]) =>
  process.stdout.write(`${cells.map((cell, at) => (at === 0 ? cell.padEnd(50) : cell.padStart(14))).join("")}\n`);
const digits: Figures = { startMs: 0, idleMb: 0, busyMb: 0, p50Ms: 2, p99Ms: 2, perSecond: 0, exitMs: 0 };
const labels = [
  "start ms",
  "idle MiB",
  "busy MiB",
  "call p50 ms",
  "call p99 ms",
  "calls/s",
  "exit ms",
  "tokens (tools)",
];
print([`medians of ${rounds} rounds (times bare Node)`, ...labels]);
for (const { name } of all.filter((one) => seen.has(one.name))) {
  const cells = figures.map((key) => {
    const value = median(name, key);
    const ratio = key === "exitMs" ? "" : ` (${(value / median(bare, key)).toFixed(1)})`;
    return value.toFixed(digits[key]) + ratio;
  });
  print([name, ...cells, tokens.get(name) ?? ""]);
}
for (const { name, reason } of missing) process.stdout.write(`${name}: ${reason}\n`);
for (const { name, call, note } of all)
  process.stdout.write(`  ${name} is asked for ${call.name}${note ? `: ${note}` : ""}\n`);
process.stdout.write(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, ${new Date().toISOString()}\n`);
