import { describe, expect, it } from "vitest";
import { ApiError, ConfigError, RateLimitError } from "../../../src/core/errors.ts";
import type { ConnectionEnd } from "../../../src/events/connection.ts";
import { type Recovery, RecoveryPolicy } from "../../../src/events/recovery.ts";
import { FakeClock } from "../../kit/fake-clock.ts";

function start(random = 0.5) {
  const clock = new FakeClock();
  return { clock, policy: new RecoveryPolicy({ random: () => random, now: () => clock.now() }) };
}

function closed(code: number, facts: Partial<ConnectionEnd> = {}): ConnectionEnd {
  return { cause: "closed", code, detail: "", isAuthSent: true, ...facts };
}

function delayOf(step: Recovery): number {
  if (step.kind !== "retry") throw new Error(`stopped: ${step.error.message}`);
  return step.delayMs;
}

const apiFacts = { service: "bot", method: "GET", path: "/gateway/bot" };

describe("delays", () => {
  it.each([
    [0, 0],
    [0.5, 500],
    [0.999, 999],
  ])("are anything below a ceiling that grows (random %d)", (random, expected) => {
    const { policy } = start(random);
    expect(delayOf(policy.plan(closed(1006), "identify"))).toBe(expected);
  });

  it("slow down for connections that die right after READY, though READY resets the backoff", () => {
    const { clock, policy } = start();
    const delays: number[] = [];
    for (let round = 0; round < 6; round++) {
      policy.live();
      delays.push(delayOf(policy.plan(closed(4009, { liveAt: clock.now() }), "resume")));
    }
    expect(delays).toEqual([0, 0, 500, 1000, 2500, 5000]);
  });

  it("stay at none for 4009 after half an hour, every time", async () => {
    const { clock, policy } = start();
    for (let round = 0; round < 6; round++) {
      policy.live();
      const liveAt = clock.now();
      await clock.advance(1_800_000);
      expect(delayOf(policy.plan(closed(4009, { liveAt }), "resume"))).toBe(0);
    }
  });

  it("are not skipped by 4009 and op 7 on connections that never worked", () => {
    const { policy } = start();
    expect(delayOf(policy.plan(closed(4009), "resume"))).toBe(500);
    const op7: ConnectionEnd = { cause: "op7", detail: "", isAuthSent: true };
    expect(delayOf(policy.plan(op7, "resume"))).toBe(1000);
  });

  it("stretch the session starts that are left over the day once identifies fail again and again", () => {
    const { policy } = start();
    const delays = Array.from({ length: 6 }, () => delayOf(policy.plan(closed(4900), "identify", 144_000)));
    expect(delays).toEqual([500, 1000, 2500, 5000, 144_000, 144_000]);
    // A resume costs none.
    expect(delayOf(start().policy.plan(closed(1006), "resume", 144_000))).toBe(500);
  });

  it.each([
    ["an address that is not on the list", new ApiError("no", { ...apiFacts, status: 401, qqCode: 11_298 }), 30_000],
    ["too many calls", new ApiError("no", { ...apiFacts, status: 200, qqCode: 100_017 }), 60_000],
    [
      "a rate limit",
      new RateLimitError("later", { ...apiFacts, status: 429, retryAfterMs: 90_000, bucket: "b" }),
      90_000,
    ],
    ["a server error", new ApiError("no", { ...apiFacts, status: 503 }), 500],
    ["no network", new TypeError("fetch failed"), 500],
  ])("of a look-up fit %s", (_what, error, expected) => {
    const { policy } = start();
    expect(delayOf(policy.planFailure(error))).toBe(expected);
  });
});

describe("decisions", () => {
  it.each([4001, 4002])("allow one more try after our own fault %i", (code) => {
    const { policy } = start();
    expect(policy.plan(closed(code), "identify")).toMatchObject({ kind: "retry", keepSession: false });
    expect(policy.plan(closed(code), "identify")).toMatchObject({
      kind: "stop",
      error: { closeCode: code, fatal: true },
    });
  });

  it.each([4010, 4012])("stop on a set-up that the platform refuses (%i)", (code) => {
    const { policy } = start();
    expect(policy.plan(closed(code), "identify").kind).toBe("stop");
  });

  it("count a code in a row over short lives, and anew after a sound one", async () => {
    const { clock, policy } = start();
    policy.plan(closed(4001), "identify");
    const liveAt = clock.now();
    await clock.advance(60_000);
    policy.live();
    expect(policy.plan(closed(4001, { liveAt }), "identify").kind).toBe("retry");
  });

  it("keep the session while the network is down, and give it up after three unanswered resumes", () => {
    const { policy } = start();
    for (let round = 0; round < 10; round++) {
      expect(policy.plan(closed(1006, { isAuthSent: false }), "resume")).toMatchObject({ keepSession: true });
    }
    const kept = [1, 2, 3].map(() => policy.plan(closed(1006), "resume"));
    expect(kept.map((step) => step.keepSession)).toEqual([true, true, false]);
  });

  it("keep a live session that op 9 calls resumable, however it had begun", () => {
    const { clock, policy } = start();
    const end: ConnectionEnd = { cause: "op9", detail: "", isAuthSent: true, liveAt: clock.now(), isResumable: true };
    expect(policy.plan(end, "identify")).toMatchObject({ keepSession: true });
    expect(policy.plan({ ...end, isResumable: false }, "identify")).toMatchObject({ keepSession: false });
  });

  it("suspect the intents when sessions cannot be created (4903) again and again", () => {
    const { policy } = start();
    expect(policy.plan(closed(4903), "identify")).not.toHaveProperty("maskRefusal");
    expect(policy.plan(closed(4903), "identify")).toMatchObject({ maskRefusal: {}, keepSession: false });
  });

  it("take refused settings as final until they have once worked", () => {
    const { policy } = start();
    const error = new ConfigError("QQ_BOT_APP_SECRET", "wrong");
    expect(policy.planFailure(error)).toEqual({ kind: "stop", error, keepSession: true });
    policy.live();
    expect(policy.planFailure(error).kind).toBe("retry");
  });

  it("say what happened with its remedy", () => {
    const { policy } = start();
    const error = new ApiError("Address not allowed.", { ...apiFacts, status: 401, remedy: "Add it in the console." });
    expect(policy.planFailure(error)).toMatchObject({ detail: "Address not allowed. Add it in the console." });
  });
});
