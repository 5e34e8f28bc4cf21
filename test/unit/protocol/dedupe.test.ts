import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/core/json.ts";
import { dedupeKeys, isSyntheticId, syntheticEventId } from "../../../src/protocol/dedupe.ts";

function event(type: string, data: Json) {
  return { id: `${type}:1`, type, data };
}

const mentionOfMe = { scope: "single", id: "B", member_openid: "B", bot: true, is_you: true };

function groupMessage(facts: Record<string, Json> = {}) {
  return event("GROUP_MESSAGE_CREATE", { id: "m1", group_openid: "G", author: { id: "A" }, content: "hi", ...facts });
}

describe("dedupeKeys", () => {
  it("gives the @ event and the full event of one message a key in common", () => {
    const full = groupMessage({ mentions: [mentionOfMe] });
    const at = { ...full, type: "GROUP_AT_MESSAGE_CREATE", id: "GROUP_AT_MESSAGE_CREATE:2" };
    expect(dedupeKeys(full)).toEqual(["GROUP_MESSAGE_CREATE:1", "msg:m1"]);
    expect(dedupeKeys(at)).toContain("msg:m1");
    const guild = event("MESSAGE_CREATE", { id: "m1", mentions: [{ id: "7305", bot: true }] });
    expect(dedupeKeys(guild)).toContain("msg:m1");
  });

  it("does not let a full event that hides the mention swallow the @ event", () => {
    const hidden = groupMessage();
    const at = { ...hidden, type: "GROUP_AT_MESSAGE_CREATE", id: "GROUP_AT_MESSAGE_CREATE:2" };
    expect(dedupeKeys(hidden).filter((key) => dedupeKeys(at).includes(key))).toEqual([]);
    expect(dedupeKeys({ ...hidden, id: "GROUP_MESSAGE_CREATE:9" })).toContain(dedupeKeys(hidden)[1]);
  });

  it("lets a quote, which may be of the bot's own words, count once over both events", () => {
    const quote = groupMessage({ message_type: 103 });
    expect(dedupeKeys(quote)).toContain("msg:m1");
    const reference = event("MESSAGE_CREATE", { id: "m1", message_reference: { message_id: "m0" } });
    expect(dedupeKeys(reference)).toContain("msg:m1");
  });

  it("uses the outer id alone for other events", () => {
    expect(dedupeKeys(event("FRIEND_ADD", { openid: "U", id: "x" }))).toEqual(["FRIEND_ADD:1"]);
  });

  it("makes the same stand-in for the same event without an id", () => {
    const one = syntheticEventId("GROUP_ADD_ROBOT", { group_openid: "G", timestamp: 1 });
    expect(syntheticEventId("GROUP_ADD_ROBOT", { group_openid: "G", timestamp: 1 })).toBe(one);
    expect(syntheticEventId("GROUP_ADD_ROBOT", { group_openid: "G", timestamp: 2 })).not.toBe(one);
    expect(isSyntheticId(one)).toBe(true);
    expect(isSyntheticId("GROUP_ADD_ROBOT:1")).toBe(false);
  });
});
