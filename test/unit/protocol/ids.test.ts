import { describe, expect, it } from "vitest";
import { channelId, eventId, groupOpenid, interactionId, messageId, userOpenid } from "../../../src/protocol/ids.ts";

describe("ids", () => {
  it("takes openids of forms that vary", () => {
    for (const id of ["E81B4D6F02A94C7395D0B7F1A3C8624E", "675860273", "abc-Def_12"])
      expect(userOpenid.safeParse(id).success).toBe(true);
  });

  it.each([
    "",
    " E81B4D6F02A94C7395D0B7F1A3C8624E",
    "a b",
    "../users/1",
    "a/b",
    "a\\b",
    "a?limit=1",
    "a#b",
    ".",
    "..",
    "a\u0000b",
    "x".repeat(200),
  ])("refuses %j, which would reach another path", (id) => {
    for (const schema of [userOpenid, groupOpenid, channelId]) expect(schema.safeParse(id).success).toBe(false);
  });

  it("takes message ids with the signs they really hold", () => {
    const real = "ROBOT1.0_fLOI.BV1n9d7KizkPziTd2r--gq37L0tD7DqsfD8yKVpPAsAw3TD1DqCZ1isMi70!";
    expect(messageId.safeParse(real).success).toBe(true);
    expect(messageId.safeParse("ROBOT1.0_a/b=c.d").success).toBe(true);
    for (const not of ["two words", ".", ".."]) expect(messageId.safeParse(not).success).toBe(false);
  });

  it("takes outer event ids", () => {
    expect(eventId.safeParse("INTERACTION_CREATE:9ab3c7d1-7e0b-4f36-9a81-d3b7e605c2f8").success).toBe(true);
    expect(interactionId.safeParse("4c1d9a52-7e0b-4f36-9a81-d3b7e605c2f8").success).toBe(true);
  });
});
