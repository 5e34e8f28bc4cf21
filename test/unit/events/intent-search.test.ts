import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IntentSearch, type KnownRefusal } from "../../../src/events/intent-search.ts";
import { bitsByImportance, defaultIntents } from "../../../src/protocol/intents.ts";

const day = 24 * 3_600_000;

function start({ wanted = defaultIntents, known }: { wanted?: number; known?: KnownRefusal } = {}) {
  const time = { now: 1_000_000 };
  return { time, search: new IntentSearch({ wanted, known, now: () => time.now }) };
}

/** Answers as a platform that grants `granted`, until nothing is left to ask; returns every mask that was asked. */
function ask(search: IntentSearch, granted: number, isNamed = true): number[] {
  const asked: number[] = [];
  while (!search.isSettled) {
    asked.push(search.mask);
    if ((search.mask & ~granted) >>> 0 === 0) search.accept(search.mask, false);
    else if (!search.refuse(search.mask, isNamed)) break;
    if (asked.length > 200) throw new Error("asks without end");
  }
  return asked;
}

const masks = fc.integer({ min: 1, max: 2 ** 32 - 1 });

describe("the search for granted intents", () => {
  it("costs one identify when all is granted", () => {
    expect(ask(start().search, defaultIntents)).toEqual([defaultIntents]);
  });

  it("leaves out exactly what is not granted, whatever that is, and never asks for more than was wanted", () => {
    fc.assert(
      fc.property(masks, masks, fc.boolean(), (wanted, granted, isNamed) => {
        const { search } = start({ wanted });
        const asked = ask(search, granted, isNamed);
        const usable = (wanted & granted) >>> 0;
        expect(search.isSettled).toBe(usable > 0);
        if (usable > 0) expect([search.mask, search.missing]).toEqual([usable, wanted - usable]);
        for (const mask of asked) expect((mask & ~wanted) >>> 0).toBe(0);
        // Doubtful refusals are asked for twice.
        expect(asked.length).toBeLessThanOrEqual((isNamed ? 2 : 4) * bitsByImportance(wanted).length);
      }),
    );
  });

  it.each(bitsByImportance(defaultIntents))(
    "finds one culprit among the usual six with few questions (bit %i)",
    (bit) => {
      const { search } = start();
      const asked = ask(search, defaultIntents - 2 ** bit);
      expect(search.missing).toBe(2 ** bit);
      expect(asked.length).toBeLessThanOrEqual(7);
    },
  );

  it("asks first for what matters most", () => {
    const asked = ask(start().search, 2 ** 30 + 2 ** 25);
    expect(bitsByImportance(asked[1] ?? 0)).toEqual([30, 25, 0]);
  });

  it("gives back what an unexplained refusal had cost", () => {
    const { search } = start({ wanted: 2 ** 30 + 2 ** 25 });
    search.refuse(search.mask, false);
    expect(ask(search, defaultIntents)).toEqual([2 ** 30, 2 ** 30 + 2 ** 25]);
    expect(search.missing).toBe(0);
  });

  it("says when everything is refused, and begins anew", () => {
    const { search } = start({ wanted: 2 ** 30 + 2 ** 25 });
    ask(search, 0);
    expect([search.isSettled, search.mask]).toEqual([false, 2 ** 30 + 2 ** 25]);
  });

  it("stops asking when session starts run short, and takes what was not answered for refused", () => {
    const { search } = start();
    search.refuse(search.mask, true);
    const granted = search.mask;
    search.accept(granted, true);
    expect([search.isSettled, search.mask]).toEqual([true, granted]);
  });

  it("ignores what is said of another mask by then", () => {
    const { search } = start();
    const first = search.mask;
    search.refuse(first, true);
    const second = search.mask;
    search.refuse(first, true);
    search.accept(first, false);
    expect([search.mask, search.isSettled]).toEqual([second, false]);
  });
});

describe("what earlier runs found out", () => {
  const known = (askedAt: number) => ({ mask: 2 ** 26 + 2 ** 10, askedAt });

  it("is left out from the start", () => {
    const { search } = start({ known: known(1_000_000 - day + 1) });
    search.reconsider();
    expect(ask(search, defaultIntents)).toEqual([defaultIntents - 2 ** 26]);
    expect(search.missing).toBe(2 ** 26);
  });

  it("is asked for again after a day, at the next identify", () => {
    const { time, search } = start({ known: known(1_000_000) });
    ask(search, defaultIntents - 2 ** 26);
    time.now += day;
    expect(search.isSettled).toBe(true);
    search.reconsider();
    expect(ask(search, defaultIntents - 2 ** 26)).toEqual([defaultIntents, defaultIntents - 2 ** 26]);
    search.reconsider();
    expect(search.isSettled).toBe(true);
    time.now += day;
    search.reconsider();
    expect(ask(search, defaultIntents)).toEqual([defaultIntents]);
    expect([search.missing, search.askedAt]).toEqual([0, time.now]);
  });

  it("does not bind when rights were changed altogether", () => {
    fc.assert(
      fc.property(masks, masks, masks, (wanted, before, now) => {
        const { search } = start({ wanted, known: { mask: before, askedAt: 1_000_000 } });
        ask(search, now);
        const usable = (wanted & now) >>> 0;
        // What is granted is found; what was refused before may still be left out until it is asked for again.
        expect(search.isSettled).toBe(usable > 0);
        expect((search.mask & ~usable) >>> 0).toBe(usable > 0 ? 0 : (wanted & ~usable) >>> 0);
      }),
    );
  });

  it("means nothing when it covers all that is wanted", () => {
    const { search } = start({ wanted: 2 ** 26, known: known(1_000_000) });
    expect(search.mask).toBe(2 ** 26);
  });
});
