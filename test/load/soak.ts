import { mkdirSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openFolder } from "../soak/folder.ts";
import { type ProcessVerdict, runProcessSeed } from "../soak/process-run.ts";
import { runSeed } from "../soak/seed-run.ts";

/**
 * `npm run soak -- --seeds N --minutes M`: as many seeds as asked for or as the time allows, then some with real
 * processes, and a report. `--seed S` plays one seed again and tells every step and log line.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    minutes: { type: "string", default: "60" },
    processes: { type: "string", default: "5" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
  },
});
const say = (line: string) => process.stdout.write(`${line}\n`);
const folder = openFolder();
process.on("exit", () => folder.remove());
process.exitCode = values.seed === undefined ? await soak() : await replay(Number(values.seed));

async function replay(seed: number): Promise<number> {
  const write = (level: string) => (facts: object, message: string) =>
    say(
      `  ${level.padEnd(5)} ${message} ${JSON.stringify(facts, (_key, value) => (value instanceof Error ? String(value) : value))}`,
    );
  const {
    problems,
    plan: _,
    ...facts
  } = await runSeed(seed, {
    folder: folder.path,
    log: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") },
    onStep: (atMs, step) => say(`${String(atMs).padStart(6)} ms  ${JSON.stringify(step)}`),
  });
  say(JSON.stringify(facts));
  for (const problem of problems) say(`WRONG: ${problem}`);
  return problems.length === 0 ? 0 : 1;
}

interface Sum {
  seeds: number;
  messages: number;
  unheard: number;
  kills: number;
  stops: number;
  faults: Map<string, number>;
  recoveriesMs: Map<string, number[]>;
  settledMs: number[];
  virtualMs: number;
  wrong: Map<number, string[]>;
}

function emptySum(): Sum {
  return {
    ...{ seeds: 0, messages: 0, unheard: 0, kills: 0, stops: 0, virtualMs: 0, settledMs: [] },
    ...{ faults: new Map(), recoveriesMs: new Map(), wrong: new Map() },
  };
}

async function soak(): Promise<number> {
  const startedAt = performance.now();
  const endsAt = startedAt + Number(values.minutes) * 60_000;
  const virtual = emptySum();
  const first = Number(values.from);
  for (let seed = first; seed < first + Number(values.seeds) && performance.now() < endsAt; seed++) {
    const verdict = await runSeed(seed, { folder: join(folder.path, String(seed)) });
    add(virtual, seed, verdict);
    virtual.unheard += verdict.unheard;
    virtual.stops += verdict.stops;
    virtual.virtualMs += verdict.lastedMs ?? 0;
    if (verdict.problems.length > 0) say(`seed ${seed}: ${verdict.problems.join("; ")}`);
  }
  const tookMs = performance.now() - startedAt;
  const real = emptySum();
  const restartsMs: number[] = [];
  for (let seed = 1; seed <= Number(values.processes); seed++) {
    const home = join(folder.path, `process-${seed}`);
    mkdirSync(home);
    const verdict = await runProcessSeed(seed, home);
    add(real, seed, verdict);
    restartsMs.push(...verdict.restartsMs);
    if (verdict.problems.length > 0) say(`process seed ${seed}: ${verdict.problems.join("; ")}`);
  }
  say(`Node ${process.version}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}`);
  say(
    `\nin one process, ${hours(virtual.virtualMs)} h of virtual time in ${(tookMs / 1000).toFixed(0)} s, a beat every 10 s`,
  );
  report(virtual, 1000, "s");
  say(
    `${virtual.stops} ended by SIGTERM; ${virtual.unheard} messages never reached a bot (its session was taken away)`,
  );
  if (real.seeds > 0) {
    say("\nwith real processes in real time, a beat every 0.4 s");
    report(real, 1, "ms");
    say(`from SIGKILL to the session back: ${spread(restartsMs, 1)} ms (p50, p99), the start of the process included`);
  }
  return virtual.wrong.size + real.wrong.size === 0 ? 0 : 1;
}

function add(
  sum: Sum,
  seed: number,
  verdict: Omit<ProcessVerdict, "settledMs" | "restartsMs"> & { settledMs?: number },
) {
  sum.seeds++;
  sum.messages += verdict.messages;
  sum.kills += verdict.kills;
  if (verdict.settledMs !== undefined) sum.settledMs.push(verdict.settledMs);
  for (const [kind, count] of Object.entries(verdict.faults)) sum.faults.set(kind, (sum.faults.get(kind) ?? 0) + count);
  for (const [kind, times] of Object.entries(verdict.recoveriesMs))
    sum.recoveriesMs.set(kind, [...(sum.recoveriesMs.get(kind) ?? []), ...times]);
  if (verdict.problems.length > 0) sum.wrong.set(seed, verdict.problems);
}

function report(sum: Sum, unit: number, name: string): void {
  const faults = [...sum.faults.values()].reduce((all, count) => all + count, 0);
  const problems = [...sum.wrong.values()].flat();
  const lost = problems.filter((problem) => /^(lost|unanswered)/.test(problem)).length;
  const doubled = problems.filter((problem) => problem.startsWith("doubled")).length;
  const other = problems.length - lost - doubled;
  say(`${sum.seeds} seeds: ${sum.messages} messages, ${faults} faults, ${sum.kills} kills`);
  say(
    `lost ${lost}, doubled ${doubled}, otherwise wrong ${other}; all right after ${spread(sum.settledMs, unit)} ${name}`,
  );
  say(`${"fault".padEnd(18)}${"struck".padStart(8)}   connected again after, ${name} (p50, p99)`);
  for (const [kind, count] of [...sum.faults].sort()) {
    const times = sum.recoveriesMs.get(kind) ?? [];
    say(`${kind.padEnd(18)}${String(count).padStart(8)}   ${times.length > 0 ? spread(times, unit) : ""}`);
  }
}

function spread(times: readonly number[], unit: number): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN) / unit;
  return `${at(0.5).toFixed(unit === 1 ? 0 : 1)}, ${at(0.99).toFixed(unit === 1 ? 0 : 1)}`;
}

function hours(ms: number): string {
  return (ms / 3_600_000).toFixed(1);
}
