import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SeqCursor } from "../../../src/events/seq-cursor.ts";

describe("the two positions of a session", () => {
  it("begins without any, and restored at the same place", () => {
    const cursor = new SeqCursor();
    expect([cursor.received, cursor.settled]).toEqual([null, null]);
    cursor.begin(41);
    expect([cursor.received, cursor.settled]).toEqual([41, 41]);
  });

  it("holds the settled one below an unsettled event while the received one goes on", () => {
    const cursor = new SeqCursor();
    cursor.begin(1);
    const two = cursor.track(2);
    const three = cursor.track(3);
    three();
    expect([cursor.received, cursor.settled]).toEqual([3, 1]);
    two();
    expect(cursor.settled).toBe(3);
  });

  it("takes a sequence that is open twice as settled with the second settlement, each counted once", () => {
    const cursor = new SeqCursor();
    cursor.begin(1);
    const [one, other] = [cursor.track(2), cursor.track(2)];
    one();
    one();
    expect(cursor.settled).toBe(1);
    other();
    expect(cursor.settled).toBe(2);
  });

  it("ignores settlements that belong to an earlier session", () => {
    const cursor = new SeqCursor();
    cursor.begin(1);
    const old = cursor.track(2);
    cursor.begin(1);
    cursor.track(2);
    old();
    expect(cursor.settled).toBe(1);
  });

  it("does not go back below its start for an event that comes out of order", () => {
    const cursor = new SeqCursor();
    cursor.begin(10);
    cursor.track(7);
    expect([cursor.received, cursor.settled]).toEqual([10, 10]);
  });

  it("is always just below the lowest unsettled event, in whatever order they settle", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([2, 3, 4, 5, 6, 7, 8, 9], { minLength: 1 }), (order) => {
        const cursor = new SeqCursor();
        cursor.begin(1);
        const settle = new Map([2, 3, 4, 5, 6, 7, 8, 9].map((seq) => [seq, cursor.track(seq)]));
        const open = new Set(settle.keys());
        for (const seq of order) {
          settle.get(seq)?.();
          open.delete(seq);
          expect(cursor.settled).toBe(open.size === 0 ? 9 : Math.min(...open) - 1);
        }
      }),
    );
  });
});
