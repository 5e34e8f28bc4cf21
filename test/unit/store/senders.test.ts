import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FakeClock } from "../../kit/fake-clock.ts";
import { scratchFolder, scratchStore } from "./scratch.ts";

describe("allowed senders", () => {
  it("are kept per app, seen by other processes, and removed", () => {
    const path = join(scratchFolder(), "a.db");
    const [one, other, stranger] = [{ path }, { path }, { path, appId: "2" }].map((options) => scratchStore(options));
    expect(one?.senders.allow("c2c:U1")).toBe(true);
    expect(one?.senders.allow("c2c:U1")).toBe(false);
    expect(other?.senders.list()).toMatchObject([{ rule: "c2c:U1", addedBy: "operator" }]);
    expect(stranger?.senders.list()).toEqual([]);
    expect(other?.senders.remove("c2c:U1")).toBe(true);
    expect(other?.senders.remove("c2c:U1")).toBe(false);
    expect(one?.senders.list()).toEqual([]);
  });
});

describe("a pairing code", () => {
  it("works once, in any case, and lets in whoever sent it", () => {
    const { senders } = scratchStore();
    const { code } = senders.openPairing();
    expect(code).toMatch(/^[A-Z2-9]{4}-[A-Z2-9]{4}$/);
    expect(senders.pair("AAAA-AAAA", "c2c:U2", Date.UTC(2026, 10, 20, 12))).toBe(false);
    expect(senders.pair(`my code is ${code}`, "c2c:U2", Date.UTC(2026, 10, 20, 12))).toBe(false);
    expect(senders.pair(` ${code.toLowerCase()} `, "c2c:U1", Date.UTC(2026, 10, 20, 12))).toBe(true);
    expect(senders.pair(code, "c2c:U2", Date.UTC(2026, 10, 20, 12))).toBe(false);
    expect(senders.list()).toMatchObject([{ rule: "c2c:U1", addedBy: "pairing" }]);
  });

  it("is good for messages that came while it was open: ten minutes, or until the next one", async () => {
    const clock = new FakeClock();
    const { senders } = scratchStore({ clock });
    const start = clock.now();
    const { code, expiresAt } = senders.openPairing();
    expect(expiresAt).toBe(start + 600_000);
    expect(senders.pair(code, "c2c:U1", start - 1)).toBe(false);
    expect(senders.pair(code, "c2c:U1", expiresAt + 1)).toBe(false);
    // Read late, but received in time.
    await clock.advance(3_600_000);
    expect(senders.pair(code, "c2c:U1", expiresAt)).toBe(true);
    const [first, second] = [senders.openPairing(), senders.openPairing()];
    expect(senders.pair(first.code, "c2c:U2", clock.now())).toBe(false);
    expect(senders.pair(second.code, "c2c:U2", clock.now())).toBe(true);
  });

  it("is not kept in the clear", () => {
    const path = join(scratchFolder(), "a.db");
    const store = scratchStore({ path });
    const { code } = store.senders.openPairing();
    store.close();
    expect(readFileSync(path).includes(code)).toBe(false);
  });
});
