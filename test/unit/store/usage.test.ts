import { describe, expect, it } from "vitest";
import { silentLog } from "../../../src/core/log.ts";
import { openStore } from "../../../src/store/store.ts";
import { FakeClock } from "../../kit/fake-clock.ts";

const open = () => openStore({ path: ":memory:", appId: "1", clock: new FakeClock(), log: silentLog }).usage;
/** 23:59 and 00:01 in Beijing. */
const late = Date.parse("2026-11-25T15:59:00Z");
const early = Date.parse("2026-11-25T16:01:00Z");
const row = { conversation: "group:G", person: "A", model: "m", inputTokens: 10, outputTokens: 5, cost: 0.5 };

describe("usage", () => {
  it("counts each step once, by the day of Beijing", async () => {
    const usage = open();
    await usage.record({ ...row, key: "e/model-1", at: late });
    await usage.record({ ...row, key: "e/model-1", at: early });
    await usage.record({ ...row, key: "e/model-2", at: early });
    await usage.record({ ...row, key: "f/model-1", at: early, person: "B" });
    expect(usage.sum("2026-11-25")).toEqual({ calls: 1, inputTokens: 10, outputTokens: 5, cost: 0.5 });
    expect(usage.sum("2026-11-26", { conversation: "group:G" })).toMatchObject({ calls: 2, cost: 1 });
    expect(usage.sum("2026-11-26", { person: "B" })).toMatchObject({ calls: 1, inputTokens: 10 });
    expect(usage.sum("2026-11-27")).toEqual({ calls: 0, inputTokens: 0, outputTokens: 0, cost: 0 });
    expect(usage.days("2026-11-26").map(({ day, person }) => `${day} ${person}`)).toEqual([
      ...["2026-11-26 A", "2026-11-26 B"],
    ]);
  });

  it("tells each subject once a day, by one event and its repeats", async () => {
    const usage = open();
    expect(await usage.tellOnce("2026-11-25", "person:A", "e1")).toBe(true);
    expect(await usage.tellOnce("2026-11-25", "person:A", "e1")).toBe(true);
    expect(await usage.tellOnce("2026-11-25", "person:A", "e2")).toBe(false);
    expect(await usage.tellOnce("2026-11-26", "person:A", "e2")).toBe(true);
    expect(await usage.tellOnce("2026-11-25", "person:B", "e3")).toBe(true);
  });

  it("forgets what is older than 400 days", async () => {
    const usage = open();
    await usage.record({ ...row, key: "old", at: late });
    await usage.record({ ...row, key: "new", at: late + 401 * 86_400_000 });
    expect(usage.days("2000-01-01")).toHaveLength(1);
  });
});
