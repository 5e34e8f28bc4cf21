import { execFileSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/core/errors.ts";
import { silentLog } from "../../../src/core/log.ts";
import { openStore } from "../../../src/store/store.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { afterTest, scratchFolder } from "./scratch.ts";

/** A file system of 2 MB; only root may make one. */
function smallDisk(): string | undefined {
  const path = scratchFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "none", path], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  afterTest(() => execFileSync("umount", [path]));
  return path;
}

function fill(path: string): void {
  const { bavail, bsize } = statfsSync(join(path, ".."));
  writeFileSync(path, Buffer.alloc(bavail * bsize));
}

describe("a disk that is full", () => {
  it("takes nothing, says so, and is used again as soon as there is room", async (test) => {
    const disk = smallDisk();
    if (!disk) return test.skip("needs root and tmpfs");
    const clock = new FakeClock();
    const store = openStore({ path: join(disk, "a.db"), appId: "1", clock, log: silentLog });
    afterTest(() => store.close());
    const event = (id: string) => ({
      id,
      dedupeKeys: [id],
      lane: null,
      type: "X",
      receivedAt: clock.now(),
      payload: id,
    });
    await store.check();
    await store.inbox.accept(event("before"));
    const filler = join(disk, "filler");
    fill(filler);
    await expect(store.inbox.accept(event("lost?"))).rejects.toBeInstanceOf(ConfigError);
    await expect(store.check()).rejects.toMatchObject({ setting: "QQ_SKILL_HOME", retryable: true });
    rmSync(filler);
    await store.check();
    expect(await store.inbox.accept(event("lost?"))).toBe("accepted");
    expect(store.inbox.list({ limit: 9 }).map(({ id }) => id)).toEqual(["before", "lost?"]);
  });
});
