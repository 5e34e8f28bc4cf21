import { describe, expect, it } from "vitest";
import { createSettlingGate, openGate } from "../../../src/delivery/send-gate.ts";
import { FakeClock } from "../../kit/fake-clock.ts";

function start(settleMs = 2000) {
  const clock = new FakeClock();
  const gate = createSettlingGate({ clock, settleMs });
  const passed: string[] = [];
  const pass = (name: string) => gate.opened().then(() => passed.push(name));
  return { clock, gate, passed, pass };
}

describe("the send gate", () => {
  it("is open while the process owns no session", async () => {
    const { gate } = start();
    expect(gate.isOpen()).toBe(true);
    await gate.opened();
    await openGate.opened();
  });

  it("opens two seconds after the session became live, for everybody who waited, in order", async () => {
    const { clock, gate, passed, pass } = start();
    gate.follow("down");
    void pass("a");
    void pass("b");
    gate.follow("live");
    await clock.advance(1999);
    expect([gate.isOpen(), passed]).toEqual([false, []]);
    await clock.advance(1);
    expect([gate.isOpen(), passed]).toEqual([true, ["a", "b"]]);
  });

  it("begins the settle time anew when the session went down within it", async () => {
    const { clock, gate, passed, pass } = start();
    gate.follow("live");
    void pass("a");
    await clock.advance(1500);
    gate.follow("down");
    await clock.advance(10_000);
    gate.follow("live");
    // Said again without having been down: the time runs on.
    await clock.advance(1500);
    gate.follow("live");
    expect(passed).toEqual([]);
    await clock.advance(500);
    expect(passed).toEqual(["a"]);
  });

  it("lets everybody through when the session is given up", async () => {
    const { gate, passed, pass } = start();
    gate.follow("down");
    const waited = pass("a");
    gate.follow("none");
    await waited;
    expect(passed).toEqual(["a"]);
  });

  it("is left by whoever stops waiting", async () => {
    const { clock, gate } = start();
    gate.follow("down");
    const abort = new AbortController();
    const waited = gate.opened(abort.signal);
    abort.abort(new Error("enough"));
    await expect(waited).rejects.toThrow("enough");
    gate.follow("none");
    expect(clock.pending).toBe(0);
  });
});
