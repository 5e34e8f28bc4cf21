import { expect, onTestFinished, vi } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { QQError } from "../../src/core/errors.ts";

const patienceMs = 10_000;

/**
 * What came of a call: "answer", or the code of an error of ours that says what to do. Fails for anything else: another
 * error is a bug, and so is no answer at all.
 */
export async function outcomeOf(name: string, call: (signal: AbortSignal) => Promise<unknown>): Promise<string> {
  const patience = AbortSignal.timeout(patienceMs);
  try {
    await call(patience);
    return "answer";
  } catch (error) {
    if (patience.aborted) throw new Error(`${name} gave no answer within ${patienceMs} ms`);
    if (!(error instanceof QQError)) throw new Error(`${name} is broken`, { cause: error });
    expect(error.code).toMatch(/^\S+$/);
    expect(error.message).not.toBe("");
    expect(error.remedy, `${error.name} ${error.code}: ${error.message}`).toMatch(/\w/);
    return error.code;
  }
}

/** Until the test ends, whoever sleeps on the system's clock wakes at once, and finds that the time has passed. */
export function hurryClock(): void {
  let ahead = 0;
  const now = vi.spyOn(systemClock, "now").mockImplementation(() => Date.now() + ahead);
  const sleep = vi.spyOn(systemClock, "sleep").mockImplementation((delayMs, signal) => {
    if (signal?.aborted) return Promise.reject(signal.reason);
    ahead += delayMs;
    return new Promise((done) => setImmediate(done));
  });
  onTestFinished(() => {
    now.mockRestore();
    sleep.mockRestore();
  });
}
