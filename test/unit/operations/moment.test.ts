import { describe, expect, it } from "vitest";
import { moment } from "../../../src/operations/moment.ts";

describe("a point in time", () => {
  it.each([
    ["seconds", "0", "0"],
    ["seconds", "1790000000", "1790000000"],
    ["seconds", "2026-11-26T15:00+08:00", "1795676400"],
    ["milliseconds", "1790000000000", "1790000000000"],
    ["milliseconds", "2026-11-26T07:00:30Z", "1795676430000"],
  ] as const)("in %s: %s is %s", (unit, given, wanted) => {
    expect(moment(unit).parse(given)).toBe(wanted);
  });

  it.each(["2026-11-26 15:00", "2026-11-26T15:00", "2026-13-40T25:00Z", "tomorrow", "17900000000000000"])(
    "refuses %s: no zone, no such day, no time at all",
    (given) => {
      expect(moment("milliseconds").safeParse(given).success).toBe(false);
    },
  );
});
