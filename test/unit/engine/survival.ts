import { describe, expect, it } from "vitest";
import type { TurnEngine } from "../../../src/engine/turn-engine.ts";
import { settle } from "../../kit/fake-clock.ts";
import { type Durable, event, forever, gate, type Handler, serving, until } from "./conformance.ts";

/** What every turn engine must do when processes die, stall or stop. */
export function testSurvival(name: string, open: () => Durable): void {
  describe(`${name}: crashes`, () => {
    /** Runs `handle` in a process that then stands still for good, as after kill -9. */
    async function dying(durable: Durable, handle: Handler): Promise<TurnEngine> {
      return (await serving(durable, handle)).engine;
    }

    it("resumes behind the last recorded step when its process ended inside the next one", async () => {
      const durable = open();
      const ran: string[] = [];
      const handler =
        (isDoomed: boolean): Handler =>
        async (turn) => {
          const thought = await turn.step("model", async () => {
            ran.push("model");
            return "thought";
          });
          await turn.step("send", async ({ idempotencyKey }) => {
            ran.push(`send ${thought} ${idempotencyKey} ${turn.attempt}`);
            return isDoomed ? await forever() : null;
          });
        };
      const first = await dying(durable, handler(true));
      await first.publish(event("e"));
      await first.publish(event("f"));
      await until(() => ran.length === 2);
      const { clock } = await serving(durable, handler(false));
      await clock.advance(4_000);
      expect(ran).toHaveLength(2);
      await clock.advance(2_000);
      await until(() => ran.length === 5);
      const key = ran[1]?.split(" ")[2];
      expect(ran).toEqual([
        ...["model", `send thought ${key} 1`, `send thought ${key} 2`, "model"],
        expect.stringMatching(/^send thought .* 1$/),
      ]);
      expect(ran[4]).not.toContain(` ${key} `);
    });

    it("gives up an event that ends its process each time", async () => {
      const durable = open();
      const seen: string[] = [];
      const events = ["killer", "next"];
      const die: Handler = async (turn, { id }) => {
        seen.push(`${id}.${turn.attempt}`);
        if (id === "killer") await forever();
      };
      const first = await dying(durable, die);
      for (const id of events) await first.publish(event(id));
      await until(() => seen.length === 1);
      for (let life = 2; life <= 4; life++) {
        const { clock } = await serving(durable, die);
        await clock.advance(6_000 * (life - 1));
        await until(() => seen.length === life);
      }
      expect(seen).toEqual(["killer.1", "killer.2", "killer.3", "next.1"]);
      expect(durable.dead()).toEqual(["killer"]);
    });

    it("keeps a lane as long as its process lives", async () => {
      const durable = open();
      const held = gate();
      const seen: string[] = [];
      const one = await serving(durable, async () => {
        seen.push("one");
        await held.passed;
      });
      await one.engine.publish(event("e"));
      await until(() => seen.length === 1);
      const two = await serving(durable, async (_turn, { id }) => void seen.push(`two ${id}`));
      for (let second = 0; second < 30; second++) {
        await one.clock.advance(1_000);
        await two.clock.advance(1_000);
      }
      expect(seen).toEqual(["one"]);
      held.open();
      await settle();
      await two.engine.publish(event("f"));
      await until(() => seen.length === 2);
    });

    it("lets a process that was overtaken record and finish nothing", async () => {
      const durable = open();
      const held = gate();
      const seen: string[] = [];
      const stalled = await serving(durable, async (turn) => {
        seen.push("stalled");
        await turn
          .step("model", async () => {
            await held.passed;
            return "late";
          })
          .catch((error: Error) => {
            seen.push(error.name);
            throw error;
          });
      });
      await stalled.engine.publish(event("e"));
      await until(() => seen.length === 1);
      const taking = gate();
      const other = await serving(durable, async (turn) => {
        seen.push("other");
        await taking.passed;
        seen.push(await turn.step("model", async () => "fresh"));
      });
      await other.clock.advance(6_000);
      await until(() => seen.length === 2);
      held.open();
      await until(() => seen.length === 3);
      taking.open();
      await until(() => seen.length === 4);
      expect(seen).toEqual(["stalled", "other", "AbortError", "fresh"]);
      await settle();
      const third: string[] = [];
      const { clock } = await serving(durable, async (_turn, { id }) => void third.push(id));
      await clock.advance(20_000);
      expect(third).toEqual([]);
    });

    it("lets an overtaken turn that just ends decide nothing: the new owner's failure is still tried again", async () => {
      const durable = open();
      const [held, taking] = [gate(), gate()];
      const seen: string[] = [];
      const stalled = await serving(durable, async () => {
        seen.push("stalled");
        await held.passed;
      });
      await stalled.engine.publish(event("e"));
      await until(() => seen.length === 1);
      const other = await serving(durable, async (turn) => {
        seen.push(`other.${turn.attempt}`);
        await taking.passed;
        if (turn.attempt === 2) throw new Error("not yet");
      });
      await other.clock.advance(6_000);
      await until(() => seen.length === 2);
      held.open();
      await settle();
      taking.open();
      await settle();
      await other.clock.advance(1_000);
      await until(() => seen.length === 3);
      expect(seen).toEqual(["stalled", "other.2", "other.3"]);
      expect(durable.dead()).toEqual([]);
    });

    it("notices within a lease that it was overtaken, and aborts", async () => {
      const durable = open();
      const seen: string[] = [];
      const wait: Handler = async (turn) => {
        seen.push("begun");
        await new Promise<void>((resolve) => turn.signal.addEventListener("abort", () => resolve()));
        seen.push("aborted");
      };
      const stalled = await serving(durable, wait);
      await stalled.engine.publish(event("e"));
      await until(() => seen.length === 1);
      const other = await serving(durable, wait);
      await other.clock.advance(6_000);
      await until(() => seen.length === 2);
      await stalled.clock.advance(2_000);
      await until(() => seen.length === 3);
      expect(seen).toEqual(["begun", "begun", "aborted"]);
    });
  });

  describe(`${name}: drain`, () => {
    it("finishes what runs, starts nothing new, and keeps the rest for the next start", async () => {
      const durable = open();
      const held = gate();
      const seen: string[] = [];
      const { engine, service } = await serving(durable, async (_turn, { id }) => {
        seen.push(id);
        await held.passed;
        seen.push(`${id} done`);
      });
      await engine.publish(event("a"));
      await engine.publish(event("b"));
      await until(() => seen.length === 1);
      const drained = service.drain(10_000);
      expect(await engine.publish(event("c"))).toBe("accepted");
      held.open();
      await drained;
      expect(seen).toEqual(["a", "a done"]);
      const later: string[] = [];
      await serving(durable, async (turn, { id }) => void later.push(`${id}.${turn.attempt}`));
      await until(() => later.length === 2);
      expect(later).toEqual(["b.1", "c.1"]);
    });

    it("aborts after the grace time and parks: no attempt is lost, recorded steps stay, the next start is immediate", async () => {
      const durable = open();
      const ran: string[] = [];
      const handler =
        (isSlow: boolean): Handler =>
        async (turn) => {
          await turn.step("model", async () => void ran.push("model"));
          await turn.step("send", async ({ signal }) => {
            ran.push(`send.${turn.attempt}`);
            if (isSlow) await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
            return null;
          });
        };
      const { engine, service, clock } = await serving(durable, handler(true));
      await engine.publish(event("e"));
      await until(() => ran.length === 2);
      const drained = service.drain(3_000);
      await clock.advance(3_000);
      await drained;
      expect(clock.pending).toBe(0);
      await serving(durable, handler(false));
      await until(() => ran.length === 3);
      expect(ran).toEqual(["model", "send.1", "send.1"]);
      expect(durable.dead()).toEqual([]);
    });

    it("does not take a handler's word that it is done when a step was refused", async () => {
      const durable = open();
      const held = gate();
      const seen: string[] = [];
      const { engine, service, clock } = await serving(durable, async (turn) => {
        seen.push("begun");
        await held.passed;
        await turn.step("send", async () => void seen.push("sent")).catch(() => seen.push("swallowed"));
      });
      await engine.publish(event("e"));
      await until(() => seen.length === 1);
      const drained = service.drain(1_000);
      await clock.advance(1_000);
      held.open();
      await drained;
      expect(seen).toEqual(["begun", "swallowed"]);
      await serving(durable, async (turn) => turn.step("send", async () => void seen.push("sent")));
      await until(() => seen.includes("sent"));
    });

    it("leaves a handler behind that does not listen", async () => {
      const durable = open();
      const seen: string[] = [];
      const { engine, service, clock } = await serving(durable, async () => {
        seen.push("stuck");
        await forever();
      });
      await engine.publish(event("e"));
      await until(() => seen.length === 1);
      const drained = service.drain(1_000);
      await clock.advance(3_500);
      await drained;
      await serving(durable, async (turn) => void seen.push(`again.${turn.attempt}`));
      await until(() => seen.length === 2);
      expect(seen[1]).toBe("again.1");
    });

    it("is over at once when nothing runs, and the engine may serve again", async () => {
      const { engine, service, clock } = await serving(open(), async () => {});
      await service.drain(10_000);
      expect(clock.pending).toBe(0);
      const seen: string[] = [];
      await engine.serve(async (_turn, { id }) => void seen.push(id), { concurrency: 1 });
      await engine.publish(event("e"));
      await until(() => seen.length === 1);
    });
  });
}
