import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { silentLog } from "../../../src/core/log.ts";
import { openStore, type Store } from "../../../src/store/store.ts";
import { FakeClock } from "../../kit/fake-clock.ts";

/** Runs after the test, last registered first. */
export function afterTest(cleanup: () => void): void {
  onTestFinished(() => void cleanup());
}

/** An empty folder that is gone after the test. */
export function scratchFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "qq-skill-"));
  afterTest(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** A store that is closed after the test; in memory unless a path is given. */
export function scratchStore(
  options: { path?: string; appId?: string; clock?: FakeClock; keepDays?: number } = {},
): Store {
  const { path = ":memory:", appId = "102000001", clock = new FakeClock(), keepDays } = options;
  const store = openStore({ path, appId, clock, keepDays, log: silentLog });
  afterTest(() => store.close());
  return store;
}
