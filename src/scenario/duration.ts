import { z } from "zod";

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof unitMs;

/** `500ms`, `3s`, `5m`, `2h`, `1d`: a number with its unit. Parsed to whole milliseconds. */
export const duration = z
  .string({ error: "must be a time with its unit, such as 500ms, 3s, 5m, 2h or 1d" })
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, "must be a time with its unit, such as 500ms, 3s, 5m, 2h or 1d")
  .transform((text) => {
    const [, number, unit] = /^([\d.]+)(\w+)$/.exec(text) as unknown as [string, string, Unit];
    return Math.round(Number(number) * unitMs[unit]);
  });

/** `1.5 s`, `340 ms`: for people. */
export function inWords(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(1))} s`;
}
