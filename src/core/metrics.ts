export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number | undefined;
}

/** Read when somebody asks: nothing is counted here. */
export interface Metric {
  name: string;
  /** Counters only grow while the process lives; their names end in `_total`. */
  kind: "counter" | "gauge";
  help: string;
  /** May throw: then this one is left out. Undefined values are left out too. */
  read(): number | undefined | readonly Sample[];
}

/** In the text format that Prometheus reads (version 0.0.4). */
export function renderMetrics(metrics: readonly Metric[]): string {
  return metrics.map(renderMetric).join("");
}

export const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

function renderMetric({ name, kind, help, read }: Metric): string {
  const lines = samplesOf(read).flatMap(({ labels, value }) => {
    if (value === undefined || Number.isNaN(value)) return [];
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    return [`${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}\n`];
  });
  if (lines.length === 0) return "";
  return `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n# TYPE ${name} ${kind}\n${lines.join("")}`;
}

/** Empty when it cannot be read. */
export function samplesOf(read: Metric["read"]): readonly Sample[] {
  try {
    const value = read();
    return typeof value === "object" ? value : [{ labels: {}, value }];
  } catch {
    // The store may be what fails just now; everything else is still worth telling.
    return [];
  }
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
