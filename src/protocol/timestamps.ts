const earliest = Date.UTC(2015, 0);
/** Go's default rendering, seen in old traffic: `2023-11-06 13:37:18.5 +0800 CST m=+0.1`. */
const goForm = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,3})?)\d* ([+-]\d\d):?(\d\d)/;

/**
 * Epoch ms of a platform timestamp: RFC 3339 (messages), Unix seconds as number or digits (lifecycle events), or Go's
 * rendering. `fallbackMs` for anything else.
 */
export function parseTimestamp(value: unknown, fallbackMs: number): number {
  const parsed = readTimestamp(value);
  return parsed !== undefined && parsed >= earliest ? parsed : fallbackMs;
}

function readTimestamp(value: unknown): number | undefined {
  if (typeof value === "number") return fromNumber(value);
  if (typeof value !== "string") return undefined;
  if (/^\d{9,13}$/.test(value)) return fromNumber(Number(value));
  const go = goForm.exec(value);
  const text = go ? `${go[1]}T${go[2]}${go[3]}:${go[4]}` : value;
  const time = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function fromNumber(value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined;
  return value >= 100_000_000_000 ? value : value * 1000;
}

/** RFC 3339 in Beijing time without fractions, as the platform writes it. */
export function formatTimestamp(epochMs: number): string {
  return `${new Date(epochMs + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
}

/** The day there, as 2026-11-25: what the platform counts by. */
export function dayOf(epochMs: number): string {
  return formatTimestamp(epochMs).slice(0, 10);
}
