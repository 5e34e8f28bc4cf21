import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { claimDigest } from "../../../src/protocol/claim-code.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { scratchFolder, scratchStore } from "./scratch.ts";

describe("a claim code", () => {
  it("makes one person an owner, once, as all processes on the folder see; to them it is good again", () => {
    const path = join(scratchFolder(), "a.db");
    const [one, other, stranger] = [{ path }, { path }, { path, appId: "2" }].map((options) => scratchStore(options));
    const { code } = one?.owners.openClaim() ?? { code: "" };
    expect(code).toMatch(/^OWN-[A-Z2-9]{5}-[A-Z2-9]{5}$/);
    const digest = claimDigest(code);
    expect(other?.owners.claim(claimDigest("OWN-AAAAA-AAAAA"), "c2c:U1", 0)).toBe("unknown");
    expect(stranger?.owners.claim(digest, "c2c:U1", 0)).toBe("unknown");
    expect(other?.owners.claim(claimDigest(code.toLowerCase()), "c2c:U1", 0)).toBe("granted");
    expect(one?.owners.claim(digest, "c2c:U2", 0)).toBe("unknown");
    expect(one?.owners.claim(digest, "c2c:U1", 0)).toBe("granted");
    expect(one?.owners.list().map(({ person }) => person)).toEqual(["c2c:U1"]);
    expect(one?.owners.remove("c2c:U1")).toBe(true);
    expect(other?.owners.remove("c2c:U1")).toBe(false);
    expect(other?.owners.list()).toEqual([]);
  });

  it("is good for messages that came within ten minutes, and until the next code", () => {
    const clock = new FakeClock();
    const { owners } = scratchStore({ clock });
    const first = owners.openClaim();
    expect(first.expiresAt).toBe(clock.now() + 600_000);
    expect(owners.claim(claimDigest(first.code), "c2c:U1", first.expiresAt + 1)).toBe("expired");
    const second = owners.openClaim();
    expect(owners.claim(claimDigest(first.code), "c2c:U1", clock.now())).toBe("unknown");
    expect(owners.claim(claimDigest(second.code), "c2c:U1", second.expiresAt)).toBe("granted");
  });

  it("is not kept in the clear", () => {
    const path = join(scratchFolder(), "a.db");
    const store = scratchStore({ path });
    const { code } = store.owners.openClaim();
    store.close();
    expect(readFileSync(path).includes(code)).toBe(false);
  });
});
