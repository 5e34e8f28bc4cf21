import { systemClock } from "../core/clock.ts";
import { InputError } from "../core/errors.ts";
import { dayOf } from "../protocol/timestamps.ts";
import { openHome } from "../store/home.ts";
import { openStore } from "../store/store.ts";
import type { UsageDay, UsageSum } from "../store/usage.ts";
import { oneAccount } from "./accounts.ts";
import { exitCodes } from "./exit.ts";
import type { Invocation } from "./program.ts";
import { openLog, readSettings } from "./settings.ts";

const groupings = { day: "day", group: "conversation", user: "person", model: "model" } as const;
type Grouping = keyof typeof groupings;
type Row = UsageSum & { of: string };

/** What the bot's model calls took, from the books of the data folder. */
export async function usage({ flags, options }: Invocation): Promise<number> {
  const config = oneAccount(readSettings(flags, { log: "warn" }));
  const by = groupingOf(options.by ?? "day");
  const from = dayOf(systemClock.now() - (daysOf(options.days) - 1) * 86_400_000);
  const path = openHome(config.home).databasePath;
  const store = openStore({ path, appId: config.appId ?? "", clock: systemClock, log: openLog(config) });
  try {
    const rows = summed(store.usage.days(from), by);
    process.stdout.write(options.json ? `${JSON.stringify({ from, by, rows }, null, 2)}\n` : table(rows, by, from));
    return exitCodes.ok;
  } finally {
    store.close();
  }
}

function groupingOf(by: unknown): Grouping {
  if (typeof by === "string" && by in groupings) return by as Grouping;
  const words = Object.keys(groupings).join(", ");
  throw new InputError("by", `--by must be one of ${words}`, { remedy: "Write --by day." });
}

function daysOf(given: unknown): number {
  const days = Number(given ?? 7);
  if (Number.isInteger(days) && days >= 1 && days <= 400) return days;
  throw new InputError("days", "--days must be a whole number from 1 to 400", { remedy: "Write --days 7." });
}

/** By day in order, otherwise the greatest first. */
function summed(days: readonly UsageDay[], by: Grouping): Row[] {
  const rows = new Map<string, Row>();
  for (const day of days) {
    const of = day[groupings[by]];
    const row = rows.get(of) ?? { of, calls: 0, inputTokens: 0, outputTokens: 0, cost: 0 };
    row.calls += day.calls;
    row.inputTokens += day.inputTokens;
    row.outputTokens += day.outputTokens;
    row.cost += day.cost;
    rows.set(of, row);
  }
  const found = [...rows.values()];
  return by === "day" ? found : found.sort((a, b) => b.inputTokens + b.outputTokens - a.inputTokens - a.outputTokens);
}

function table(rows: readonly Row[], by: Grouping, from: string): string {
  if (rows.length === 0) return `no model calls since ${from}\n`;
  const cells = rows.map((row) => [row.of, ...numbersOf(row)]);
  const whole: UsageSum = {
    calls: sum(rows, "calls"),
    inputTokens: sum(rows, "inputTokens"),
    outputTokens: sum(rows, "outputTokens"),
    cost: sum(rows, "cost"),
  };
  const lines = [[by, "calls", "in", "out", "cost"], ...cells, ["all", ...numbersOf(whole)]];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const shown = lines.map((line) =>
    line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  "),
  );
  return `${shown.join("\n")}\n`;
}

function sum(rows: readonly Row[], name: keyof UsageSum): number {
  return rows.reduce((all, row) => all + row[name], 0);
}

function numbersOf({ calls, inputTokens, outputTokens, cost }: UsageSum): string[] {
  return [`${calls}`, `${inputTokens}`, `${outputTokens}`, cost.toFixed(4)];
}
