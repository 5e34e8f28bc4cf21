import { hasTelemetry, spansOf } from "../bot/telemetry.ts";
import type { TraceSink } from "../bot/tracer.ts";
import { recordTurns, type TurnRecord } from "../bot/turn-record.ts";
import type { Config } from "../config/schema.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { createTurnLog } from "./turn-log.ts";

/** What turns took, to the folder of the settings and to OpenTelemetry, as far as somebody wants it. */
export function turnRecords(config: Config, parts: { clock: Clock; log: Log }): TraceSink | undefined {
  const tellers: ((record: TurnRecord) => void)[] = [
    ...(config.traces ? [createTurnLog(config.traces, parts)] : []),
    ...(hasTelemetry() ? [(record: TurnRecord) => spansOf(record)] : []),
  ];
  if (tellers.length === 0) return undefined;
  const account = config.account === undefined ? {} : { account: config.account };
  return recordTurns((record) => {
    for (const tell of tellers) tell({ ...record, ...account });
  });
}

/** One sink for several; none where nobody looks, so that nothing is collected. */
export function traceTo(sinks: readonly (TraceSink | undefined)[]): { trace?: TraceSink } {
  const wanted = sinks.filter((sink) => sink !== undefined);
  if (wanted.length === 0) return {};
  return {
    trace(trace) {
      for (const sink of wanted) sink(trace);
    },
  };
}
