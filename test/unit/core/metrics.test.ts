import { describe, expect, it } from "vitest";
import { type Metric, renderMetrics } from "../../../src/core/metrics.ts";

describe("renderMetrics", () => {
  it("writes help, type and one line per sample", () => {
    const metrics: Metric[] = [
      { name: "up", kind: "gauge", help: "Whether\nit \\ runs", read: () => 1 },
      {
        name: "sends_total",
        kind: "counter",
        help: "Sends",
        read: () => [
          { labels: { result: "sent", to: 'a "group"\n\\' }, value: 2 },
          { labels: { result: "failed", to: "b" }, value: 0.5 },
        ],
      },
    ];
    expect(renderMetrics(metrics).split("\n")).toEqual([
      "# HELP up Whether\\nit \\\\ runs",
      "# TYPE up gauge",
      "up 1",
      "# HELP sends_total Sends",
      "# TYPE sends_total counter",
      'sends_total{result="sent",to="a \\"group\\"\\n\\\\"} 2',
      'sends_total{result="failed",to="b"} 0.5',
      "",
    ]);
  });

  it("leaves out what has no value or cannot be read, and tells the rest", () => {
    const of = (name: string, read: Metric["read"]): Metric => ({ name, kind: "gauge", help: "x", read });
    const broken = of("broken", () => {
      throw new Error("the store is closed");
    });
    const metrics = [
      of("none", () => undefined),
      broken,
      of("empty", () => []),
      of("odd", () => Number.NaN),
      of("fine", () => 0),
    ];
    expect(renderMetrics(metrics)).toBe("# HELP fine x\n# TYPE fine gauge\nfine 0\n");
  });
});
