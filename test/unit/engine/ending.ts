import { describe, expect, it } from "vitest";
import { settle } from "../../kit/fake-clock.ts";
import { type Durable, event, forever, gate, serving, until } from "./conformance.ts";

/** What every turn engine must do with an event that ends others: a word that stops the turn. */
export function testEnding(name: string, open: () => Durable): void {
  const all = { lane: "group:1", matches: () => true };
  const stopping = (id = "stop") => event(id, `command:${id}`);

  describe(`${name}: ending`, () => {
    it("cuts the running turn at once, drops what matches, tells what it was, and goes on with the rest", async () => {
      const durable = open();
      const seen: string[] = [];
      const { engine } = await serving(durable, async (turn, { id }) => {
        seen.push(id);
        if (id === "stop") return void seen.push(`ended ${turn.ended}`);
        if (id !== "a") return;
        turn.signal.addEventListener("abort", () => seen.push("aborted"));
        await turn.step("think", () => forever()).catch(() => undefined);
      });
      for (const id of ["a", "b", "other", "c"]) await engine.publish(event(id));
      await until(() => seen.length === 1);
      await engine.publish(stopping(), { lane: "group:1", matches: ({ id }) => id !== "other" });
      await until(() => seen.includes("ended a,b,c"));
      expect(seen).toContain("aborted");
      expect(seen).not.toContain("other");
      expect(durable.dead()).toEqual([]);
    });

    it("does not wait for a handler that does not listen longer than for any other cut, and lets it record nothing", async () => {
      const seen: string[] = [];
      const held = gate();
      const { engine, clock } = await serving(open(), async (turn, { id }) => {
        if (id !== "a") return void seen.push(id);
        seen.push("began");
        await held.passed;
        await turn.step("say", async () => void seen.push("said")).catch(() => seen.push("refused"));
      });
      await engine.publish(event("a"));
      await until(() => seen.length === 1);
      await engine.publish(stopping(), all);
      await until(() => seen.includes("stop"));
      await engine.publish(event("next"));
      await clock.advance(2_000);
      await until(() => seen.includes("next"));
      held.open();
      await until(() => seen.includes("refused"));
      expect(seen).toEqual(["began", "stop", "next", "refused"]);
    });

    it("ends nothing a second time when the ending event comes again", async () => {
      const seen: string[] = [];
      const { engine } = await serving(open(), async (_turn, { id }) => void seen.push(id));
      expect(await engine.publish(stopping(), all)).toBe("accepted");
      await until(() => seen.length === 1);
      const held = [engine.publish(event("later")), engine.publish(stopping(), all)];
      expect(await Promise.all(held)).toEqual(["accepted", "duplicate"]);
      await until(() => seen.includes("later"));
    });

    it("is of one piece with storing: a process that dies right after it never goes on with what was ended", async () => {
      const durable = open();
      const seen: string[] = [];
      const first = await serving(durable, async (_turn, { id }) => {
        seen.push(`first ${id}`);
        await forever();
      });
      await first.engine.publish(event("a"));
      await first.engine.publish(event("b"));
      await until(() => seen.length === 1);
      await first.engine.publish(stopping(), all);
      await until(() => seen.length === 2);
      const { clock, engine } = await serving(durable, async (turn, { id }) => {
        seen.push(`second ${id} ${turn.ended}`);
      });
      await clock.advance(10_000);
      await until(() => seen.length === 3);
      await engine.publish(event("c"));
      await clock.advance(10_000);
      await until(() => seen.length === 4);
      expect(seen).toEqual(["first a", "first stop", "second stop a,b", "second c "]);
    });
  });

  describe(`${name}: urgent lanes`, () => {
    it("run while every place is taken, and take none", async () => {
      const worker = open().start();
      const seen: string[] = [];
      const held = gate();
      await worker.engine.serve(
        async (_turn, { id }) => {
          seen.push(id);
          if (id === "b") return;
          await held.passed;
        },
        { concurrency: 1, isUrgent: (lane) => lane.startsWith("command:") },
      );
      await worker.engine.publish(event("a"));
      await until(() => seen.length === 1);
      for (const id of ["s1", "s2"]) await worker.engine.publish(stopping(id));
      await worker.engine.publish(event("b", "group:2"));
      await until(() => seen.length === 3);
      await settle();
      expect(seen).toEqual(["a", "s1", "s2"]);
      held.open();
      await until(() => seen.includes("b"));
    });
  });
}
