import { describe, expect, it } from "vitest";
import { conversationOf } from "../../../src/protocol/place.ts";

describe("conversationOf", () => {
  it.each([
    ["GROUP_MEMBER_ADD", { group_openid: "G", user_openid: "U" }, "group:G"],
    ["FRIEND_ADD", { openid: "U" }, "c2c:U"],
    ["ENTER_AIO", { user_openid: "U" }, "c2c:U"],
    ["SUBSCRIBE_MESSAGE_STATUS", { group_openid: "G" }, "group:G"],
    ["MESSAGE_REACTION_ADD", { channel_id: "C", guild_id: "5" }, "channel:C"],
    ["PUBLIC_MESSAGE_DELETE", { message: { channel_id: "C" } }, "channel:C"],
    ["DIRECT_MESSAGE_DELETE", { message: { channel_id: "C", guild_id: "33" } }, "dms:33"],
    ["MESSAGE_AUDIT_PASS", { group_openid: "G", audit_id: "a" }, "group:G"],
    ["SOMETHING_NEW_TOO", { direct_message: true, channel_id: "C", guild_id: "33" }, "dms:33"],
    ["SOMETHING_NEW", { group_openid: "G" }, "group:G"],
  ])("places %s", (type, data, key) => {
    const place = conversationOf({ type, data });
    expect(place && `${place.scene}:${place.id}`).toBe(key);
  });

  it.each(["GUILD_CREATE", "CHANNEL_UPDATE", "GUILD_MEMBER_ADD", "READY", "RESUMED"])(
    "knows no place for %s",
    (type) => {
      expect(conversationOf({ type, data: type === "RESUMED" ? "" : { id: "5", guild_id: "5" } })).toBeNull();
    },
  );
});
