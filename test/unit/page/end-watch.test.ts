import { describe, expect, it } from "vitest";
import { EndWatch } from "../../../src/emulator/page/end-watch.ts";

describe("following the newest", () => {
  it("goes on when content grew between the scroll and its event", () => {
    const watch = new EndWatch();
    watch.moved({ top: 600, height: 1000, viewHeight: 400 }, 0);
    watch.moved({ top: 800, height: 2000, viewHeight: 400 }, 10);
    expect(watch.isFollowing).toBe(true);
  });

  it("goes on when the list itself moves up, as it does when rows turn out taller", () => {
    const watch = new EndWatch();
    watch.touched(0);
    watch.moved({ top: 600, height: 1000, viewHeight: 400 }, 5000);
    watch.moved({ top: 300, height: 1000, viewHeight: 400 }, 5010);
    expect(watch.isFollowing).toBe(true);
  });

  it("stops when somebody scrolls up, and goes on at the end", () => {
    const watch = new EndWatch();
    watch.moved({ top: 600, height: 1000, viewHeight: 400 }, 0);
    watch.touched(100);
    watch.moved({ top: 300, height: 1000, viewHeight: 400 }, 110);
    expect(watch.isFollowing).toBe(false);
    watch.moved({ top: 590, height: 1000, viewHeight: 400 }, 120);
    expect(watch.isFollowing).toBe(true);
  });
});
