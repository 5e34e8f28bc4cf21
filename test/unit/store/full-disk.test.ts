import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/core/errors.ts";
import { silentLog } from "../../../src/core/log.ts";
import { openStore } from "../../../src/store/store.ts";
import { FakeClock } from "../../kit/fake-clock.ts";
import { smallDisk } from "../../kit/small-disk.ts";
import { afterTest } from "./scratch.ts";

describe("a disk that is full", () => {
  it("takes nothing, says so, and is used again as soon as there is room", async (test) => {
    const disk = smallDisk("2m");
    if (!disk) return test.skip("needs root and tmpfs");
    const clock = new FakeClock();
    const store = openStore({ path: join(disk.path, "a.db"), appId: "1", clock, log: silentLog });
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
    disk.fill();
    await expect(store.inbox.accept(event("lost?"))).rejects.toBeInstanceOf(ConfigError);
    await expect(store.check()).rejects.toMatchObject({ setting: "QQ_SKILL_HOME", retryable: true });
    disk.makeRoom();
    await store.check();
    expect(await store.inbox.accept(event("lost?"))).toBe("accepted");
    expect(store.inbox.list({ limit: 9 }).map(({ id }) => id)).toEqual(["before", "lost?"]);
  });
});
