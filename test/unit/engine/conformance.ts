import { describe, expect, it } from "vitest";
import { RateLimitError } from "../../../src/core/errors.ts";
import type { Json } from "../../../src/core/json.ts";
import type { InboundEvent, Service, Turn, TurnEngine } from "../../../src/engine/turn-engine.ts";
import { type FakeClock, settle } from "../../kit/fake-clock.ts";

/** One process's engine. Those of one `Durable` share its memory; each has its own time, so that one can stand still. */
export interface Worker {
  engine: TurnEngine;
  clock: FakeClock;
}

export interface Durable {
  /** Starts one more process: leases of 5 s, at most 3 attempts, retries after exactly 1 s, turns of at most 60 s. */
  start(): Worker;
  /** Ids of events given up. */
  dead(): string[];
}

export type Handler = (turn: Turn, event: InboundEvent) => Promise<void>;

export function event(id: string, lane = "group:1", payload: Json = id): InboundEvent {
  return { id, dedupeKeys: [id], lane, receivedAt: 1, payload };
}

/** A promise with its key. */
export function gate(): { passed: Promise<void>; open: () => void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

/** Waits in event-loop turns, not in time; fails when the condition never comes true. */
export async function until(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    if (isTrue()) return;
    await settle();
  }
  throw new Error(`never came true: ${isTrue}`);
}

/** Starts a worker that serves. */
export async function serving(
  durable: Durable,
  handle: Handler,
  concurrency = 8,
): Promise<Worker & { service: Service }> {
  const worker = durable.start();
  return { ...worker, service: await worker.engine.serve(handle, { concurrency }) };
}

export const forever = () => new Promise<never>(() => {});

/** What every turn engine must do, whatever remembers for it; see also `survival.ts`. */
export function testTurnEngine(name: string, open: () => Durable): void {
  describe(`${name}: order`, () => {
    it("keeps the order inside a lane and works on lanes side by side", async () => {
      const gates = new Map(["a1", "b1", "a2", "b2"].map((id) => [id, gate()]));
      const begun: string[] = [];
      const { engine } = await serving(open(), async (_turn, { id }) => {
        begun.push(id);
        await gates.get(id)?.passed;
      });
      for (const id of ["a1", "b1", "a2", "b2"]) await engine.publish(event(id, id[0]));
      await until(() => begun.length === 2);
      expect(begun).toEqual(["a1", "b1"]);
      gates.get("b1")?.open();
      await until(() => begun.length === 3);
      expect(begun[2]).toBe("b2");
      gates.get("a1")?.open();
      await until(() => begun.length === 4);
    });

    it("handles every event once, in order, when many come at once", async () => {
      const lanes = new Map<string, number[]>();
      let done = 0;
      const { engine } = await serving(open(), async (turn, { payload }) => {
        const seen = lanes.get(turn.lane) ?? [];
        lanes.set(turn.lane, seen);
        await turn.step("think", async () => "thought");
        seen.push(payload as number);
        done++;
      });
      const events = Array.from({ length: 300 }, (_, n) => event(`e${n}`, `group:${n % 10}`, Math.floor(n / 10)));
      await Promise.all(events.map((one) => engine.publish(one)));
      await until(() => done === 300);
      const inOrder = Array.from({ length: 30 }, (_, n) => n);
      expect([...lanes.values()]).toEqual(Array.from({ length: 10 }, () => inOrder));
    });

    it("runs no more turns at once than allowed, and lets a busy lane starve nobody", async () => {
      let running = 0;
      let most = 0;
      const handled: string[] = [];
      const durable = open();
      const { engine } = durable.start();
      for (let n = 0; n < 10; n++) await engine.publish(event(`busy${n}`, "busy"));
      await engine.publish(event("quiet", "quiet"));
      await engine.serve(
        async (turn, { id }) => {
          most = Math.max(most, ++running);
          await turn.step("think", async () => 1);
          running--;
          handled.push(id);
        },
        { concurrency: 1 },
      );
      await until(() => handled.length === 11);
      expect(most).toBe(1);
      expect(handled.indexOf("quiet")).toBeLessThan(3);
    });

    it("handles what was published before it served, by whichever process", async () => {
      const durable = open();
      await durable.start().engine.publish(event("early"));
      const handled: string[] = [];
      await serving(durable, async (_turn, { id }) => void handled.push(id));
      await until(() => handled.length === 1);
    });

    it("hands over the event as it was published", async () => {
      const original = {
        ...event("e", "c2c:U", { text: "你好 😀", list: [1, null, true] }),
        dedupeKeys: ["e", "msg:1"],
      };
      const seen: InboundEvent[] = [];
      const { engine } = await serving(open(), async (_turn, one) => void seen.push(one));
      await engine.publish(original);
      await until(() => seen.length === 1);
      expect(seen[0]).toEqual(original);
    });
  });

  describe(`${name}: duplicates`, () => {
    it("takes an event once, under any of its keys, also after it was handled and by another process", async () => {
      const durable = open();
      const handled: string[] = [];
      const { engine } = await serving(durable, async (_turn, { id }) => void handled.push(id));
      const twins = [
        { ...event("A"), dedupeKeys: ["A", "msg:1"] },
        { ...event("B"), dedupeKeys: ["B", "msg:1"] },
      ];
      expect(await Promise.all(twins.map((twin) => engine.publish(twin)))).toEqual(["accepted", "duplicate"]);
      await until(() => handled.length === 1);
      expect(await engine.publish(event("A"))).toBe("duplicate");
      expect(await durable.start().engine.publish({ ...event("C"), dedupeKeys: ["msg:1"] })).toBe("duplicate");
      await settle();
      expect(handled).toEqual(["A"]);
    });
  });

  describe(`${name}: failures`, () => {
    it("tries again after a pause, with recorded steps kept and their keys unchanged", async () => {
      const keys: string[] = [];
      const attempts: number[] = [];
      const results: (Json | undefined)[] = [];
      const { engine, clock } = await serving(open(), async (turn) => {
        attempts.push(turn.attempt);
        results.push(await turn.step("model", async ({ idempotencyKey }) => ({ n: keys.push(idempotencyKey) })));
        results.push(await turn.step("nothing", async () => void keys.push("nothing")));
        await turn.step("send", async ({ idempotencyKey }) => {
          keys.push(idempotencyKey);
          if (attempts.length < 3) throw new Error("not yet");
          return null;
        });
      });
      await engine.publish(event("e"));
      await until(() => attempts.length === 1);
      await clock.advance(999);
      expect(attempts).toEqual([1]);
      await clock.advance(1);
      await until(() => attempts.length === 2);
      await clock.advance(1_000);
      await until(() => keys.length === 5);
      expect(attempts).toEqual([1, 2, 3]);
      expect(new Set(keys.filter((key) => key !== "nothing")).size).toBe(2);
      expect(keys.filter((key) => key === keys[0])).toHaveLength(1);
      expect(keys.filter((key) => key === "nothing")).toHaveLength(1);
      expect(results).toEqual([{ n: 1 }, undefined, { n: 1 }, undefined, { n: 1 }, undefined]);
    });

    it("gives up a poison event after three attempts; its lane waits for that and then goes on", async () => {
      const durable = open();
      const seen: string[] = [];
      const { engine, clock } = await serving(durable, async (turn, { id }) => {
        seen.push(`${id}.${turn.attempt}`);
        if (id === "poison") throw new Error("bad");
      });
      for (const id of ["first", "poison", "next"]) await engine.publish(event(id));
      await engine.publish(event("other", "group:2"));
      await until(() => seen.includes("other.1"));
      for (const count of [4, 5]) {
        await clock.advance(1_000);
        await until(() => seen.length >= count);
      }
      await until(() => seen.includes("next.1"));
      expect(seen.filter((one) => one !== "other.1")).toEqual([
        "first.1",
        "poison.1",
        "poison.2",
        "poison.3",
        "next.1",
      ]);
      expect(durable.dead()).toEqual(["poison"]);
    });

    it("waits at least as long as the platform asked", async () => {
      const attempts: number[] = [];
      const { engine, clock } = await serving(open(), async (turn) => {
        attempts.push(turn.attempt);
        const route = { service: "bot", method: "POST", path: "/x", status: 429 };
        if (turn.attempt === 1) throw new RateLimitError("slow down", { ...route, retryAfterMs: 7_000, bucket: "x" });
      });
      await engine.publish(event("e"));
      await until(() => attempts.length === 1);
      await clock.advance(6_999);
      expect(attempts).toEqual([1]);
      await clock.advance(1);
      await until(() => attempts.length === 2);
    });

    it("aborts a turn that takes too long, and goes on even if the handler does not listen", async () => {
      const durable = open();
      const seen: string[] = [];
      const { engine, clock } = await serving(durable, async (turn, { id }) => {
        seen.push(`${id}.${turn.attempt}`);
        turn.signal.addEventListener("abort", () => seen.push("aborted"));
        if (id === "stuck") await forever();
      });
      await engine.publish(event("stuck"));
      await engine.publish(event("next"));
      await until(() => seen.length === 1);
      for (let attempt = 1; attempt <= 3; attempt++) {
        await until(() => seen.includes(`stuck.${attempt}`));
        await clock.advance(60_000);
        expect(seen.at(-1)).toBe("aborted");
        await clock.advance(3_500);
      }
      await until(() => seen.includes("next.1"));
      expect(durable.dead()).toEqual(["stuck"]);
    });

    it("refuses two steps of one name: their results could not be told apart", async () => {
      const durable = open();
      const errors: string[] = [];
      const { engine } = await serving(durable, async (turn) => {
        await turn.step("same", async () => 1);
        await turn.step("same", async () => 2).catch((error: Error) => errors.push(error.message));
      });
      await engine.publish(event("e"));
      await until(() => errors.length === 1);
      expect(errors[0]).toContain("same");
    });
  });

  describe(`${name}: absorbing`, () => {
    it("shows what waits behind a turn, oldest first, and lets it be handled together", async () => {
      const held = gate();
      const turns: string[][] = [];
      const { engine } = await serving(open(), async (turn, { id }) => {
        if (id === "a") await held.passed;
        const waiting = (await turn.waiting()).map((one) => one.id);
        turns.push([id, ...waiting]);
        if (id !== "a") return;
        await turn.absorb(["b", "d", "elsewhere"]);
        turns.push((await turn.waiting()).map((one) => one.id));
      });
      await engine.publish(event("a"));
      await engine.publish(event("elsewhere", "group:2"));
      await until(() => turns.length === 1);
      for (const id of ["b", "c", "d"]) await engine.publish(event(id));
      held.open();
      await until(() => turns.length === 4);
      await settle();
      expect(turns).toEqual([["elsewhere"], ["a", "b", "c", "d"], ["c"], ["c"]]);
    });

    it("absorbs nothing when the turn fails for good or its process ends", async () => {
      const durable = open();
      const seen: string[] = [];
      const handler =
        (isDoomed: boolean): Handler =>
        async (turn, { id }) => {
          seen.push(`${id}.${turn.attempt}`);
          if (id !== "a") return;
          await turn.absorb((await turn.waiting()).map((one) => one.id));
          if (isDoomed) await forever();
          throw new Error("bad");
        };
      const first = await serving(durable, handler(true));
      const publish = [event("a"), event("b")].map((one) => first.engine.publish(one));
      await Promise.all(publish);
      await until(() => seen.length === 1);
      const { clock } = await serving(durable, handler(false));
      await clock.advance(10_000);
      await until(() => seen.includes("b.1"));
      expect(seen).toEqual(["a.1", "a.2", "a.3", "b.1"]);
    });
  });
}
