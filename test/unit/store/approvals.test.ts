import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FakeClock } from "../../kit/fake-clock.ts";
import { scratchFolder, scratchStore } from "./scratch.ts";

const minute = 60_000;

describe("a code that approves", () => {
  it("works once, for its own subject and bot, over a restart, and written in any case", async () => {
    const path = join(scratchFolder(), "a.db");
    const clock = new FakeClock();
    const code = await scratchStore({ path, clock }).approvals.open({ subject: "s", expiresAt: clock.now() + minute });
    const { approvals } = scratchStore({ path, clock });
    expect(await scratchStore({ path, clock, appId: "2" }).approvals.use({ subject: "s", code })).toBe("unknown");
    expect(await approvals.use({ subject: "t", code })).toBe("unknown");
    expect(await approvals.use({ subject: "s", code: ` ${code.toLowerCase()} ` })).toBe("granted");
    expect(await approvals.use({ subject: "s", code })).toBe("used");
  });

  it("is granted to one of several who use it at once, in two processes too", async () => {
    const path = join(scratchFolder(), "a.db");
    const [first, second] = [scratchStore({ path }), scratchStore({ path })];
    const code = await first.approvals.open({ subject: "s", expiresAt: Number.MAX_SAFE_INTEGER });
    const users = [first, first, second, second].map(({ approvals }) => approvals.use({ subject: "s", code }));
    expect((await Promise.all(users)).sort()).toEqual(["granted", "used", "used", "used"]);
  });

  it("ends at its time, and is forgotten a day later", async () => {
    const clock = new FakeClock();
    const { approvals } = scratchStore({ clock });
    const code = await approvals.open({ subject: "s", expiresAt: clock.now() + minute });
    await clock.advance(minute);
    expect(await approvals.use({ subject: "s", code })).toBe("expired");
    await clock.advance(25 * 60 * minute);
    await approvals.open({ subject: "other", expiresAt: clock.now() + minute });
    expect(await approvals.use({ subject: "s", code })).toBe("unknown");
  });

  it("is one of at most a thousand; the oldest goes first", async () => {
    const { approvals } = scratchStore();
    const expiresAt = Number.MAX_SAFE_INTEGER;
    const codes = await Promise.all(Array.from({ length: 1_001 }, () => approvals.open({ subject: "s", expiresAt })));
    expect(new Set(codes).size).toBe(1_001);
    expect(await approvals.use({ subject: "s", code: codes[0] as string })).toBe("unknown");
    expect(await approvals.use({ subject: "s", code: codes[1] as string })).toBe("granted");
  });

  it("leaves only its digest in the file", async () => {
    const path = join(scratchFolder(), "a.db");
    const store = scratchStore({ path });
    const code = await store.approvals.open({ subject: "s", expiresAt: Number.MAX_SAFE_INTEGER });
    store.close();
    expect(readFileSync(path).includes(code)).toBe(false);
  });
});
