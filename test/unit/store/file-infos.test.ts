import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FakeClock } from "../../kit/fake-clock.ts";
import { scratchFolder, scratchStore } from "./scratch.ts";

describe("the answers of uploads", () => {
  it("are found until they expire, by this bot alone", async () => {
    const clock = new FakeClock();
    const path = join(scratchFolder(), "a.db");
    const { fileInfos } = scratchStore({ path, clock });
    const expiresAt = clock.now() + 1000;
    await fileInfos.keep("group 1 aa", { fileInfo: "F", fileUuid: "U", expiresAt });
    expect(scratchStore({ path, clock }).fileInfos.find("group 1 aa")).toEqual({
      fileInfo: "F",
      fileUuid: "U",
      expiresAt,
    });
    expect(fileInfos.find("c2c 1 aa")).toBeUndefined();
    expect(scratchStore({ path, clock, appId: "2" }).fileInfos.find("group 1 aa")).toBeUndefined();
    await clock.advance(1000);
    expect(fileInfos.find("group 1 aa")).toBeUndefined();
  });

  it("are replaced by a newer one, and dropped when the platform refuses them", async () => {
    const { fileInfos } = scratchStore();
    const expiresAt = Number.MAX_SAFE_INTEGER;
    await fileInfos.keep("k", { fileInfo: "old", expiresAt });
    await fileInfos.keep("k", { fileInfo: "new", expiresAt });
    fileInfos.forget("old");
    expect(fileInfos.find("k")).toEqual({ fileInfo: "new", expiresAt });
    fileInfos.forget("new");
    expect(fileInfos.find("k")).toBeUndefined();
  });
});
