import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import type { TurnRecord } from "../../../src/bot/turn-record.ts";
import { createTurnLog } from "../../../src/cli/turn-log.ts";
import { silentLog } from "../../../src/core/log.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { temporaryFolder } from "../../kit/processes.ts";

const record: TurnRecord = {
  ...{ endedAt: 1, turn: "e", conversation: "group:G", result: "replied", steps: [] },
  ...{ attempt: 1, waitedMs: 0, tookMs: 5, inputTokens: 1, outputTokens: 1, cost: 0 },
};

it("writes a line per turn into the file of the day, and keeps thirty of them and all that is not its own", async () => {
  const folder = temporaryFolder();
  for (let day = 1; day <= 31; day++)
    writeFileSync(join(folder, `turns-2026-10-${String(day).padStart(2, "0")}.jsonl`), "old\n");
  writeFileSync(join(folder, "mine.txt"), "");
  const clock = new FakeClock();
  const write = createTurnLog(folder, { clock, log: silentLog });
  write(record);
  write({ ...record, turn: "f" });
  const path = join(folder, "turns-2026-11-20.jsonl");
  await vi.waitFor(() => expect(readFileSync(path, "utf8").trim().split("\n")).toHaveLength(2));
  expect(JSON.parse(readFileSync(path, "utf8").split("\n")[1] ?? "")).toEqual({ ...record, turn: "f" });
  expect(readdirSync(folder)).toHaveLength(32);
  await clock.advance(86_400_000);
  write(record);
  await vi.waitFor(() => expect(readdirSync(folder)).toContain("turns-2026-11-21.jsonl"));
  expect(readdirSync(folder)).not.toContain("turns-2026-10-02.jsonl");
});

it("says once that it cannot write, and costs nothing else", async () => {
  const folder = join(temporaryFolder(), "file");
  mkdirSync(join(folder, "turns-2026-11-20.jsonl"), { recursive: true });
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_: unknown, message: string) => void warnings.push(message) };
  const write = createTurnLog(folder, { clock: new FakeClock(), log });
  write(record);
  write(record);
  await vi.waitFor(() => expect(warnings).toHaveLength(1));
  expect(warnings[0]).toContain("QQ_BOT_TRACES");
});
