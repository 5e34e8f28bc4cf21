import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { NetworkError } from "../../../src/core/errors.ts";
import { type Log, silentLog } from "../../../src/core/log.ts";
import { createLocalEngine, type LocalEngineOptions } from "../../../src/engine/local-engine.ts";
import type { TurnStore } from "../../../src/engine/turn-store.ts";
import { isOwnerGone, ownerName } from "../../../src/store/process.ts";
import { openStore } from "../../../src/store/store.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { afterTest, scratchFolder, scratchStore } from "../store/scratch.ts";
import { type Durable, event, gate, testTurnEngine, until } from "./conformance.ts";
import { testEnding } from "./ending.ts";
import { testSurvival } from "./survival.ts";

function engineOn(store: TurnStore, more: Partial<LocalEngineOptions> = {}) {
  return createLocalEngine({
    ...{ store, clock: new FakeClock(), log: silentLog, owner: ownerName() },
    ...{ retryPolicy: { baseMs: 1_000, capMs: 1_000 }, random: () => 1, turnTimeoutMs: 60_000 },
    ...more,
  });
}

function onSqlite(): Durable {
  const path = join(scratchFolder(), "a.db");
  return {
    start() {
      const clock = new FakeClock();
      return { clock, engine: engineOn(scratchStore({ path, clock }).turns, { clock }) };
    },
    dead: () =>
      scratchStore({ path })
        .turns.deadLetters(10)
        .map((letter) => letter.event.id),
  };
}

testTurnEngine("on SQLite", onSqlite);
testSurvival("on SQLite", onSqlite);
testEnding("on SQLite", onSqlite);

describe("the local engine", () => {
  it("wakes up for events that come through the inbox", async () => {
    const store = scratchStore();
    const seen: string[] = [];
    await engineOn(store.turns).serve(async (_turn, { id }) => void seen.push(id), { concurrency: 1 });
    await store.inbox.accept({ ...event("e"), type: "C2C_MESSAGE_CREATE" });
    await store.inbox.accept({ ...event("no turn"), lane: null, type: "GUILD_CREATE" });
    await until(() => store.turns.openLanes().length === 0);
    expect(seen).toEqual(["e"]);
  });

  it("finds events that another process published within half a second", async () => {
    const path = join(scratchFolder(), "a.db");
    const clock = new FakeClock();
    const seen: string[] = [];
    const engine = engineOn(scratchStore({ path, clock }).turns, { clock });
    await engine.serve(async (_turn, { id }) => void seen.push(id), { concurrency: 1 });
    await scratchStore({ path, clock }).turns.accept(event("e"));
    await clock.advance(500);
    await until(() => seen.length === 1);
  });

  it("does not wait for the lease of a process known to be gone", async () => {
    const path = join(scratchFolder(), "a.db");
    const [first, second] = [scratchStore({ path }), scratchStore({ path })];
    await first.turns.accept(event("e"));
    await first.turns.claim({ lane: "group:1", owner: "gone", leaseMs: 5_000, maxAttempts: 3 });
    const attempts: number[] = [];
    const engine = engineOn(second.turns, { isOwnerGone: (owner) => owner === "gone" });
    await engine.serve(async (turn) => void attempts.push(turn.attempt), { concurrency: 1 });
    await until(() => attempts.length === 1);
    expect(attempts).toEqual([2]);
  });

  it("tries a lane again when the store fails, and loses nothing", async () => {
    const clock = new FakeClock();
    const { turns } = scratchStore({ clock });
    const logged: string[] = [];
    let failures = 2;
    const flaky: TurnStore = {
      accept: (one, ends) => turns.accept(one, ends),
      watch: (listener) => turns.watch(listener),
      openLanes: (query) => turns.openLanes(query),
      claim: (request) => (failures-- > 0 ? Promise.reject(new Error("disk")) : turns.claim(request)),
      renew: (owner, leaseMs) => turns.renew(owner, leaseMs),
      recordStep: (step) => turns.recordStep(step),
      settle: (turn) => turns.settle(turn),
      waiting: (lane, position) => turns.waiting(lane, position),
    };
    const log: Log = { ...silentLog, error: (_facts, message) => void logged.push(message) };
    const engine = engineOn(flaky, { clock, log });
    const seen: string[] = [];
    await engine.serve(async (_turn, { id }) => void seen.push(id), { concurrency: 1 });
    await engine.publish(event("e"));
    await until(() => logged.length === 1);
    await clock.advance(1_000);
    await until(() => logged.length === 2);
    await clock.advance(1_000);
    await until(() => seen.length === 1);
  });

  it("counts no attempt for an event that it claimed but did not start before draining", async () => {
    const path = join(scratchFolder(), "a.db");
    const store = scratchStore({ path });
    const engine = engineOn(store.turns);
    const seen: string[] = [];
    await store.turns.accept(event("e"));
    const service = await engine.serve(async () => void seen.push("started"), { concurrency: 1 });
    await service.drain(0);
    expect(seen).toEqual([]);
    const claim = await store.turns.claim({ lane: "group:1", owner: "next", leaseMs: 1, maxAttempts: 3 });
    expect(claim).toMatchObject({ state: "claimed", work: { attempt: 1 } });
  });

  it("outlasts a platform that is away for two minutes, without giving up what came in meanwhile", async () => {
    const clock = new FakeClock();
    const { turns } = scratchStore({ clock });
    const end = clock.now() + 120_000;
    const answered: string[] = [];
    const engine = engineOn(turns, { clock });
    await engine.serve(
      async (_turn, { id }) => {
        if (clock.now() < end) throw new NetworkError("nobody there", { phase: "connect", attempts: 4 });
        answered.push(id);
      },
      { concurrency: 1 },
    );
    for (const id of ["first", "second"]) await engine.publish({ ...event(id), receivedAt: clock.now() });
    for (let second = 0; second < 180 && answered.length < 2; second++) await clock.advance(1_000);
    expect(answered).toEqual(["first", "second"]);
    expect(turns.deadLetters(5)).toEqual([]);
  });

  it("does not try for ever: after minutes of the same failure the lane goes on", async () => {
    const clock = new FakeClock();
    const { turns } = scratchStore({ clock });
    const answered: string[] = [];
    const engine = engineOn(turns, { clock });
    await engine.serve(
      async (_turn, { id }) => {
        if (id === "cursed") throw new NetworkError("always", { phase: "response", attempts: 4 });
        answered.push(id);
      },
      { concurrency: 1 },
    );
    for (const id of ["cursed", "next"]) await engine.publish({ ...event(id), receivedAt: clock.now() });
    for (let second = 0; second < 400 && answered.length < 1; second++) await clock.advance(1_000);
    expect(answered).toEqual(["next"]);
    expect(turns.deadLetters(5)).toMatchObject([{ event: { id: "cursed" } }]);
  });

  it("gives a revived dead letter new attempts at its old place", async () => {
    const clock = new FakeClock();
    const { turns } = scratchStore({ clock });
    const seen: string[] = [];
    let isBroken = true;
    const engine = engineOn(turns, { clock, maxAttempts: 1 });
    const held = gate();
    await engine.serve(
      async (_turn, { id }) => {
        seen.push(id);
        if (id === "poison" && isBroken) throw new Error("bad");
        if (id === "slow") await held.passed;
      },
      { concurrency: 1 },
    );
    for (const id of ["poison", "slow", "last"]) await engine.publish(event(id));
    await until(() => seen.includes("slow"));
    isBroken = false;
    expect(await turns.revive("poison")).toBe(true);
    expect(await turns.revive("slow")).toBe(false);
    held.open();
    await until(() => seen.length === 4);
    expect(seen).toEqual(["poison", "slow", "poison", "last"]);
    expect(turns.deadLetters(5)).toEqual([]);
  });

  it("does not serve twice at once", async () => {
    const engine = engineOn(scratchStore().turns);
    await engine.serve(async () => {}, { concurrency: 1 });
    await expect(engine.serve(async () => {}, { concurrency: 1 })).rejects.toThrow("drain");
  });
});

describe("a killed process", () => {
  it("is succeeded at once, behind its last recorded step, with every event handled in order", async () => {
    const folder = scratchFolder();
    const [path, journal] = [join(folder, "a.db"), join(folder, "journal")];
    const worker = spawn(process.execPath, [join(import.meta.dirname, "killed-worker.ts"), path, journal], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    afterTest(() => worker.kill("SIGKILL"));
    for await (const line of createInterface(worker.stdout)) if (line === "inside the step") break;
    worker.kill("SIGKILL");
    await once(worker, "exit");

    const store = openStore({ path, appId: "1", clock: systemClock, log: silentLog });
    afterTest(() => store.close());
    const engine = engineOn(store.turns, { clock: systemClock, isOwnerGone, leaseMs: 600_000 });
    const finished = gate();
    await engine.serve(
      async (turn, { id }) => {
        await turn.step("model", async () => void appendFileSync(journal, `${id} model\n`));
        await turn.step("send", async () => void appendFileSync(journal, `${id} send ${turn.attempt}\n`));
        if (id === "e9") finished.open();
      },
      { concurrency: 4 },
    );
    await finished.passed;
    expect(existsSync(journal)).toBe(true);
    const lines = readFileSync(journal, "utf8").trim().split("\n");
    const after = (n: number) => [`e${n} model`, `e${n} send 1`];
    expect(lines).toEqual([
      ...[0, 1, 2, 3].flatMap(after),
      ...["e4 model", "e4 send 1", "e4 send 2"],
      ...[5, 6, 7, 8, 9].flatMap(after),
    ]);
  });
});
