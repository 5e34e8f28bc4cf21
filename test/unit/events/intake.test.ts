import { describe, expect, it } from "vitest";
import { silentLog } from "../../../src/core/log.ts";
import { Intake } from "../../../src/events/intake.ts";
import type { Envelope } from "../../../src/protocol/envelope.ts";
import { FakeClock, settle } from "../../kit/fake-clock.ts";

function envelope(seq: number): Envelope {
  return { source: "gateway", appId: "a", seq, id: `e${seq}`, type: "C2C_MESSAGE_CREATE", receivedAt: 0, data: {} };
}

function start(accept: (seq: number) => Promise<void>, capacity = 100) {
  const clock = new FakeClock();
  const offered: number[] = [];
  const settled: number[] = [];
  const pressure: boolean[] = [];
  const lines: string[] = [];
  const note = (_: object, message: string) => lines.push(message);
  const intake = new Intake({
    accept: ({ seq = 0 }) => {
      offered.push(seq);
      return accept(seq);
    },
    capacity,
    onPressure: (isFull) => pressure.push(isFull),
    clock,
    log: { ...silentLog, error: note, info: note },
  });
  const offer = (seq: number) => intake.offer(envelope(seq), () => settled.push(seq));
  return { clock, intake, offered, settled, pressure, lines, offer };
}

const broken = () => Promise.reject(new Error("disk full"));

describe("the intake", () => {
  it("does not wait for one event before it offers the next, so that their writes share a commit", () => {
    const { offered, offer } = start(() => new Promise(() => {}));
    for (const seq of [1, 2, 3]) offer(seq);
    expect(offered).toEqual([1, 2, 3]);
  });

  it("says once that nothing is accepted, and once that it is again, however many wait", async () => {
    let isDown = true;
    const { clock, settled, lines, offer } = start(() => (isDown ? broken() : Promise.resolve()));
    for (let seq = 1; seq <= 50; seq++) offer(seq);
    await settle();
    for (let seq = 51; seq <= 90; seq++) offer(seq);
    await clock.advance(20_000);
    expect(lines).toEqual([expect.stringContaining("not accepted")]);
    isDown = false;
    await clock.advance(10_000);
    expect(settled).toHaveLength(90);
    expect(lines.slice(1)).toEqual(["events are accepted again"]);
  });

  it("names an event that alone is not accepted", async () => {
    const { clock, lines, offer } = start((seq) => (seq === 1 ? broken() : Promise.resolve()));
    for (const seq of [1, 2, 3]) offer(seq);
    await clock.advance(30_000);
    offer(4);
    await clock.advance(60_000);
    offer(5);
    await clock.advance(60_000);
    expect(lines).toEqual([
      expect.stringContaining("not accepted"),
      "only this event is not accepted",
      "events are accepted again",
    ]);
  });

  it("lets later events queue behind a refused one and offers all of them again in order", async () => {
    let isDown = true;
    const { clock, offered, settled, offer } = start(() => (isDown ? broken() : Promise.resolve()));
    offer(1);
    await settle();
    offer(3);
    offer(2);
    expect(offered).toEqual([1]);
    isDown = false;
    await clock.advance(1000);
    expect(offered).toEqual([1, 1, 2, 3]);
    expect(settled).toEqual([1, 2, 3]);
    offer(4);
    expect(offered).toHaveLength(5);
  });

  it("tries for as long as the store is down, at growing distances", async () => {
    const { clock, offered, intake, offer } = start(broken);
    offer(1);
    await clock.advance(0);
    const times: number[] = [];
    for (let second = 1; second <= 40; second++) {
      const before = offered.length;
      await clock.advance(1000);
      if (offered.length > before) times.push(second);
    }
    expect(times).toEqual([1, 3, 8, 18, 28, 38]);
    expect(intake.backlog).toBe(1);
  });

  it("does not let one event that is always refused hold up the others", async () => {
    const { clock, settled, intake, offer } = start((seq) => (seq === 1 ? broken() : Promise.resolve()));
    offer(1);
    await settle();
    offer(2);
    await clock.advance(1000);
    expect(settled).toEqual([2]);
    for (let seq = 3; seq < 20; seq++) {
      offer(seq);
      await settle();
      expect(settled.at(-1)).toBe(seq);
      await clock.advance(7000);
    }
    expect(intake.backlog).toBe(1);
  });

  it("drops a replay of an event that is still here, and settles both with the first", async () => {
    let accept = () => {};
    const { offered, settled, offer } = start(
      () =>
        new Promise((resolve) => {
          accept = resolve;
        }),
    );
    offer(1);
    offer(1);
    expect(offered).toEqual([1]);
    accept();
    await settle();
    expect(settled).toEqual([1, 1]);
  });

  it("reports pressure above its capacity and relief at half of it", async () => {
    const waiting: (() => void)[] = [];
    const { pressure, offer } = start(() => new Promise((resolve) => waiting.push(resolve)), 4);
    for (let seq = 1; seq <= 4; seq++) offer(seq);
    expect(pressure).toEqual([]);
    offer(5);
    expect(pressure).toEqual([true]);
    for (const done of waiting.splice(0, 2)) done();
    await settle();
    expect(pressure).toEqual([true]);
    for (const done of waiting.splice(0, 1)) done();
    await settle();
    expect(pressure).toEqual([true, false]);
  });

  it("takes a thrown error like a rejection", async () => {
    let isFirst = true;
    const { clock, settled, offer } = start(() => {
      if (!isFirst) return Promise.resolve();
      isFirst = false;
      throw new Error("closed");
    });
    offer(1);
    await clock.advance(1000);
    expect(settled).toEqual([1]);
  });

  it("waits at its stop for what is under way and takes nothing more", async () => {
    let accept = () => {};
    const { clock, intake, offered, offer } = start(
      () =>
        new Promise((resolve) => {
          accept = resolve;
        }),
    );
    offer(1);
    let isIdle = false;
    const stopped = intake.stop().then(() => {
      isIdle = true;
    });
    offer(2);
    await settle();
    expect([isIdle, offered]).toEqual([false, [1]]);
    accept();
    await stopped;
    expect(clock.pending).toBe(0);
  });
});
