import { describe, expect, it } from "vitest";
import { checkCron, localTime, nextTime, shortestGap, timeInWords } from "../../../src/bot/times.ts";

const at = (text: string) => Date.parse(text);
const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());

describe("a cron pattern", () => {
  it.each([
    ["0 8 * * *", "Asia/Shanghai", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00.000Z"],
    ["0 8 * * 1-5", "Asia/Shanghai", "2026-11-27T01:00:00Z", "2026-11-30T00:00:00.000Z"],
    ["30 9 1 * *", "Europe/Berlin", "2026-03-02T00:00:00Z", "2026-04-01T07:30:00.000Z"],
    // Clocks go forward there at 2:00 on 2026-03-08, and back at 2:00 on 2026-11-01: eight o'clock stays eight o'clock.
    ["0 8 * * *", "America/New_York", "2026-03-07T14:00:00Z", "2026-03-08T12:00:00.000Z"],
    ["0 8 * * *", "America/New_York", "2026-10-31T13:00:00Z", "2026-11-01T13:00:00.000Z"],
  ])("%s in %s after %s", (cron, zone, from, expected) => {
    expect(iso(nextTime(cron, zone, at(from)))).toBe(expected);
  });

  it("at a time that the clocks skip or show twice comes once that day", () => {
    for (const [cron, day] of [
      ["30 2 * * *", "2026-03-07T12:00:00Z"],
      ["30 1 * * *", "2026-10-31T12:00:00Z"],
    ] as const) {
      const first = nextTime(cron, "America/New_York", at(day)) ?? 0;
      const second = nextTime(cron, "America/New_York", first) ?? 0;
      expect(first - at(day)).toBeLessThan(24 * 3_600_000);
      expect(second - first).toBeGreaterThan(20 * 3_600_000);
    }
  });

  it.each(["0 8 * *", "* * * * * *", "61 8 * * *", "hello", "0 8 * * * ; rm"])("%s is none", (cron) => {
    expect(() => checkCron(cron, "Asia/Shanghai")).toThrow();
  });

  it("tells how often it comes at most", () => {
    expect(shortestGap("*/5 * * * *", "Asia/Shanghai", 0)).toBe(300_000);
    expect(shortestGap("0 8,9 * * *", "Asia/Shanghai", 0)).toBe(3_600_000);
  });
});

describe("a time as people write it", () => {
  it.each([
    ["2026-11-25 08:00", "Asia/Shanghai", "2026-11-25T00:00:00.000Z"],
    ["2026-07-01T08:00:30", "America/New_York", "2026-07-01T12:00:30.000Z"],
    ["2026-01-01 08:00", "America/New_York", "2026-01-01T13:00:00.000Z"],
    // Skipped by the clocks: the one an hour later.
    ["2026-03-08 02:30", "America/New_York", "2026-03-08T07:30:00.000Z"],
  ])("%s in %s", (text, zone, expected) => {
    expect(iso(localTime(text, zone))).toBe(expected);
  });

  it.each(["tomorrow", "2026-13-01 08:00", "2026-02-30 08:00", "08:00"])("%s is none", (text) => {
    expect(() => localTime(text, "Asia/Shanghai")).toThrow(/is no time|not in the calendar/);
  });

  it("is written with its weekday", () => {
    expect(timeInWords(at("2026-11-25T00:05:00Z"), "Asia/Shanghai")).toBe("2026-11-25 08:05 (Wednesday)");
  });
});
