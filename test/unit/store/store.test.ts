import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { silentLog } from "../../../src/core/log.ts";
import type { AuditLog, InboxReader } from "../../../src/operations/context.ts";
import { openStore } from "../../../src/store/store.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { scratchFolder, scratchStore } from "./scratch.ts";

describe("the ports of the floors above", () => {
  it("are filled as they are", () => {
    const store = scratchStore();
    const ports: { inbox: InboxReader; audit: AuditLog } = store;
    expect(ports.inbox.last()).toBe(0);
  });
});

describe("history", () => {
  const at = new FakeClock().now();
  const entry = (key: string, text = key) => ({ key, role: "user", text, at }) as const;

  it("appends once per key and tells the newest, oldest first", async () => {
    const { history } = scratchStore();
    await history.append("group:1", { ...entry("a"), speaker: "小林" });
    await history.append("group:1", entry("b"));
    await history.append("group:1", entry("a", "again"));
    await history.append("group:1", entry("c"));
    expect(history.recent("group:1", 2).map(({ key }) => key)).toEqual(["b", "c"]);
    expect(history.recent("group:1", 9)[0]).toEqual({ key: "a", role: "user", speaker: "小林", text: "a", at });
  });

  it("finds a line by every id that people may quote, there and nowhere else, however long ago", async () => {
    const { history } = scratchStore();
    await history.append("group:1", { ...entry("a"), refs: ["M1", "REFIDX_1"] });
    for (let n = 0; n < 100; n++) await history.append("group:1", entry(`later ${n}`));
    for (const ref of ["M1", "REFIDX_1"]) expect(history.find("group:1", ref)).toEqual(entry("a"));
    expect(history.find("group:2", "M1")).toBeUndefined();
    expect(history.find("group:1", "M2")).toBeUndefined();
  });

  const mask = ({ text }: { text: string }) => ({ quote: `"${text}"`, by: "(gone)" });

  it("loses what is recalled, and what others quoted of it", async () => {
    const { history } = scratchStore();
    await history.append("channel:1", { ...entry("a", "secret"), refs: ["M1"] });
    await history.append("channel:1", entry("b", 'why "secret"?'));
    await history.append("channel:2", { ...entry("a", "secret"), refs: ["M1"] });
    await history.recall("channel:1", "M1", mask);
    expect(history.recent("channel:1", 9)).toEqual([entry("b", "why (gone)?")]);
    expect(history.find("channel:1", "M1")).toBeUndefined();
    expect(history.recent("channel:2", 9)).toHaveLength(1);
  });

  it("tells a summary in the place of what it stands for", async () => {
    const { history } = scratchStore();
    for (const key of ["a", "b", "c"]) await history.append("group:1", { ...entry(key), refs: [key] });
    await history.summarise("group:1", "b", "a and b");
    expect(history.summary("group:1")).toBe("a and b");
    expect(history.recent("group:1", 9)).toEqual([entry("c")]);
    expect(history.find("group:1", "a")).toEqual(entry("a"));
    expect(history.summary("group:2")).toBeUndefined();
    await history.summarise("group:1", "c", "all three");
    expect([history.summary("group:1"), history.recent("group:1", 9)]).toEqual(["all three", []]);
  });

  it("drops a summary that may hold what was recalled, and tells again what it stood for", async () => {
    const { history } = scratchStore();
    for (const key of ["a", "b", "c"]) await history.append("channel:1", { ...entry(key), refs: [key] });
    await history.summarise("channel:1", "b", "a and b");
    await history.recall("channel:1", "c", mask);
    expect(history.summary("channel:1")).toBe("a and b");
    await history.recall("channel:1", "a", mask);
    expect([history.summary("channel:1"), history.recent("channel:1", 9)]).toEqual([undefined, [entry("b")]]);
    await history.summarise("channel:1", "b", "b");
    await history.recall("channel:1", "no longer kept", mask);
    expect(history.summary("channel:1")).toBeUndefined();
  });

  it("tells nothing that is older than it is kept, cleared away or not", async () => {
    const clock = new FakeClock();
    const { history } = scratchStore({ clock, keepDays: 1 });
    for (const key of ["a", "b"]) await history.append("group:1", { ...entry(key), at: clock.now(), refs: [key] });
    await history.summarise("group:1", "a", "of a");
    await clock.advance(25 * 3_600_000);
    expect([history.summary("group:1"), history.recent("group:1", 9)]).toEqual([undefined, []]);
    expect(history.find("group:1", "b")).toBeUndefined();
  });

  it("forgets one conversation, never another", async () => {
    const { history } = scratchStore();
    for (const conversation of ["group:1", "group:2"]) {
      for (const key of ["a", "b"]) await history.append(conversation, { ...entry(key), refs: [key] });
      await history.summarise(conversation, "a", "of a");
    }
    expect(await history.forget("group:1")).toBe(2);
    expect([history.recent("group:1", 9), history.summary("group:1")]).toEqual([[], undefined]);
    expect(history.find("group:1", "b")).toBeUndefined();
    expect([history.recent("group:2", 9).length, history.summary("group:2")]).toEqual([1, "of a"]);
  });

  it("bounds a conversation without touching its neighbours", async () => {
    const { history } = scratchStore();
    await history.append("group:2", entry("quiet"));
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => history.append("group:1", entry(`k${n}`))));
    const kept = history.recent("group:1", 5_000);
    expect(kept.length).toBeGreaterThanOrEqual(500);
    expect(kept.length).toBeLessThan(550);
    expect(kept.at(-1)?.key).toBe("k999");
    expect(history.recent("group:2", 9)).toHaveLength(1);
  });
});

describe("gateway sessions", () => {
  const session = { sessionId: "S", seq: 7, intents: 1 << 25, shard: [0, 2] as [number, number], savedAt: 5 };

  it("come back after a restart, per shard and shard count", async () => {
    const path = join(scratchFolder(), "a.db");
    await scratchStore({ path }).sessions.save(session);
    const { sessions } = scratchStore({ path });
    await sessions.save({ ...session, seq: 9 });
    expect(await sessions.load([0, 2])).toEqual({ ...session, seq: 9 });
    expect(await sessions.load([1, 2])).toBeUndefined();
    expect(await sessions.load([0, 1])).toBeUndefined();
    await sessions.clear([0, 2]);
    expect(await sessions.load([0, 2])).toBeUndefined();
  });

  it("are found by the newest, whatever its shard count", async () => {
    const { sessions } = scratchStore();
    expect(await sessions.newest()).toBeUndefined();
    await sessions.save({ ...session, savedAt: 50 });
    await sessions.save({ ...session, shard: [1, 4], savedAt: 60 });
    await sessions.save({ ...session, shard: [0, 1], savedAt: 40 });
    expect(await sessions.newest()).toEqual({ shard: [1, 4], savedAt: 60 });
  });

  it("take turns to identify, over all processes on one file", async () => {
    const path = join(scratchFolder(), "a.db");
    const clock = new FakeClock();
    const [one, other] = [scratchStore({ path, clock }).sessions, scratchStore({ path, clock }).sessions];
    const start = clock.now();
    const turns = [
      await one.takeTurn(5000),
      await other.takeTurn(5000),
      await one.takeTurn(1000),
      await other.takeTurn(1000),
    ];
    expect(turns.map((at) => at - start)).toEqual([0, 5000, 10_000, 11_000]);
    await clock.advance(60_000);
    expect(await other.takeTurn(5000)).toBe(clock.now());
    expect(await scratchStore({ path, clock, appId: "102000002" }).sessions.takeTurn(5000)).toBe(clock.now());
  });

  it("remember which intents were refused", async () => {
    const { sessions } = scratchStore();
    expect(await sessions.loadRefusedIntents()).toBeUndefined();
    const refused = { mask: 2 ** 30 + 1, askedAt: 1_795_177_867_000 };
    await sessions.saveRefusedIntents(refused);
    expect(await sessions.loadRefusedIntents()).toEqual(refused);
  });
});

describe("audit", () => {
  const row = (operation: string) => ({ at: 1, caller: "cli", operation, scope: "", outcome: "ok", input: { n: 1 } });

  it("is written in the background and complete after closing", async () => {
    const path = join(scratchFolder(), "a.db");
    const store = openStore({ path, appId: "102000001", clock: new FakeClock(), log: silentLog });
    store.audit.record(row("one"));
    store.audit.record(row("two"));
    store.close();
    expect(scratchStore({ path }).audit.recent(9)).toEqual([row("two"), row("one")]);
  });

  it("is bounded", async () => {
    const { audit, history } = scratchStore();
    for (let n = 0; n < 12_100; n++) audit.record(row(`o${n}`));
    for (let n = 0; n < 20; n++) await history.forget("none");
    expect(audit.recent(20_000).length).toBeLessThanOrEqual(11_000);
    expect(audit.recent(1)[0]?.operation).toBe("o12099");
  });
});

describe("several processes", () => {
  it("open a fresh folder at the same moment and share it", async () => {
    const path = join(scratchFolder(), "a.db");
    const source = (file: string) => JSON.stringify(new URL(`../../../src/${file}`, import.meta.url).href);
    const script = `
      import { openStore } from ${source("store/store.ts")};
      import { systemClock } from ${source("core/clock.ts")};
      import { silentLog } from ${source("core/log.ts")};
      const store = openStore({ path: process.argv[1], appId: "102000001", clock: systemClock, log: silentLog });
      const reserve = (n) => store.sends.reserve({ key: process.pid + "." + n, conversation: "group:G", replyId: "m" });
      await Promise.all(Array.from({ length: 50 }, (_, n) => reserve(n)));
      store.close();
    `;
    const codes = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise((resolve) => {
            const child = spawn(process.execPath, ["--input-type=module", "-e", script, path], {
              stdio: "inherit",
            });
            child.on("exit", resolve);
          }),
      ),
    );
    expect(codes).toEqual([0, 0, 0]);
    expect(scratchStore({ path }).sends.used("group:G", "m")).toBe(150);
  });
});
