import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/core/errors.ts";
import { identifySpacingMs, isPart, parseShards, sdkSpacingMs, shardOfGuild } from "../../../src/protocol/shards.ts";

describe("parseShards", () => {
  it.each([
    ["auto", { kind: "auto" }, false],
    [" AUTO ", { kind: "auto" }, false],
    ["1", { kind: "fixed", ids: [0], count: 1 }, false],
    ["3", { kind: "fixed", ids: [0, 1, 2], count: 3 }, false],
    ["2, 0,2/4", { kind: "fixed", ids: [0, 2], count: 4 }, true],
    ["0,1/2", { kind: "fixed", ids: [0, 1], count: 2 }, false],
  ])("reads %j", (text, plan, part) => {
    const parsed = parseShards(text);
    expect([parsed, isPart(parsed)]).toEqual([plan, part]);
  });

  it.each(["0", "-1", "1001", "4/4", "0,4/4", "1,/4", "/4", "1.5", "all", "0-1/4", ""])("refuses %j", (text) => {
    expect(() => parseShards(text)).toThrow(ConfigError);
    expect(() => parseShards(text)).toThrow(
      expect.objectContaining({ setting: "QQ_BOT_SHARDS", remedy: expect.stringContaining("0,1/4") }),
    );
  });
});

describe("shards", () => {
  it("get a guild by its id, which is larger than a double holds", () => {
    expect(shardOfGuild("5823917460352891147", 4)).toBe(2);
    expect(shardOfGuild("5823917460352891147", 1)).toBe(0);
  });

  it.each([
    [1, 2000],
    [3, 1000],
    [5, 1000],
    [10, 1000],
    [100, 1000],
  ])("identify at the pace of Tencent's SDK for a concurrency of %d", (concurrency, ms) => {
    expect(sdkSpacingMs(concurrency)).toBe(ms);
  });

  it.each([1, 2, 3, 4, 5, 10, 100])("never identify more often than documented or than the SDK (%d)", (concurrency) => {
    const spacing = identifySpacingMs(concurrency);
    expect(spacing).toBeGreaterThanOrEqual(sdkSpacingMs(concurrency));
    expect(spacing * concurrency).toBeGreaterThanOrEqual(5000);
    expect(identifySpacingMs(0)).toBe(5000);
  });
});
