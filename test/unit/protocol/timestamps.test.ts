import { describe, expect, it } from "vitest";
import { formatTimestamp, parseTimestamp } from "../../../src/protocol/timestamps.ts";

describe("parseTimestamp", () => {
  it.each([
    ["2026-11-20T20:31:07+08:00", 1_795_177_867_000],
    ["2026-11-20T12:31:07Z", 1_795_177_867_000],
    [1_795_177_867, 1_795_177_867_000],
    ["1795177867", 1_795_177_867_000],
    [1_795_177_867_123, 1_795_177_867_123],
    ["2023-11-06 13:37:18.527193 +0800 CST m=+0.1", 1_699_249_038_527],
    ["2023-11-06 13:37:18 +0800 CST", 1_699_249_038_000],
  ])("reads %j", (value, expected) => {
    expect(parseTimestamp(value, 1)).toBe(expected);
  });

  it.each([undefined, null, "", "soon", 0, -5, Number.NaN, {}, "0001-01-01T00:00:00Z"])(
    "falls back for %j",
    (value) => {
      expect(parseTimestamp(value, 42)).toBe(42);
    },
  );

  it("reads back what it writes", () => {
    expect(formatTimestamp(1_795_177_867_000)).toBe("2026-11-20T20:31:07+08:00");
    expect(parseTimestamp(formatTimestamp(1_795_177_867_000), 1)).toBe(1_795_177_867_000);
  });
});
