import { describe, expect, it } from "vitest";
import { desk } from "./desk.ts";

describe("a preview", () => {
  it("plans like a delivery: the same parts, the same mode, and nothing reserved", async () => {
    const at = desk();
    const message = { scene: "group", id: "place/1", text: "字".repeat(2500), replyTo: at.replyTo() } as const;
    const preview = at.delivery.preview(message);
    expect(at.calls).toEqual([]);
    expect(at.memory.statuses).toEqual([]);
    const { parts } = await at.deliver(message);
    expect(preview.parts).toHaveLength(parts.length);
    expect(preview.parts.map(({ text }) => text)).toEqual(at.bodies().map(({ content }) => content));
    expect(preview.mode).toBe(parts[0]?.mode);
    expect(preview.parts[0]?.width).toBeLessThanOrEqual(2000);
  });

  it("says why a reply would go out actively", async () => {
    const at = desk();
    const replyTo = at.replyTo();
    await at.clock.advance(301_000);
    expect(at.delivery.preview({ scene: "group", id: "g", text: "hi", replyTo })).toMatchObject({
      mode: "active",
      notes: ["sent as an active message: the reply window of 5 minutes is over"],
    });
  });

  it("refuses what a delivery refuses", () => {
    expect(() => desk().delivery.preview({ scene: "channel", id: "c", fileInfo: "x" })).toThrow(
      "takes no uploaded files",
    );
  });
});
