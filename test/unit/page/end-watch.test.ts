import { describe, expect, it } from "vitest";
import { EndWatch } from "../../../src/emulator/page/end-watch.ts";

describe("following the newest", () => {
  it("goes on when content grew between the scroll and its event", () => {
    const watch = new EndWatch();
    watch.moved({ top: 600, height: 1000, viewHeight: 400 });
    watch.moved({ top: 800, height: 2000, viewHeight: 400 });
    expect(watch.isFollowing).toBe(true);
  });

  it("stops when somebody scrolls up, and goes on at the end", () => {
    const watch = new EndWatch();
    watch.moved({ top: 600, height: 1000, viewHeight: 400 });
    watch.moved({ top: 300, height: 1000, viewHeight: 400 });
    expect(watch.isFollowing).toBe(false);
    watch.moved({ top: 590, height: 1000, viewHeight: 400 });
    expect(watch.isFollowing).toBe(true);
  });
});
