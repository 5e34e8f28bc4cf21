import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openFolder } from "../soak/folder.ts";
import { runProcessSeed } from "../soak/process-run.ts";
import { runSeed } from "../soak/seed-run.ts";

function folder(): string {
  const { path, remove } = openFolder();
  onTestFinished(remove);
  return path;
}

/** `npm run soak -- --seed N` plays one of them again, step by step. */
describe("whatever goes wrong, nothing is lost and nothing comes twice", () => {
  it("in 200 seeds of faults, crashes and messages over virtual time", { timeout: 180_000 }, async () => {
    const path = folder();
    const wrong: Record<number, string[]> = {};
    for (let seed = 1; seed <= 200; seed++) {
      const { problems } = await runSeed(seed, { folder: join(path, String(seed)) });
      if (problems.length > 0) wrong[seed] = problems;
    }
    expect(wrong).toEqual({});
  });

  it("in 5 seeds with real processes and SIGKILL", { timeout: 90_000 }, async () => {
    const path = folder();
    const verdicts = await Promise.all(
      [1, 2, 3, 4, 5].map((seed) => {
        const home = join(path, String(seed));
        mkdirSync(home);
        return runProcessSeed(seed, home);
      }),
    );
    expect(verdicts.map(({ problems }) => problems)).toEqual([[], [], [], [], []]);
    expect(verdicts.map(({ kills }) => kills)).toEqual([1, 1, 1, 1, 1]);
  });
});
