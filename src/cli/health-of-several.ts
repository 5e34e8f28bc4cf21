import type { Clock } from "../core/clock.ts";
import { type Metric, samplesOf } from "../core/metrics.ts";
import type { Health, Readiness } from "./health.ts";

/** One bot of several, as health sees it. */
export interface Patient {
  account: string;
  /** undefined: it did not get so far. */
  health: Health | undefined;
  /** Why it does not run; undefined while it does. */
  failure(): string | undefined;
}

interface Chart {
  account: string;
  metrics: readonly Metric[];
}

/** Ready when every one is; each reason and each sample says whose it is. */
export function healthOfSeveral(patients: readonly Patient[], clock: Clock): Health {
  const startedAt = clock.now();
  return {
    alive: () => ({ ok: true, uptime_s: Math.round((clock.now() - startedAt) / 100) / 10 }),
    async ready() {
      const bots = await Promise.all(patients.map(async (one) => [one.account, await readinessOf(one)] as const));
      const reasons = bots.flatMap(([account, { reasons }]) => reasons.map((reason) => `${account}: ${reason}`));
      return { ready: reasons.length === 0, reasons, bots: Object.fromEntries(bots) };
    },
    async metrics() {
      const charts = await Promise.all(
        patients.map(async ({ account, health }) => ({ account, metrics: (await health?.metrics()) ?? [] })),
      );
      const known = new Map(charts.flatMap(({ metrics }) => metrics.map((metric) => [metric.name, metric] as const)));
      return [...known.values()].map((metric) => withAccounts(metric, charts));
    },
  };
}

async function readinessOf({ failure, health }: Patient): Promise<Readiness> {
  const reason = failure();
  if (reason === undefined && health) return await health.ready();
  return { ready: false, reasons: [reason ?? "not started"] };
}

/** What is the process's own is told once. */
function withAccounts(metric: Metric, charts: readonly Chart[]): Metric {
  if (metric.name.startsWith("process_")) return metric;
  const read = () =>
    charts.flatMap(({ account, metrics }) =>
      metrics
        .filter(({ name }) => name === metric.name)
        .flatMap((own) => samplesOf(own.read))
        .map(({ labels, value }) => ({ labels: { account, ...labels }, value })),
    );
  return { ...metric, read };
}
