import { describe, expect, it } from "vitest";
import { Heartbeat, heartbeatIntervalMs } from "../../../src/events/heartbeat.ts";
import { FakeClock } from "../../kit/fake-clock.ts";

function start(intervalMs: number, random = 0.5) {
  const clock = new FakeClock();
  const begin = clock.now();
  const beats: number[] = [];
  const deaths: number[] = [];
  const heartbeat: Heartbeat = new Heartbeat({
    intervalMs,
    beat: () => beats.push(clock.now() - begin),
    onDead: () => {
      deaths.push(clock.now() - begin);
      heartbeat.stop();
    },
    clock,
    random: () => random,
  });
  return { clock, heartbeat, beats, deaths };
}

describe("the heartbeat interval", () => {
  it.each([
    [41_250, 41_250],
    ["40000", 40_000],
    [undefined, 45_000],
    [0, 45_000],
    [-5, 45_000],
    ["", 45_000],
    ["soon", 45_000],
    [Number.POSITIVE_INFINITY, 45_000],
    [1, 100],
    [10_000_000, 600_000],
  ])("reads %s as %i ms", (value, expected) => {
    expect(heartbeatIntervalMs(value)).toBe(expected);
  });
});

describe("a heartbeat", () => {
  it("begins after a random part of the interval and then keeps to it", async () => {
    const { clock, heartbeat, beats } = start(1000, 0.25);
    for (let step = 0; step < 33; step++) {
      await clock.advance(100);
      heartbeat.ack();
    }
    expect(beats).toEqual([250, 1250, 2250, 3250]);
  });

  it.each([
    [1000, 500 + 1000 + 500],
    [40_000, 20_000 + 40_000 + 5000],
  ])("with %i ms gives one missed acknowledgement its grace, then reports death once", async (intervalMs, diesAt) => {
    const { clock, deaths } = start(intervalMs);
    await clock.advance(diesAt - 1);
    expect(deaths).toEqual([]);
    await clock.advance(500_000);
    expect(deaths).toEqual([diesAt]);
    expect(clock.pending).toBe(0);
  });

  it("lives on when the acknowledgement comes within the grace", async () => {
    const { clock, heartbeat, deaths } = start(40_000);
    await clock.advance(64_999);
    heartbeat.ack();
    await clock.advance(30_000);
    expect(deaths).toEqual([]);
  });

  it("goes on beating, unjudged, while nothing can be read, and is judged again afterwards", async () => {
    const { clock, heartbeat, beats, deaths } = start(1000);
    heartbeat.hold();
    await clock.advance(60_000);
    expect(beats).toHaveLength(60);
    heartbeat.release();
    await clock.advance(1000);
    expect(deaths).toEqual([]);
    await clock.advance(2000);
    expect(deaths).toHaveLength(1);
  });
});
